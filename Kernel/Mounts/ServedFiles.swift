// Files of file systems that services have, as handles stand for them.
//
// What is open lives in here and nowhere else: which node it is, and where the next read or write begins, which all duplicates of a
// handle share. The service keeps nothing for it, so it may move, or end and come back, and the file stays open.
//
// Invariants:
// - The record stays while a handle stands for it or a task waits in a request for it, whose handle another thread may close
//   meanwhile.
// - The service's record stays as long.

import ABI
import IPC
import Jobs
import Objects
import Platform
import Primitives
import VirtualMemory

/// A node of a file system, as its service knows it.
struct ServedNode {
  let service: Reference<Service>
  let number: UInt32
  let generation: UInt32
}

package struct ServedFile: ~Copyable {
  fileprivate var references: UInt32 = 1
  fileprivate let node: ServedNode
  fileprivate let job: Reference<Job>
  fileprivate let appends: Bool
  fileprivate let isReadOnly: Bool
  fileprivate var position: UInt32 = 0

  fileprivate init(_ node: ServedNode, _ job: Reference<Job>, appends: Bool, isReadOnly: Bool) {
    self.node = node
    self.job = job
    self.appends = appends
    self.isReadOnly = isReadOnly
  }
}

package struct ServedFiles {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of these files known.
  static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.states = ObjectOperations.ready
    operations.isStream = true
    operations.retain = { _, target in record(target).value.references &+= 1 }
    operations.close = { context, target, _ in ServedFiles(context).release(record(target)) }
    operations.read = { (context, target, buffer) throws(SystemError) in
      try ServedFiles(context).read(record(target), into: buffer)
    }
    operations.write = { (context, target, buffer) throws(SystemError) in
      try ServedFiles(context).write(buffer, to: record(target))
    }
    operations.seek = { (_, target, position) throws(SystemError) in record(target).value.position = position }
    operations.position = { record($0).value.position }
    kinds.enter(.servedFile, operations)
  }

  private static func record(_ target: HandleTarget) -> Reference<ServedFile> {
    unsafe Reference(DirectMap.pointer(target.object))
  }

  /// Opens a node, with the first handle counted.
  func open(
    _ node: ServedNode, _ flags: OpenFlags, isReadOnly: Bool, for job: Reference<Job>
  ) throws(SystemError) -> HandleTarget {
    let pointer: UnsafeMutablePointer<ServedFile> = try unsafe KernelHeap(context).allocate(tag: .file, for: job)
    unsafe pointer.initialize(
      to: ServedFile(node, job, appends: flags.contains(.append), isReadOnly: isReadOnly))
    Services(context).retain(node.service)
    return HandleTarget(.servedFile, object: UInt32(UInt(bitPattern: pointer)))
  }

  /// The opposite of `open`, where no handle could be made.
  func abort(_ target: HandleTarget) { release(Self.record(target)) }

  private func release(_ file: Reference<ServedFile>) {
    file.value.references &-= 1
    guard file.value.references == 0 else { return }
    let (job, service) = (file.value.job, file.value.node.service)
    unsafe file.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(file.unsafePointer, of: job)
    Services(context).release(service)
  }

  private func read(_ file: Reference<ServedFile>, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    if buffer.length == 0 { return 0 }
    try buffer.checkRoom()
    let node = file.value.node
    let position = file.value.position
    file.value.references &+= 1
    defer { release(file) }
    let reply = try FileConversation(with: node.service, in: context).ask(
      .read, [node.number, node.generation, position, 0, 0],
      room: KernelBytes(address: buffer.address, length: buffer.length))
    file.value.position = position &+ reply.length
    return reply.length
  }

  private func write(_ buffer: UserBuffer, to file: Reference<ServedFile>) throws(SystemError) -> UInt32 {
    if file.value.isReadOnly { throw .readOnly }
    if buffer.length == 0 { return 0 }
    let node = file.value.node
    file.value.references &+= 1
    defer { release(file) }
    let time = FileConversation.time(in: context)
    let reply = try FileConversation(with: node.service, in: context).ask(
      .write, [node.number, node.generation, file.value.position, time, file.value.appends ? 1 : 0], .user(buffer))
    file.value.position = reply.words[1]
    return min(buffer.length, Calls.dataLimit)
  }

  /// Sets the size of the file that a handle stands for.
  package func resize(_ target: HandleTarget, to size: UInt32) throws(SystemError) {
    guard target.kind == .servedFile else { throw .unsupported }
    let file = Self.record(target)
    if file.value.isReadOnly { throw .readOnly }
    let node = file.value.node
    file.value.references &+= 1
    defer { release(file) }
    _ = try FileConversation(with: node.service, in: context).ask(
      .resize, [node.number, node.generation, size, FileConversation.time(in: context), 0])
  }

  /// Writes a description of the file to `room`.
  package func describe(_ target: HandleTarget, to room: UserBuffer) throws(SystemError) {
    let file = Self.record(target)
    let node = file.value.node
    file.value.references &+= 1
    defer { release(file) }
    try FileConversation(with: node.service, in: context).describe(node, to: room)
  }
}

extension FileConversation {
  /// Has the service write a structure of the ABI to memory of the caller's, whole.
  func fill(
    _ request: FileRequest, _ words: InlineArray<5, UInt32>, _ room: UserBuffer
  ) throws(SystemError) {
    try room.checkRoom()
    let reply = try ask(request, words, room: KernelBytes(address: room.address, length: room.length))
    guard reply.length == room.length else { throw .serviceFaulted }
  }

  func describe(_ node: ServedNode, to room: UserBuffer) throws(SystemError) {
    try fill(.nodeInformation, [node.number, node.generation, 0, 0, 0], room)
  }
}
