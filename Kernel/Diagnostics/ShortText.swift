// A name that is carried by value: owners of faults are described by plain values that point nowhere, so that
// printing them cannot touch a task or a module that is being taken apart.

import Primitives

/// At most 31 bytes of text, held in place.
public struct ShortText: ExpressibleByStringLiteral, Sendable {
  private var bytes: InlineArray<32, UInt8>
  public private(set) var count: Int

  public static var longest: Int { 31 }

  public init() {
    bytes = InlineArray(repeating: 0)
    count = 0
  }

  /// Keeps the first 31 bytes.
  public init(_ literal: StaticString) {
    self.init()
    let literalCount = literal.utf8CodeUnitCount
    for index in 0..<min(literalCount, Self.longest) {
      unsafe append(literal.utf8Start[index])
    }
  }

  public init(stringLiteral literal: StaticString) { self.init(literal) }

  /// Keeps the first 31 bytes, up to the first zero.
  @inline(never)
  public init(_ text: Span<UInt8>) {
    self.init()
    for index in text.indices {
      if text[index] == 0 { return }
      append(text[index])
    }
  }

  /// Adds a byte, or does nothing where the text is full.
  public mutating func append(_ byte: UInt8) {
    guard count < Self.longest else { return }
    bytes[count] = byte
    count &+= 1
  }

  public var isEmpty: Bool { count == 0 }

  /// Writes the text; control bytes as `?`.
  public func write(to output: inout some TextOutput) {
    for index in 0..<count {
      let byte = bytes[index]
      output.write(byte: byte < 0x20 || byte == 0x7f ? 0x3f : byte)
    }
  }
}

/// Counts the characters that would be printed, to line up columns.
struct CharacterCounter: TextOutput {
  var count = 0
  mutating func write(byte: UInt8) {
    // UTF-8: the bytes 10xxxxxx continue a character.
    if byte & 0xc0 != 0x80 { count &+= 1 }
  }
}
