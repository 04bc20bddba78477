// Patterns of names: `*`, `?` and `[...]`, for files and for `case`.
//
// Invariant: matching looks at each byte of the text at most once for each byte of the pattern behind its last star.

/// A pattern, which is text where `isLiteral` says so.
struct ShellPattern {
  var bytes: [UInt8] = []
  /// For each byte whether it stands for itself, since it was quoted.
  var isLiteral: [Bool] = []

  init() {}

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isLiteral = Array(repeating: false, count: bytes.count)
  }

  mutating func append(_ byte: UInt8, isLiteral literal: Bool) {
    bytes.append(byte)
    isLiteral.append(literal)
  }

  private func isSpecial(_ index: Int, _ byte: UInt8) -> Bool { bytes[index] == byte && !isLiteral[index] }

  /// Whether there is anything in it that does not stand for itself. A `[` without an end does.
  var hasWildcard: Bool {
    var hasOpen = false
    for index in bytes.indices {
      if isSpecial(index, 0x2a) || isSpecial(index, 0x3f) { return true }
      if isSpecial(index, 0x5d), hasOpen { return true }
      if isSpecial(index, 0x5b) { hasOpen = true }
    }
    return false
  }

  /// The part of it from `range`.
  func piece(_ range: Range<Int>) -> ShellPattern {
    var piece = ShellPattern()
    piece.bytes = [UInt8](bytes[range])
    piece.isLiteral = [Bool](isLiteral[range])
    return piece
  }

  /// Whether the whole of `text` fits.
  func matches(_ text: [UInt8]) -> Bool {
    var index = 0
    var position = 0
    // Where to go on if what follows the last star does not fit: the star takes one byte more.
    var afterStar: Int?
    var restart = 0
    while position < text.count {
      if index < bytes.count, isSpecial(index, 0x2a) {
        index += 1
        afterStar = index
        restart = position
      } else if index < bytes.count, let next = step(index, text[position]) {
        index = next
        position += 1
      } else if let star = afterStar {
        restart += 1
        position = restart
        index = star
      } else {
        return false
      }
    }
    while index < bytes.count, isSpecial(index, 0x2a) { index += 1 }
    return index == bytes.count
  }

  /// Where the pattern goes on after the piece at `index` has taken `byte`; nil where it does not fit.
  private func step(_ index: Int, _ byte: UInt8) -> Int? {
    if isSpecial(index, 0x3f) { return index + 1 }
    if isSpecial(index, 0x5b), let (fits, end) = set(index, byte) { return fits ? end : nil }
    return bytes[index] == byte ? index + 1 : nil
  }

  /// Whether `byte` is in the set that begins at `index`, and where the set ends; nil where it has no end, so that it
  /// stands for itself.
  private func set(_ start: Int, _ byte: UInt8) -> (fits: Bool, end: Int)? {
    var index = start + 1
    let isNegated = index < bytes.count && (isSpecial(index, 0x21) || isSpecial(index, 0x5e))
    if isNegated { index += 1 }
    let first = index
    var fits = false
    while index < bytes.count {
      if isSpecial(index, 0x5d), index > first { return (fits != isNegated, index + 1) }
      let low = bytes[index]
      if index + 2 < bytes.count, isSpecial(index + 1, 0x2d), !isSpecial(index + 2, 0x5d) {
        let high = bytes[index + 2]
        if low <= byte && byte <= high { fits = true }
        index += 3
      } else {
        if low == byte { fits = true }
        index += 1
      }
    }
    return nil
  }
}

/// A name in a folder.
struct FolderName: Equatable {
  var name: [UInt8]
  var isFolder: Bool

  init(_ name: [UInt8], isFolder: Bool) {
    self.name = name
    self.isFolder = isFolder
  }
}

/// What knows the names of files.
protocol NameSource {
  /// The names in a folder, whose path is absolute; empty where there is no such folder.
  mutating func names(in folder: [UInt8]) -> [FolderName]
}

/// Paths of files, with `/` between names.
enum ShellPath {
  /// The absolute path of `path`, seen from `folder`: without `.`, `..` and empty names, and without a slash at the end.
  static func absolute(_ path: [UInt8], from folder: [UInt8]) -> [UInt8] {
    var names: [[UInt8]] = []
    let whole = path.first == 0x2f ? path : folder + [0x2f] + path
    for name in whole.split(separator: 0x2f) {
      let name = [UInt8](name)
      if name == [0x2e] { continue }
      if name == [0x2e, 0x2e] {
        if !names.isEmpty { names.removeLast() }
      } else {
        names.append(name)
      }
    }
    var result: [UInt8] = []
    for name in names { result += [0x2f] + name }
    return result.isEmpty ? [0x2f] : result
  }

  /// The paths that fit, sorted; none where nothing fits.
  static func matches(
    _ pattern: ShellPattern, from folder: [UInt8], _ source: inout some NameSource
  ) -> [[UInt8]] {
    var found: [[UInt8]] = [[]]
    var start = 0
    while start <= pattern.bytes.count {
      var end = start
      while end < pattern.bytes.count, pattern.bytes[end] != 0x2f { end += 1 }
      let isLast = end == pattern.bytes.count
      let piece = pattern.piece(start..<end)
      var next: [[UInt8]] = []
      for path in found {
        if piece.bytes.isEmpty || !piece.hasWildcard {
          next.append(path + piece.bytes + (isLast ? [] : [0x2f]))
          continue
        }
        for entry in source.names(in: absolute(path, from: folder)) {
          // A name that begins with a dot fits where the pattern does.
          guard entry.name.first != 0x2e || piece.bytes.first == 0x2e, isLast || entry.isFolder,
            piece.matches(entry.name)
          else { continue }
          next.append(path + entry.name + (isLast ? [] : [0x2f]))
          if next.count > ShellLimits.words { break }
        }
      }
      found = next
      start = end + 1
    }
    found = found.filter { exists($0, pattern, folder, &source) }
    found.sort { $0.lexicographicallyPrecedes($1) }
    return found
  }

  /// Where the pattern goes on after its last wildcard, what it names need not be there.
  private static func exists(
    _ path: [UInt8], _ pattern: ShellPattern, _ folder: [UInt8], _ source: inout some NameSource
  ) -> Bool {
    guard let slash = pattern.bytes.lastIndex(of: 0x2f) else { return true }
    let last = pattern.piece((slash + 1)..<pattern.bytes.count)
    if last.hasWildcard || last.bytes.isEmpty { return true }
    let whole = absolute(path, from: folder)
    guard let end = whole.lastIndex(of: 0x2f) else { return true }
    let name = [UInt8](whole[(end + 1)...])
    return source.names(in: end == 0 ? [0x2f] : [UInt8](whole[..<end])).contains { $0.name == name }
  }
}
