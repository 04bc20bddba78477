// The commands that look into texts: head, tail, wc, grep, sort, less.

import ABI
import Primitives
import SDK

extension Builtin {
  private func writeLine(_ line: [UInt8]) {
    Console.write {
      $0.write(line)
      $0.write("\n")
    }
  }

  /// `head` and `tail`.
  func headCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    var first = 1
    var amount = TextTools.Amount()
    if words.count > 1, words[1].count > 1, words[1].hasPrefix("-") {
      let isJoined = words[1].count > 2 || (words[1][1] >= 0x30 && words[1][1] <= 0x39)
      guard isJoined || words.count > 2,
        let given = TextTools.Amount(words[1].copied, isJoined ? [] : words[2].copied, mayBeginAt: self == .tail)
      else { return reportUsage() }
      amount = given
      first = isJoined ? 2 : 3
    }
    guard words.count <= first || words[first] == "-" || !words[first].hasPrefix("-") else {
      return reportUnknown(words[first].copied)
    }
    let hasHeadings = words.count > first + 1
    var isFirst = true
    return forEachText(words, from: first, state) { source, name throws(SystemError) in
      if hasHeadings { writeHeading(name, isFirst: isFirst) }
      isFirst = false
      if self == .head, !amount.isBytes {
        var left = amount.count
        while left > 0, let line = try source.line() {
          writeLine(line)
          left -= 1
        }
        return
      }
      if self == .head {
        var left = amount.count
        while left > 0, let piece = try source.piece() {
          Console.write { $0.write([UInt8](piece.prefix(left))) }
          left -= piece.count
        }
        return
      }
      let text = try source.rest()
      let lines = amount.isBytes ? [] : TextTools.lines(of: text)
      let all = amount.isBytes ? text.count : lines.count
      let start = amount.beginsThere ? min(max(amount.count - 1, 0), all) : max(all - amount.count, 0)
      if amount.isBytes {
        Console.write { $0.write([UInt8](text[start...])) }
      } else {
        for line in lines[start...] { writeLine([UInt8](text[line])) }
      }
    }
  }

  private func writeHeading(_ path: Bytes, isFirst: Bool) {
    Console.write {
      if !isFirst { $0.write("\n") }
      $0.write(path)
      $0.write(":\n")
    }
  }

  func wcCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "lwc") else { return reportUsage() }
    var all = TextTools.Counts()
    let isNamed = words.count > first
    let status = forEachText(words, from: first, state) { source, name throws(SystemError) in
      let counts = TextTools.counts(of: try source.rest())
      all = all + counts
      writeCounts(counts, letters, isNamed ? name : nil)
    }
    if words.count > first + 1 { writeCounts(all, letters, Bytes("all")) }
    return status
  }

  private func writeCounts(_ counts: TextTools.Counts, _ letters: [UInt8], _ name: Bytes?) {
    Console.write {
      if letters.isEmpty {
        counts.write(to: &$0)
      } else {
        for letter in [0x6c, 0x77, 0x63] as [UInt8] where letters.contains(letter) {
          if letters.count > 1 { $0.write(" ") }
          $0.write(decimal: letter == 0x6c ? counts.lines : letter == 0x77 ? counts.words : counts.bytes)
        }
      }
      if let name {
        $0.write("  ")
        $0.write(name)
      }
      $0.write("\n")
    }
  }

  /// Takes options of one letter each from the front, up to `--`; nil where one is not among `known`, which is said.
  func options(_ words: borrowing CommandWords, known: StaticString) -> (letters: [UInt8], next: Int)? {
    let known = StaticText(known).bytes
    var letters: [UInt8] = []
    var index = 1
    while index < words.count, words[index].count > 1, words[index].hasPrefix("-") {
      if words[index] == "--" { return (letters, index + 1) }
      for letter in words[index].copied.dropFirst() {
        guard known.contains(letter) else {
          _ = report(words[index], "this option is not known", status: 2)
          return nil
        }
        letters.append(letter)
      }
      index += 1
    }
    return (letters, index)
  }

  /// The status is 0 where a line was found, as `grep` is asked in conditions.
  func grepCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "ivnc"), words.count > first else { return reportUsage() }
    let search = TextTools.Search(
      words[first].copied, ignoresCase: letters.contains(0x69), isInverted: letters.contains(0x76))
    let isNamed = words.count > first + 2
    var hasFound = false
    let status = forEachText(words, from: first + 1, state) { source, name throws(SystemError) in
      var found = 0
      var number = 0
      while let line = try source.line() {
        number += 1
        guard search.fits(line) else { continue }
        found += 1
        if letters.contains(0x63) { continue }
        Console.write {
          if isNamed { writeName(name, to: &$0) }
          if letters.contains(0x6e) {
            $0.write(decimal: number)
            $0.write(":")
          }
          $0.write(line)
          $0.write("\n")
        }
      }
      if letters.contains(0x63) {
        Console.write {
          if isNamed { writeName(name, to: &$0) }
          $0.write(decimal: found)
          $0.write("\n")
        }
      }
      if found > 0 { hasFound = true }
    }
    return status == 1 ? 2 : status != 0 ? status : hasFound ? 0 : 1
  }

  private func writeName(_ name: Bytes, to output: inout ConsoleLine) {
    output.write(name)
    output.write(":")
  }

  func sortCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "rnu") else { return reportUsage() }
    var lines: [[UInt8]] = []
    let status = forEachText(words, from: first, state) { source, _ throws(SystemError) in
      while let line = try source.line() { lines.append(line) }
    }
    guard status == 0 else { return status }
    let sorted = TextTools.sorted(
      lines, isNumeric: letters.contains(0x6e), isReversed: letters.contains(0x72), isUnique: letters.contains(0x75))
    for line in sorted where !TypedInput.isInterrupted { writeLine(line) }
    return 0
  }

  /// Where nobody types, or the output is not the console, the texts are printed.
  func lessCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard TypedInput.isReading, Self.writesToConsole else { return catCommand(words, state) }
    guard let (_, first) = options(words, known: "") else { return reportUsage() }
    return forEachText(words, from: first, state) { source, name throws(SystemError) in
      showPages(of: try source.rest(), name: name.copied)
    }
  }

  func showPages(of text: [UInt8], name: [UInt8]) {
    let size = Terminal(.output)?.size ?? (columns: 80, rows: 25)
    var pager = Pager(text, name: name, width: size.columns, height: size.rows - 1)
    guard !pager.isShort else { return Console.write { $0.write(text) } }
    var decoder = KeyDecoder()
    Console.write { pager.draw(to: &$0) }
    TypedInput.withKeys {
      while let byte = TypedInput.waitForByte() {
        guard let key = decoder.decode(byte) else { continue }
        guard pager.accept(key) else { break }
        Console.write { pager.draw(to: &$0) }
      }
    }
    Console.write("\n")
  }
}
