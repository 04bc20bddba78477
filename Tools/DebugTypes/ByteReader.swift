// Numbers and texts as DWARF stores them, and the sections of a file that hold debug information.

import Foundation

/// Reads forward through bytes; reading past their end throws.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  private func check(_ count: Int) throws(DebugInformationMistake) {
    guard position >= 0, count >= 0, count <= bytes.count, position <= bytes.count - count else {
      throw DebugInformationMistake(description: "debug information ends early, at \(position)")
    }
  }

  mutating func skip(_ count: Int) throws(DebugInformationMistake) {
    try check(count)
    position += count
  }

  /// A number of 1 to 8 bytes.
  mutating func number(_ width: Int) throws(DebugInformationMistake) -> UInt64 {
    try check(width)
    var value: UInt64 = 0
    for index in 0..<min(width, 8) { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += width
    return value
  }

  /// A number in groups of seven bits (ULEB128); bits beyond 64 are dropped.
  mutating func unsigned() throws(DebugInformationMistake) -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while true {
      let byte = try number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      if byte & 0x80 == 0 { return value }
    }
  }

  mutating func signed() throws(DebugInformationMistake) -> Int64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while true {
      let byte = try number(1)
      if shift < 64 { value |= (byte & 0x7f) << shift }
      shift += 7
      guard byte & 0x80 == 0 else { continue }
      if shift < 64, byte & 0x40 != 0 { value |= ~0 << shift }
      return Int64(bitPattern: value)
    }
  }

  mutating func text() throws(DebugInformationMistake) -> String {
    try check(0)
    guard let end = bytes[position...].firstIndex(of: 0) else {
      throw DebugInformationMistake(description: "a text at \(position) of the debug information has no end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }
}

/// The sections whose names begin with `.debug_`, of a 32-bit little-endian ELF file.
enum DebugSections {
  static func read(path: String) throws -> [String: [UInt8]] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    guard bytes.count >= 52, Array(bytes[0..<6]) == [0x7f, 0x45, 0x4c, 0x46, 1, 1] else {
      throw DebugInformationMistake(description: "\(path) is no 32-bit ELF file")
    }
    func word(_ offset: Int, _ width: Int = 4) throws -> Int {
      var reader = ByteReader(bytes, at: offset)
      return Int(try reader.number(width))
    }
    let (table, count) = (try word(32), try word(48, 2))
    let names = try word(table + (try word(50, 2)) * 40 + 16)
    var sections: [String: [UInt8]] = [:]
    for index in 0..<count {
      let header = table + index * 40
      var reader = ByteReader(bytes, at: names + (try word(header)))
      let name = try reader.text()
      guard name.hasPrefix(".debug_") else { continue }
      let (start, size) = (try word(header + 16), try word(header + 20))
      guard size <= bytes.count, start <= bytes.count - size else {
        throw DebugInformationMistake(description: "the section \(name) leaves the file \(path)")
      }
      sections[name] = Array(bytes[start..<(start + size)])
    }
    return sections
  }
}
