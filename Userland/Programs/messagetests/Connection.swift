// Calls as the kernel takes them, so that tests can give it what no library would, and memory of every sort for them.

import ABI
import Primitives
import Runtime
import SDK

/// What came of a call.
struct Answer {
  /// 0 or more, or an error.
  var result: Int32
  var words = InlineArray<6, UInt32>(repeating: 0)
  var length: UInt32 = 0

  func failed(with error: SystemError) -> Bool { result == error.rawValue }
  var isDone: Bool { result == 0 }
  /// Whether the server says, in word 0, that the kernel told it of this error.
  func says(_ error: SystemError) -> Bool { isDone && words[0] == UInt32(bitPattern: error.rawValue) }
}

/// An opened service.
struct Connection {
  let handle: UInt32

  init?(_ name: Bytes) {
    let result = unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count))
    guard result >= 0 else { return nil }
    handle = UInt32(result)
  }

  func close() { _ = SystemCalls.close(handle) }

  /// Calls with words alone, or with memory at any address. `milliseconds` nil: without limit.
  func call(
    _ operation: UInt32, _ first: UInt32 = 0, _ second: UInt32 = 0, _ third: UInt32 = 0, data: UInt32 = 0,
    length: UInt32 = 0, isLent: Bool = false, buffer: UInt32 = 0, capacity: UInt32 = 0, milliseconds: UInt64? = nil
  ) -> Answer {
    if length | buffer | capacity == 0, !isLent, milliseconds == nil, operation & 1 == 1 {
      return callInRegisters(operation, first, second, third)
    }
    var message = Message()
    message.operation = operation
    message.words[0] = first
    message.words[1] = second
    message.words[2] = third
    message.dataAddress = data
    message.dataLength = isLent ? length | Message.lendsPages : length
    message.bufferAddress = buffer
    message.bufferCapacity = capacity
    let limit = WordPair(milliseconds.map { $0 * 1_000_000 } ?? .max)
    let result = unsafe SystemCalls.call(handle, &message, limit.low, limit.high)
    return Answer(result: result, words: message.words, length: message.dataLength)
  }

  /// What can travel in registers does so where the number of the operation is odd.
  private func callInRegisters(_ operation: UInt32, _ first: UInt32, _ second: UInt32, _ third: UInt32) -> Answer {
    let reply = SystemCalls.callInRegisters(handle, operation, first, second, third)
    return Answer(result: reply.result, words: [reply.edx, reply.esi, reply.edi, 0, 0, 0])
  }

  /// Calls with the message itself at any address.
  func call(messageAt address: UInt32) -> Answer {
    let message = unsafe UnsafeMutablePointer<Message>(bitPattern: UInt(address))
    return Answer(result: unsafe SystemCalls.call(handle, message, .max, .max))
  }
}

/// Pages of the process that a test fills and looks at, by their address.
struct Pages {
  let address: UInt32
  let length: UInt32

  init(_ length: UInt32, _ permissions: MemoryPermissions = [.read, .write]) {
    self.length = length
    address = (try? Memory.map(length, permissions)) ?? 0
  }

  /// Those that are there already.
  init(at address: UInt32, _ length: UInt32) {
    self.address = address
    self.length = length
  }

  func end() { try? Memory.unmap(address, length) }

  private func place(_ offset: UInt32) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address + offset))
  }

  /// What a seed makes of a word; no two seeds have a word in common.
  private func word(_ index: UInt32, _ seed: UInt32) -> UInt32 { (index &* 40_503) ^ (seed &* 0x9e37_79b9) }

  func fill(_ count: UInt32, seed: UInt32, at offset: UInt32 = 0) {
    guard let place = unsafe place(offset) else { return }
    for index in 0..<count / 4 {
      unsafe place.storeBytes(of: word(index, seed), toByteOffset: Int(index * 4), as: UInt32.self)
    }
    for index in count & ~3..<count {
      unsafe place.storeBytes(of: rest(index, seed), toByteOffset: Int(index), as: UInt8.self)
    }
  }

  /// Whether what is at `offset` is what `fill` made; `first` is the number of the word there.
  func holds(_ count: UInt32, seed: UInt32, at offset: UInt32 = 0, from first: UInt32 = 0) -> Bool {
    guard let place = unsafe place(offset) else { return false }
    for index in 0..<count / 4
    where unsafe place.loadUnaligned(fromByteOffset: Int(index * 4), as: UInt32.self) != word(first + index, seed) {
      return false
    }
    for index in count & ~3..<count
    where unsafe place.load(fromByteOffset: Int(index), as: UInt8.self) != rest(index, seed) {
      return false
    }
    return true
  }

  /// A byte after the last whole word.
  private func rest(_ index: UInt32, _ seed: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: word(index, seed)) }
}

/// Where no buffer can be, or not one to be written.
enum BadPlace: UInt32, CaseIterable {
  case null, unmapped, kernel, wrapping, intoKernel, spanning, readOnly

  /// How long the buffers there are.
  static var length: UInt32 { 64 }

  /// Whether it cannot even be read.
  var isAbsent: Bool { self != .readOnly }

  /// Calls `body` with an address at which `length` bytes make a bad buffer.
  func withAddress<Result>(_ body: (UInt32) -> Result) -> Result {
    switch self {
    case .null: return body(0)
    case .unmapped: return body(0x5000_0000)
    case .kernel: return body(0xc010_0000)
    case .wrapping: return body(0xffff_fff0)
    case .intoKernel: return body(0xbfff_fff0)
    case .spanning:
      let pages = Pages(8192)
      defer { try? Memory.unmap(pages.address, 4096) }
      try? Memory.unmap(pages.address + 4096, 4096)
      return body(pages.address + 4096 - Self.length / 2)
    case .readOnly:
      let pages = Pages(4096, .read)
      defer { pages.end() }
      return body(pages.address)
    }
  }
}
