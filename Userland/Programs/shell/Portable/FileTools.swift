// What the commands for files make of their words, and of two files: conditions of `find`, modes of `chmod`, differences.

import Primitives

/// Which of the files below a folder `find` prints.
struct FindCondition {
  enum Kind: UInt8 { case file, folder, link }

  /// The folders, or files, that it begins at.
  private(set) var roots: [[UInt8]] = []
  private var pattern: ShellPattern?
  private(set) var kind: Kind?

  /// A word that is wrong.
  enum Mistake: Error, Equatable {
    case unknown([UInt8])
    case noValue([UInt8])
  }

  /// - Parameter words: those behind the command's name: paths first, then conditions.
  init(_ words: [[UInt8]]) throws(Mistake) {
    var index = 0
    while index < words.count, words[index].first != 0x2d {
      roots.append(words[index])
      index += 1
    }
    if roots.isEmpty { roots = [[0x2e]] }
    while index < words.count {
      let word = words[index]
      let isName = StaticText("-name").isSame(as: word)
      guard isName || StaticText("-type").isSame(as: word) else { throw .unknown(word) }
      guard index + 1 < words.count else { throw .noValue(word) }
      let value = words[index + 1]
      if isName {
        pattern = ShellPattern(value)
      } else {
        switch value {
        case [0x66]: kind = .file
        case [0x64]: kind = .folder
        case [0x6c]: kind = .link
        default: throw .unknown(value)
        }
      }
      index += 2
    }
  }

  func fits(name: [UInt8], kind: Kind?) -> Bool {
    if let wanted = self.kind, wanted != kind { return false }
    return pattern?.matches(name) ?? true
  }
}

/// Permission bits, as POSIX has them.
enum FileMode {
  /// What a mode that was typed makes of `mode`: `644`, or `u+x`, `go-w`, `a=r`, several with commas. Nil: it is none.
  static func changed(_ mode: UInt32, by text: [UInt8]) -> UInt32? {
    if let first = text.first, first >= 0x30, first <= 0x37 {
      guard text.count <= 4 else { return nil }
      var value: UInt32 = 0
      for byte in text {
        guard byte >= 0x30, byte <= 0x37 else { return nil }
        value = value << 3 | UInt32(byte - 0x30)
      }
      return mode & ~0o7777 | value
    }
    var mode = mode
    for clause in text.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let changed = changed(mode, by: clause) else { return nil }
      mode = changed
    }
    return mode
  }

  private static func changed(_ mode: UInt32, by clause: ArraySlice<UInt8>) -> UInt32? {
    var who: UInt32 = 0
    var rest = clause
    while let byte = rest.first, let shift = shift(byte) {
      who |= shift
      rest = rest.dropFirst()
    }
    if who == 0 { who = 0o111 }
    guard let sign = rest.first, sign == 0x2b || sign == 0x2d || sign == 0x3d else { return nil }
    var bits: UInt32 = 0
    for byte in rest.dropFirst() {
      switch byte {
      case 0x72: bits |= 4 * who  // r
      case 0x77: bits |= 2 * who  // w
      case 0x78: bits |= who  // x
      default: return nil
      }
    }
    switch sign {
    case 0x2b: return mode | bits
    case 0x2d: return mode & ~bits
    default: return mode & ~(7 * who) | bits
    }
  }

  /// A bit for each of the three that a letter names.
  private static func shift(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x75: 0o100  // u
    case 0x67: 0o010  // g
    case 0x6f: 0o001  // o
    case 0x61: 0o111  // a
    default: nil
    }
  }

  /// `rwxr-xr-x`.
  static func write(_ mode: UInt32, to output: inout some TextOutput) {
    for index in 0..<9 {
      let isSet = mode >> UInt32(8 - index) & 1 == 1
      output.write(byte: isSet ? [0x72, 0x77, 0x78][index % 3] : 0x2d)
    }
  }
}

extension TextTools {
  /// The first byte in which two texts differ, and its line, both from 1 on; nil where one begins like the other.
  static func difference(_ left: [UInt8], _ right: [UInt8]) -> (byte: Int, line: Int)? {
    var line = 1
    for index in 0..<min(left.count, right.count) {
      if left[index] != right[index] { return (index + 1, line) }
      if left[index] == 0x0a { line += 1 }
    }
    return nil
  }
}
