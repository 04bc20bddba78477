// Files that are open: the bytes, and where the next read begins, which all duplicates of a handle share.
//
// Invariant: the record stays while a handle stands for it.

import ABI
import Jobs
import Platform
import Primitives
import VirtualMemory

package struct OpenFile: ~Copyable {
  fileprivate var references: UInt32 = 1
  fileprivate let bytes: KernelBytes
  fileprivate let job: Reference<Job>
  fileprivate var position: UInt32 = 0

  fileprivate init(_ bytes: KernelBytes, _ job: Reference<Job>) {
    self.bytes = bytes
    self.job = job
  }
}

package struct OpenFiles {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.retain = { _, target in record(target).value.references &+= 1 }
    operations.close = { context, target, _ in OpenFiles(context).release(record(target)) }
    operations.read = { (_, target, buffer) throws(SystemError) in try read(record(target), into: buffer) }
    operations.seek = { (_, target, position) throws(SystemError) in
      let file = record(target)
      guard position <= file.value.bytes.length else { throw .badArgument }
      file.value.position = position
    }
    operations.position = { record($0).value.position }
    operations.states = ObjectOperations.ready
    operations.isStream = true
    kinds.enter(.file, operations)
  }

  private static func record(_ target: HandleTarget) -> Reference<OpenFile> {
    unsafe Reference(DirectMap.pointer(target.object))
  }

  /// Opens the file whose bytes these are, with the first handle counted.
  package func open(_ bytes: KernelBytes, for job: Reference<Job>) throws(SystemError) -> HandleTarget {
    let pointer: UnsafeMutablePointer<OpenFile> = try unsafe KernelHeap(context).allocate(tag: .file, for: job)
    unsafe pointer.initialize(to: OpenFile(bytes, job))
    return HandleTarget(.file, object: UInt32(UInt(bitPattern: pointer)))
  }

  package func information(of target: HandleTarget) -> FileInformation {
    var information = FileInformation()
    information.kind = NodeKind.file.rawValue
    information.size = Self.record(target).value.bytes.length
    information.links = 1
    information.mode = 0o555
    information.blocks = (information.size >> 9) &+ (information.size & 511 == 0 ? 0 : 1)
    return information
  }

  /// What is copied between two looks at who is due.
  private static var partLength: UInt32 { 32768 }

  /// The opposite of `open`, where no handle could be made.
  package func abort(_ target: HandleTarget) { release(Self.record(target)) }

  private func release(_ file: Reference<OpenFile>) {
    file.value.references &-= 1
    guard file.value.references == 0 else { return }
    let job = file.value.job
    unsafe file.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(file.unsafePointer, of: job)
  }

  private static func read(_ file: Reference<OpenFile>, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    let position = file.value.position
    let bytes = file.value.bytes
    let count = min(buffer.length, bytes.length &- min(position, bytes.length), 0x7fff_ffff)
    var done: UInt32 = 0
    while true {
      let part = min(count &- done, Self.partLength)
      do throws(SystemError) {
        try unsafe buffer.copyOut(
          from: UnsafeRawPointer(bitPattern: UInt(bytes.address &+ position &+ done)).unsafelyUnwrapped, offset: done,
          count: part)
      } catch {
        if done == 0 { throw error }
        break
      }
      done &+= part
      if done == count { break }
      // A long read is cut short where somebody else is due.
      buffer.context.processor.letInterruptsIn()
      if buffer.context.processor.pendingWork != 0 { break }
    }
    file.value.position = position &+ done
    return done
  }
}
