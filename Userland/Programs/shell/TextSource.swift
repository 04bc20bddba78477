// Where the commands for texts read: files, or the input of the shell where none is named.
//
// Invariant: no more is taken than was asked for and what came with it, so that an input without an end can be read from.

import ABI
import Primitives
import SDK

struct TextSource: ~Copyable {
  /// A file's, which is closed with this, or the input.
  private let handle: Handle
  /// Whether its bytes are typed, so that Ctrl-C has to be waited for too.
  private let isTyped: Bool
  private var bytes: [UInt8] = []
  /// Where what was not asked for yet begins.
  private var next = 0
  private var hasEnded = false

  init(_ path: [UInt8]) throws(SystemError) {
    handle = try Handle.open(path)
    isTyped = false
  }

  /// The input.
  init() throws(SystemError) {
    handle = .input
    _ = try Handle.input.information()
    isTyped = Self.inputIsTyped
  }

  /// Whether this is the file that the output goes to.
  var isOutput: Bool {
    guard let own = try? handle.file(), own.kind == NodeKind.file.rawValue, own.size > 0 else { return false }
    return (try? Handle.output.file()) == own
  }

  deinit { if handle != .input { handle.close() } }

  /// Whether the shell's input is a terminal.
  static var inputIsTyped: Bool { Terminal(.input) != nil }

  /// Waits until the input can be read, or Ctrl-C. Returns false at that.
  private static func waitForInput() -> Bool {
    guard inputIsTyped, TypedInput.isReading else { return true }
    TypedInput.wait(for: .input)
    return !TypedInput.isInterrupted
  }

  /// Takes some more; returns false at the end.
  private mutating func fill() throws(SystemError) -> Bool {
    guard !hasEnded else { return false }
    if next > 0 {
      bytes.removeFirst(next)
      next = 0
    }
    let before = bytes.count
    if !isTyped || Self.waitForInput() {
      var piece = InlineArray<512, UInt8>(repeating: 0)
      let count = try handle.read(into: &piece)
      for index in 0..<count { bytes.append(piece[index]) }
    }
    hasEnded = bytes.count == before
    return !hasEnded
  }

  /// What comes next, as much as there is; nil at the end, and at Ctrl-C.
  mutating func piece() throws(SystemError) -> [UInt8]? {
    if next == bytes.count, try !fill() || TypedInput.isInterrupted { return nil }
    defer { next = bytes.count }
    return next == 0 ? bytes : [UInt8](bytes[next...])
  }

  /// The next line, without its end; nil behind the last, and at Ctrl-C.
  mutating func line() throws(SystemError) -> [UInt8]? {
    if TypedInput.isInterrupted { return nil }
    var end = next
    while true {
      while end < bytes.count, bytes[end] != 0x0a { end += 1 }
      if end < bytes.count {
        defer { next = end + 1 }
        return [UInt8](bytes[next..<end])
      }
      end -= next
      guard try fill() else {
        defer { next = bytes.count }
        return next < bytes.count ? [UInt8](bytes[next...]) : nil
      }
    }
  }

  /// All that is left.
  mutating func rest() throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    while let piece = try piece() { all += piece }
    return all
  }

  /// One byte; nil at the end. Nothing behind it is taken, so that other commands get it.
  static func byteOfInput() throws(SystemError) -> UInt8? {
    guard waitForInput() else { return nil }
    var byte = InlineArray<1, UInt8>(repeating: 0)
    return try Handle.input.read(into: &byte) == 1 ? byte[0] : nil
  }
}

extension Builtin {
  /// Calls `body` with each file that is named from `first` on, or with the input where none is; `-` is the input too.
  /// Returns 1 where one could not be read, which has been said; 130 after Ctrl-C.
  func forEachText(
    _ words: borrowing CommandWords, from first: Int, _ state: ShellState,
    _ body: (inout TextSource, Bytes) throws(SystemError) -> Void
  ) -> Int32 {
    var status: Int32 = 0
    for index in first..<max(words.count, first + 1) {
      let name = index < words.count ? words[index] : Bytes("-")
      do throws(SystemError) {
        var source =
          try name == "-" ? TextSource() : TextSource(ShellPath.absolute(name.copied, from: state.folder))
        try body(&source, name)
      } catch { status = report(name == "-" ? Bytes("the input") : name, error.fileSentence) }
      if TypedInput.isInterrupted { return 130 }
    }
    return status
  }
}
