// A short name held in place: modules, versions, services and parameters are named by these, so that
// the registry keeps no pointer into a file or a module.

import Primitives

/// 1 to 31 bytes of letters, digits, `_`, `-` and `.`.
public struct ModuleText: Equatable, Sendable {
  /// The most bytes a text can have.
  public static var capacity: Int { 31 }

  private var storage: InlineArray<31, UInt8>
  private var length: UInt8

  /// The text of nothing, for unused places.
  init() {
    storage = InlineArray(repeating: 0)
    length = 0
  }

  /// Nil where the bytes are none, too many, or hold anything but letters, digits, `_`, `-` and `.`.
  public init?(_ text: Span<UInt8>) {
    guard text.count > 0, text.count <= Self.capacity else { return nil }
    self.init()
    for index in text.indices {
      let byte = text[index]
      let letter = byte | 0x20
      guard
        (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f || byte == 0x2d
          || byte == 0x2e
      else { return nil }
      storage[index] = byte
    }
    length = UInt8(truncatingIfNeeded: text.count)
  }

  /// Nil where the text is none, too long, or holds anything but letters, digits, `_`, `-` and `.`.
  public init?(_ text: StaticString) {
    unsafe self.init(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// The bytes.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { storage.span.extracting(first: Int(length)) }
  }

  public static func == (left: Self, right: Self) -> Bool { left.bytes.hasSameBytes(as: right.bytes) }
}
