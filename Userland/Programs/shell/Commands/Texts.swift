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
    var count = 10
    if words.count > 2, words[1] == "-n" {
      guard let number = words[2].number, let lines = Int(exactly: number) else { return reportUsage() }
      count = lines
      first = 3
    }
    guard words.count > first, !words[first].hasPrefix("-") else { return reportUsage() }
    var status: Int32 = 0
    for index in first..<words.count {
      guard let text = contents(words[index], state) else {
        status = 1
        continue
      }
      if words.count > first + 1 { writeHeading(words[index], isFirst: index == first) }
      let lines = TextTools.lines(of: text)
      for line in self == .head ? lines.prefix(count) : lines.suffix(count) { writeLine([UInt8](text[line])) }
    }
    return status
  }

  private func writeHeading(_ path: Bytes, isFirst: Bool) {
    Console.write {
      if !isFirst { $0.write("\n") }
      $0.write(path)
      $0.write(":\n")
    }
  }

  func wcCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    var status: Int32 = 0
    var all = TextTools.Counts()
    for index in 1..<words.count {
      guard let text = contents(words[index], state) else {
        status = 1
        continue
      }
      let counts = TextTools.counts(of: text)
      all = all + counts
      writeCounts(counts, words[index])
    }
    if words.count > 2 { writeCounts(all, Bytes("all")) }
    return status
  }

  private func writeCounts(_ counts: TextTools.Counts, _ name: Bytes) {
    Console.write {
      counts.write(to: &$0)
      $0.write("  ")
      $0.write(name)
      $0.write("\n")
    }
  }

  /// Takes options of one letter each from the front; nil where one is not among `known`.
  private func options(_ words: borrowing CommandWords, known: StaticString) -> (letters: [UInt8], next: Int)? {
    let known = StaticText(known).bytes
    var letters: [UInt8] = []
    var index = 1
    while index < words.count, words[index].count > 1, words[index].hasPrefix("-") {
      for letter in words[index].copied.dropFirst() {
        guard known.contains(letter) else { return nil }
        letters.append(letter)
      }
      index += 1
    }
    return (letters, index)
  }

  /// The status is 0 where a line was found, as `grep` is asked in conditions.
  func grepCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "ivnc"), words.count > first + 1 else { return reportUsage() }
    let search = TextTools.Search(
      words[first].copied, ignoresCase: letters.contains(0x69), isInverted: letters.contains(0x76))
    var status: Int32 = 1
    for index in (first + 1)..<words.count {
      guard let text = contents(words[index], state) else { return 2 }
      var found = 0
      for (number, range) in TextTools.lines(of: text).enumerated() where !TypedInput.isInterrupted {
        let line = [UInt8](text[range])
        guard search.fits(line) else { continue }
        found += 1
        if letters.contains(0x63) { continue }
        Console.write {
          if words.count > first + 2 { writeName(words[index], to: &$0) }
          if letters.contains(0x6e) {
            $0.write(decimal: number + 1)
            $0.write(":")
          }
          $0.write(line)
          $0.write("\n")
        }
      }
      if letters.contains(0x63) {
        Console.write {
          if words.count > first + 2 { writeName(words[index], to: &$0) }
          $0.write(decimal: found)
          $0.write("\n")
        }
      }
      if found > 0 { status = 0 }
    }
    return status
  }

  private func writeName(_ name: Bytes, to output: inout ConsoleLine) {
    output.write(name)
    output.write(":")
  }

  func sortCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "rnu"), words.count > first else { return reportUsage() }
    var lines: [[UInt8]] = []
    for index in first..<words.count {
      guard let text = contents(words[index], state) else { return 1 }
      for range in TextTools.lines(of: text) { lines.append([UInt8](text[range])) }
    }
    let sorted = TextTools.sorted(
      lines, isNumeric: letters.contains(0x6e), isReversed: letters.contains(0x72), isUnique: letters.contains(0x75))
    for line in sorted where !TypedInput.isInterrupted { writeLine(line) }
    return 0
  }

  /// Where nobody types, the files are printed.
  func lessCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    guard TypedInput.isReading else { return catCommand(words, state) }
    for index in 1..<words.count {
      guard let text = contents(words[index], state) else { return 1 }
      var pager = Pager(text, name: words[index].copied, width: 80, height: 24)
      if pager.isShort {
        Console.write { $0.write(text) }
        continue
      }
      var decoder = KeyDecoder()
      Console.write { pager.draw(to: &$0) }
      while let byte = TypedInput.waitForByte() {
        guard let key = decoder.decode(byte) else { continue }
        guard pager.accept(key) else { break }
        Console.write { pager.draw(to: &$0) }
      }
      Console.write("\n")
    }
    return 0
  }
}
