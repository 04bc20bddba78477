// Where the bytes of requests and replies lie: a module writes its reply straight to the caller's memory, and reads pages that
// are lent where they are. What is wrong with the caller's memory is the caller's error, and the module goes on.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

enum PlaceTests {
  private static let kinds: [StartFlags] = [[], .ring0, [.ring0, .sharedStack], [.ring0, .guarded]]

  /// Runs `body` in a thread of each kind, with the module loaded and opened. What was mapped is given back.
  private static func inEachKind(_ body: @escaping (UInt32) -> Bool) -> Bool {
    for kind in kinds {
      guard Lab.load() == nil, let client = try? ServiceClient(Lab.name) else { return false }
      let handle = client.number
      let thread = try? Thread.start(StartOptions(flags: kind), body: { body(handle) ? 0 : 1 })
      guard let thread, (try? thread.join()) == .exited(status: 0) else { return false }
      client.close()
      guard Lab.isWorking(), Lab.unload() == nil else { return false }
    }
    return true
  }

  private static func map(_ length: UInt32) -> UInt32 {
    let page = SystemCalls.memoryMap(0, length, [.read, .write])
    return page < 0 ? 0 : UInt32(bitPattern: page) << 12
  }

  private static func byte(_ address: UInt32) -> UInt8 {
    unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee
  }

  private static func setByte(_ address: UInt32, _ byte: UInt8) {
    unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee = byte
  }

  private static func fill(_ start: UInt32, _ count: UInt32, _ seed: UInt8) {
    for index in 0..<count { setByte(start + index, UInt8(truncatingIfNeeded: index &* 3) &+ seed) }
  }

  private static func holds(_ start: UInt32, _ count: UInt32, _ seed: UInt8) -> Bool {
    for index in 0..<count
    where byte(start + index) != UInt8(truncatingIfNeeded: index &* 3) &+ seed {
      return false
    }
    return true
  }

  /// A call of `giveBack`, or of another operation, with the data and the room named.
  private static func call(
    _ handle: UInt32, _ operation: LabOperation = .giveBack, word: UInt32 = 0, data: UInt32 = 0, _ length: UInt32 = 0,
    room: UInt32 = 0, _ capacity: UInt32 = 0
  ) -> (result: Int32, length: UInt32) {
    var message = Message()
    message.operation = operation.rawValue
    message.words[0] = word
    message.dataAddress = data
    message.dataLength = length
    message.bufferAddress = room
    message.bufferCapacity = capacity
    let result = unsafe SystemCalls.call(handle, &message, .max, .max)
    return (result, message.dataLength)
  }

  /// Replies to memory that was not touched yet, over the end of a page, on top of the request's data; and to memory that is
  /// not there, is read-only, or is the kernel's.
  static func rooms() -> Bool {
    inEachKind { handle in
      let own = map(16384)
      defer { _ = SystemCalls.memoryUnmap(own, 16384) }
      fill(own, 4096, 1)
      for (room, count) in [(own + 8192, 4096), (own + 4093, 64), (own, 4096), (own + 2, 4095)] as [(UInt32, UInt32)] {
        fill(own, 4096, 1)
        let answer = call(handle, data: own, count, room: room, count)
        guard answer.result == 0, answer.length == count, holds(room, count, 1) else { return false }
      }
      fill(own, 4096, 1)
      _ = SystemCalls.memoryUnmap(own + 12288, 4096)
      _ = SystemCalls.memoryProtect(own + 8192, 4096, [.read])
      let bad: [UInt32] = [
        8, own + 8192, own + 12280, AddressLayout.kernelStart, AddressLayout.kernelStart - 16, 0xffff_fff0,
      ]
      for room in bad {
        guard call(handle, data: own, 64, room: room, 64).result == SystemError.badAddress.rawValue,
          call(handle, data: own, 0, room: room, 64) == (0, 0)
        else { return false }
      }
      return Lab.information()?.state == 1
    }
  }

  /// Lent pages are read where they are, or copied where that cannot be; what cannot be lent is refused.
  static func lending() -> Bool {
    inEachKind { handle in
      let own = map(24576)
      defer { _ = SystemCalls.memoryUnmap(own, 24576) }
      let lent = 8192 | Message.lendsPages
      fill(own, 8192, 9)
      // The room lies apart, and then on the second page.
      for room in [own + 8192, own + 4096] {
        let answer = call(handle, data: own, lent, room: room, 8192)
        guard answer.result == 0, answer.length == 8192, holds(room, 8192, 9) else { return false }
        fill(own, 8192, 9)
      }
      // Never touched: all zeroes.
      guard call(handle, data: own + 16384, lent, room: own, 8192).result == 0, byte(own) == 0,
        byte(own + 8191) == 0
      else { return false }
      guard call(handle, data: own + 8, lent).result == SystemError.badArgument.rawValue,
        call(handle, data: own, Message.lendsPages).result == SystemError.badArgument.rawValue,
        call(handle, data: own + 20480, lent).result == SystemError.badAddress.rawValue,
        call(handle, data: AddressLayout.kernelStart, lent).result == SystemError.badAddress.rawValue
      else { return false }
      return Lab.information()?.state == 1
    }
  }

  /// A module that writes to what is lent to it, or replies with what is nowhere, fails, and nothing stays lent.
  static func mistakes() -> Bool {
    let before = Lab.freePages()
    for operation in [LabOperation.writeToData, .replyFromNowhere] {
      guard Lab.load() == nil, let client = try? ServiceClient(Lab.name) else { return false }
      let own = map(8192)
      fill(own, 4096, 2)
      let answer = call(
        client.number, operation, data: own, 4096 | Message.lendsPages, room: own + 4096, 4096)
      guard answer.result == SystemError.serviceFaulted.rawValue, holds(own, 4096, 2) else { return false }
      client.close()
      _ = SystemCalls.memoryUnmap(own, 8192)
      guard Lab.unload() == nil else { return false }
    }
    return Lab.freePages() <= before
  }

  /// While a request with lent pages sleeps in the module, its pages are unmapped, and others lend theirs; and its caller ends.
  static func sleepers() -> Bool {
    guard Lab.load() == nil, let client = try? ServiceClient(Lab.name) else { return false }
    let handle = client.number
    let own = map(16384)
    fill(own, 8192, 3)
    let sleeper = try? Thread.start(body: {
      call(handle, .sleep, word: 30, data: own, 4096 | Message.lendsPages).result == 0 ? 0 : 1
    })
    guard let sleeper else { return false }
    _ = SystemCalls.yield()
    _ = SystemCalls.memoryUnmap(own, 4096)
    let answer = call(handle, data: own + 4096, 4096 | Message.lendsPages, room: own + 8192, 4096)
    guard answer.result == 0, answer.length == 4096 else { return false }
    for index in 0..<4096 as Range<UInt32>
    where byte(own + 8192 + index) != byte(own + 4096 + index) { return false }
    guard (try? sleeper.join()) == .exited(status: 0) else { return false }
    client.close()
    _ = SystemCalls.memoryUnmap(own, 16384)
    return Lab.isWorking() && Lab.unload() == nil
  }
}
