// Why a text is no command of the shell.

import Primitives
import SDK

struct ShellMistake: Error, Equatable {
  enum Kind: Equatable, Sendable {
    /// A quote that is opened here is not closed.
    case unclosedQuote
    case nothingAfterBackslash
    /// An operator without a command in front of it.
    case noCommand
    /// The text ends where more has to come.
    case missing(StaticText)
    /// This stands where it cannot.
    case unexpected([UInt8])
    case noName([UInt8])
    case noTarget
    /// `${` with something that is no name in it.
    case badParameter
    case badAlias
    /// Something of other shells that this one does not have.
    case unknown(StaticText)
    case tooLong(Int)
    case tooDeep
  }

  let kind: Kind
  /// In bytes from the start of the text.
  let position: Int
  /// Whether the text could go on in another line.
  var isIncomplete = false

  init(_ kind: Kind, at position: Int, isIncomplete: Bool = false) {
    self.kind = kind
    self.position = position
    self.isIncomplete = isIncomplete
  }

  /// Writes one sentence.
  /// - Parameter source: the text, for the line and the column.
  func describe(in source: [UInt8], to output: inout some TextOutput) {
    switch kind {
    case .unclosedQuote:
      output.write("the quote at ")
      writePlace(in: source, to: &output)
      output.write(" is not closed")
    case .nothingAfterBackslash: output.write("nothing follows the backslash at the end")
    case .noCommand:
      output.write("there is no command in front of ")
      writePlace(in: source, to: &output)
    case .missing(let what):
      output.write("the command that begins at ")
      writePlace(in: source, to: &output)
      output.write(" has no ")
      output.write(what.text)
    case .unexpected(let token):
      output.write("nothing is there for \"")
      output.write(token)
      output.write("\" at ")
      writePlace(in: source, to: &output)
    case .noName(let word):
      output.write("\"")
      output.write(word)
      output.write("\" at ")
      writePlace(in: source, to: &output)
      output.write(" is no name: that is letters, digits and _, and no digit first")
    case .noTarget:
      output.write("no file is named after ")
      writePlace(in: source, to: &output)
    case .badParameter:
      output.write("the $ at ")
      writePlace(in: source, to: &output)
      output.write(" names nothing: $NAME, ${NAME}, $?, $#, $@, $*, $!, $$ and $0 to $9 are known")
    case .badAlias: output.write("an alias stands for words; it holds no operators and no assignments")
    case .unknown(let what):
      output.write(what.text)
      output.write(", at ")
      writePlace(in: source, to: &output)
    case .tooLong(let count):
      output.write("the command has ")
      output.write(decimal: count)
      output.write(" bytes; at most ")
      output.write(decimal: ShellLimits.source)
      output.write(" are taken")
    case .tooDeep:
      output.write("more than ")
      output.write(decimal: ShellLimits.nesting)
      output.write(" commands lie in each other at ")
      writePlace(in: source, to: &output)
    }
  }

  private func writePlace(in source: [UInt8], to output: inout some TextOutput) {
    var line = 1
    var start = 0
    for index in 0..<min(position, source.count) where source[index] == 0x0a {
      line += 1
      start = index + 1
    }
    if line > 1 {
      output.write("line ")
      output.write(decimal: line)
      output.write(", ")
    }
    output.write("column ")
    output.write(decimal: position - start + 1)
  }
}

/// A literal that can be compared.
struct StaticText: Equatable, Sendable {
  let text: StaticString
  init(_ text: StaticString) { self.text = text }

  static func == (left: StaticText, right: StaticText) -> Bool { left.bytes == right.bytes }

  /// Whether these are its bytes; takes no memory.
  func isSame(as bytes: [UInt8]) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in bytes.indices where unsafe text.utf8Start[index] != bytes[index] { return false }
    return true
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<text.utf8CodeUnitCount { unsafe bytes.append(text.utf8Start[index]) }
    return bytes
  }
}
