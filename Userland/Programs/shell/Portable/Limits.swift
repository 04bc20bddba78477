// The limits of a job, as `run --limit` takes them: `memory=4M,kernel=64K,tasks=5`.

import Primitives

/// What a job may have at the most; 0: no limit.
struct Limits: Equatable {
  var pages: UInt32 = 0
  var kernelBytes: UInt32 = 0
  var tasks: UInt32 = 0

  /// Reads a list of limits. Nil where a name or a number is none, is 0 or too large, or comes twice.
  init?(_ text: [UInt8]) {
    for entry in text.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let sign = entry.firstIndex(of: 0x3d), let value = Self.number(entry[(sign + 1)...]) else { return nil }
      switch entry[..<sign] {
      case let name where name.elementsEqual("memory".utf8):
        guard pages == 0, value >= 4096 else { return nil }
        pages = value / 4096
      case let name where name.elementsEqual("kernel".utf8):
        guard kernelBytes == 0 else { return nil }
        kernelBytes = value
      case let name where name.elementsEqual("tasks".utf8):
        guard tasks == 0 else { return nil }
        tasks = value
      default: return nil
      }
    }
  }

  /// A decimal number, which K and M multiply by 2^10 and 2^20.
  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    var digits = digits
    var shift: UInt32 = 0
    if let last = digits.last, last == 0x4b || last == 0x4d {
      shift = last == 0x4b ? 10 : 20
      digits.removeLast()
    }
    guard !digits.isEmpty, digits.count <= 10 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + UInt64(digit - 0x30)
    }
    value <<= UInt64(shift)
    return value > 0 && value < UInt64(UInt32.max) ? UInt32(value) : nil
  }
}
