// A block of a file in memory.
//
// Invariant: what has memory and was not written is zeros, so that only the file's size says where it ends.

import Primitives

struct MemoryBlock {
  /// As many bytes as one of the steps, or none: it has no memory.
  private(set) var bytes: [UInt8] = []
  /// Who wrote it first.
  private(set) var owner: UInt32 = 0

  init() {}

  init(_ bytes: Span<UInt8>, owner: UInt32) { write(bytes, at: 0, by: owner) }

  var hasMemory: Bool { !bytes.isEmpty }

  /// `source` ends within the block.
  mutating func write(_ source: Span<UInt8>, at offset: Int, by owner: UInt32) {
    if bytes.isEmpty { self.owner = owner }
    grow(to: offset + source.count)
    unsafe bytes.withUnsafeMutableBytes { target in
      unsafe source.withUnsafeBytes { source in
        guard let start = source.baseAddress else { return }
        unsafe target.baseAddress?.advanced(by: offset).copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  /// Makes all bytes from `start` on zeros.
  mutating func clear(from start: Int) {
    for index in min(start, bytes.count)..<bytes.count { bytes[index] = 0 }
  }

  /// Takes memory for so many bytes: four times as much as before, or more.
  private mutating func grow(to count: Int) {
    guard count > bytes.count else { return }
    var step = 64
    while step < count { step *= 4 }
    let old = bytes
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: step) { target, initialized in
      unsafe old.withUnsafeBytes { old in
        if let start = old.baseAddress {
          unsafe UnsafeMutableRawPointer(target.baseAddress)?.copyMemory(from: start, byteCount: old.count)
        }
      }
      unsafe UnsafeMutableRawPointer(target.baseAddress)?.advanced(by: old.count).initializeMemory(
        as: UInt8.self, repeating: 0, count: step - old.count)
      initialized = step
    }
  }
}

extension Span<UInt8> {
  /// A copy.
  var copied: [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      unsafe withUnsafeBytes { source in
        if let start = source.baseAddress {
          unsafe UnsafeMutableRawPointer(target.baseAddress)?.copyMemory(from: start, byteCount: count)
        }
      }
      initialized = count
    }
  }

  func hasBytes(of other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }
}
