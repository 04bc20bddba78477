// What the kernel asks of those who serve file systems, for the task whose system call it is (IPC/KernelConversation.swift).
//
// Paths come from kernel memory; bytes that are read or written go straight from and to the memory of the caller.

import ABI
import Files
import IPC
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// A reply whose word 0 was no error.
typealias FileReply = KernelConversation.Reply

package struct FileConversation {
  let context: Context
  let service: Reference<Service>

  init(with service: Reference<Service>, in context: Context) {
    self.service = service
    self.context = context
  }

  /// With who has the file system of a mount. Throws `peerGone` where nobody has.
  init(with mount: Reference<Mount>, in context: Context) throws(SystemError) {
    guard let service = Services(context).find(mount.value.service) else { throw .peerGone }
    self.init(with: service, in: context)
  }

  /// What the texts of a request take, which every task pays for from its start.
  package static var pathBytes: Int { 2 * AbsolutePath.limit + 1 }

  typealias Data = KernelConversation.Data

  /// Asks, and waits for the answer.
  ///
  /// - Parameters:
  ///   - words: the first words of the request.
  ///   - room: where the reply's bytes go: memory of the caller's, or of the kernel's where `isRoomOfKernel`.
  func ask(
    _ request: FileRequest, _ words: InlineArray<5, UInt32>, _ data: Data = .none,
    room: KernelBytes = KernelBytes(address: 0, length: 0), isRoomOfKernel: Bool = false
  ) throws(SystemError) -> FileReply {
    let reply = try KernelConversation(with: service, in: context).ask(
      request.rawValue, [words[0], words[1], words[2], words[3], words[4], 0], data,
      room: isRoomOfKernel
        ? .kernel(room) : .user(UserBuffer(address: room.address, length: room.length, in: context)))
    guard reply.words[0] == 0 else {
      throw SystemError(rawValue: Int32(bitPattern: reply.words[0])) ?? .serviceFaulted
    }
    return reply
  }

  /// Asks with one or two texts, between which a zero byte goes.
  func ask(
    _ request: FileRequest, _ words: InlineArray<5, UInt32>, text: Span<UInt8>, _ second: Span<UInt8>? = nil,
    room: KernelBytes = KernelBytes(address: 0, length: 0)
  ) throws(SystemError) -> FileReply {
    let record = try Services(context).record(of: context.scheduler.current)
    if record.value.paths == 0 { record.value.paths = try makePaths() }
    let place = record.value.paths
    var length = UInt32(text.count)
    copy(text, to: place)
    if let second {
      unsafe DirectMap.pointer(place &+ length, as: UInt8.self).pointee = 0
      copy(second, to: place &+ length &+ 1)
      length &+= UInt32(second.count) &+ 1
    }
    let data = KernelBytes(address: place, length: length)
    return try ask(request, words, length == 0 ? .none : .kernel(data), room: room)
  }

  /// A task's own stack may be what the kernel works on, where no server could read a path from: so it is copied to the heap.
  private func makePaths() throws(SystemError) -> UInt32 {
    guard
      let memory = unsafe KernelHeap(context).allocateUnchargedBytes(Self.pathBytes, alignment: 4, tag: .service)
    else { throw .outOfMemory }
    return UInt32(UInt(bitPattern: memory))
  }

  private func copy(_ text: Span<UInt8>, to place: UInt32) {
    let target = unsafe DirectMap.pointer(place, as: UInt8.self)
    for index in text.indices { unsafe target[index] = text[index] }
  }

  /// Seconds since 1970; 0 where the machine has no clock.
  static func time(in context: Context) -> UInt32 {
    let boot = context.clock.bootTime
    return boot == 0 ? 0 : UInt32(truncatingIfNeeded: boot &+ context.scheduler.now / 1_000_000_000)
  }
}
