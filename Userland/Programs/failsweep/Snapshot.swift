// What there is in the kernel, counted.

import ABI
import Primitives
import Runtime
import SDK

struct Snapshot: Equatable {
  /// Free pages and those of this process: what it touches for the first time is not lost.
  var pages: UInt32 = 0
  var heapAllocations: UInt32 = 0
  var heapBytes: UInt32 = 0
  var regions: UInt32 = 0
  var tasks: UInt32 = 0
  /// The lowest handle that is free.
  var freeHandle: Int32 = 0
  var services: UInt32 = 0
  var modules: UInt32 = 0

  static func take() -> Snapshot {
    var snapshot = Snapshot()
    _ = try? Machine.test(.dropCaches)
    while let owner = try? Machine.kernelHeap(snapshot.heapOwners) {
      snapshot.heapOwners += 1
      snapshot.heapAllocations += owner.allocations
      snapshot.heapBytes += owner.bytes
    }
    snapshot.heapOwners = 0
    var address: UInt32 = 0
    while let region = try? Machine.region(of: .current, above: address) {
      snapshot.regions += 1
      let (end, overflow) = region.start.addingReportingOverflow(region.length)
      if overflow || end <= address { break }
      address = end
    }
    var task = TaskIdentity(0)
    while let next = task.next {
      snapshot.tasks += 1
      task = next
    }
    snapshot.freeHandle = unsafe SystemCalls.open(Bytes("/dev/null").address, 9, [])
    _ = SystemCalls.close(UInt32(bitPattern: snapshot.freeHandle))
    while ServiceList.information(snapshot.services) != nil { snapshot.services += 1 }
    while Modules.information(snapshot.modules) != nil { snapshot.modules += 1 }
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    snapshot.pages = ((try? Machine.memory())?.free ?? 0) + own
    return snapshot
  }

  /// Counts the owners while a snapshot is taken.
  private var heapOwners: UInt32 = 0

  func describeChange(to other: Snapshot, _ output: inout some TextOutput) {
    write("pages", Int(pages), Int(other.pages), &output)
    write("heap allocations", Int(heapAllocations), Int(other.heapAllocations), &output)
    write("heap bytes", Int(heapBytes), Int(other.heapBytes), &output)
    write("regions", Int(regions), Int(other.regions), &output)
    write("tasks", Int(tasks), Int(other.tasks), &output)
    write("free handle", Int(freeHandle), Int(other.freeHandle), &output)
    write("services", Int(services), Int(other.services), &output)
    write("modules", Int(modules), Int(other.modules), &output)
  }

  private func write(_ what: StaticString, _ before: Int, _ after: Int, _ output: inout some TextOutput) {
    guard before != after else { return }
    output.write(what)
    output.write(" ")
    output.write(decimal: before)
    output.write(" -> ")
    output.write(decimal: after)
    output.write(" ")
  }
}
