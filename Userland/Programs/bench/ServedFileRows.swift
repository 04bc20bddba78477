// What files of a service cost in each of its placements, from tasks of each kind: the file system in memory at /tmp.

import ABI
import Primitives
import Runtime
import SDK

enum ServedFileRows {
  private static var placements: [(ServicePlacement, StaticString)] {
    [(.server, "server"), (.ring0Server, "ring0-server"), (.linked, "linked")]
  }
  private static var path: StaticString { "/tmp/bench" }

  static func measure(as kind: TaskKind, _ report: inout Report) {
    // Where somebody uses it already, it stays where it is.
    guard ask(.start, .server) else { return report.write("files at /tmp", reason: "the service was not started") }
    for (placement, label) in placements {
      guard placement == .server || ask(.move, placement) else {
        report.write(RowName("files at /tmp, ", label), reason: "the service was not moved")
        continue
      }
      measure(kind, label, &report)
    }
    _ = ask(.stop, .server)
  }

  private static func measure(_ kind: TaskKind, _ label: StaticString, _ report: inout Report) {
    var page = InlineArray<4096, UInt8>(repeating: 0x5a)
    let length = UInt32(path.utf8CodeUnitCount)
    let handle = open([.write, .create, .truncate])
    guard handle >= 0 else { return report.write(RowName("files at /tmp, ", label), reason: "there is no file") }
    let file = UInt32(bitPattern: handle)
    _ = unsafe SystemCalls.write(file, &page, 4096)
    report.measure(RowName("open and close in /tmp, ", kind.label, " to ", label)) {
      let handle = open([])
      return handle < 0 ? handle : SystemCalls.close(UInt32(bitPattern: handle))
    }
    report.measure(RowName("seek and read of 1 byte in /tmp, ", kind.label, " to ", label)) {
      _ = SystemCalls.seek(file, 0)
      return unsafe SystemCalls.read(file, &page, 1)
    }
    report.measure(RowName("seek and read of 4096 bytes in /tmp, ", kind.label, " to ", label)) {
      _ = SystemCalls.seek(file, 0)
      return unsafe SystemCalls.read(file, &page, 4096)
    }
    report.measure(RowName("seek and write of 4096 bytes in /tmp, ", kind.label, " to ", label)) {
      _ = SystemCalls.seek(file, 0)
      return unsafe SystemCalls.write(file, &page, 4096)
    }
    _ = SystemCalls.close(file)
    report.measure(RowName("make, write 4096 bytes, close and remove in /tmp, ", kind.label, " to ", label)) {
      let handle = open([.write, .create, .truncate])
      guard handle >= 0 else { return handle }
      _ = unsafe SystemCalls.write(UInt32(bitPattern: handle), &page, 4096)
      _ = SystemCalls.close(UInt32(bitPattern: handle))
      return unsafe SystemCalls.fileRemove(path.utf8Start, length, [])
    }
  }

  private static func open(_ flags: OpenFlags) -> Int32 {
    unsafe SystemCalls.open(path.utf8Start, UInt32(path.utf8CodeUnitCount), flags)
  }

  private static func ask(_ operation: ManagerOperation, _ placement: ServicePlacement) -> Bool {
    do throws(SystemError) {
      return try ManagerClient.ask(operation, Bytes("files"), placement: placement) == nil
    } catch {
      return false
    }
  }
}
