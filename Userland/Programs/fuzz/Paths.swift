// Names that calls may be given: of files, devices and services, of which some exist.

import ABI
import Primitives
import SDK
import UserSupport

enum Paths {
  /// The distance between two names in memory.
  private static var stride: UInt32 { 32 }
  private static var count: UInt32 { 8 }

  private static func name(_ index: UInt32) -> StaticString {
    switch index {
    case 0: "/bin/null"
    case 1: "/dev/null"
    case 2: "/bin/fuzz"
    case 3: "/bin"
    case 4: "fuzz-service-1"
    case 5: "fuzz-service-2"
    case 6: "//bin/../../null"
    default: "/no/such/file"
    }
  }

  /// Puts all names at `address` and behind it.
  static func write(to address: UInt32) {
    for index in 0..<count {
      let name = Bytes(name(index))
      var word: UInt32 = 0
      for position in 0..<Int(stride) {
        let byte = position < name.count ? UInt32(name[position]) : 0
        word = word >> 8 | byte << 24
        if position & 3 == 3 { volatile_write(address + index * stride + UInt32(position & ~3), word) }
      }
    }
  }

  /// The address of one of the names.
  static func address(_ choice: UInt32, in address: UInt32) -> UInt32 { address + choice % count * stride }

  /// A small program that does nothing.
  static func program(in address: UInt32) -> TextSlice {
    TextSlice(address: address, length: UInt32(Bytes(name(0)).count))
  }
}
