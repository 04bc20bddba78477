// The sentences that authors give their checks. An optimized program does not have them, so they are taken from the source,
// at the place that the debug information names, and put into the symbol table: they cost no code and no data of the program.

import Foundation

struct AuthorTexts {
  private var files: [String: [[Character]]] = [:]

  /// Functions of Swift's whose last argument is a sentence for a person.
  private static let checks = ["precondition", "preconditionFailure", "fatalError", "assert", "assertionFailure"]
  /// A call takes this many lines at the most.
  private static let longestCall = 20

  /// The sentence of the check that is called at a line and column of a file; nil where there is none in so many words.
  mutating func sentence(file: String, line: UInt32, column: UInt32) -> String? {
    let lines = self.lines(of: file)
    let (row, start) = (Int(line) - 1, Int(column) - 1)
    guard lines.indices.contains(row), lines[row].indices.contains(start) else { return nil }
    let name = String(lines[row][start...].prefix { $0.isLetter })
    guard Self.checks.contains(name) else { return nil }
    var call = Array(lines[row][(start + name.count)...])
    for line in lines[(row + 1)...].prefix(Self.longestCall) { call += ["\n"] + line }
    return Self.lastText(inCall: call)
  }

  private mutating func lines(of file: String) -> [[Character]] {
    if let lines = files[file] { return lines }
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    files[file] = lines
    return lines
  }

  /// The last text in quotation marks among the arguments of the call whose parenthesis comes first.
  static func lastText(inCall source: [Character]) -> String? {
    guard source.first == "(" else { return nil }
    var depth = 0
    var last: String?
    var index = 0
    while index < source.count {
      switch source[index] {
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth == 0 { return last }
      case "\"":
        let (text, end) = literal(in: source, from: index)
        if depth == 1 { last = text }
        index = end
      default: break
      }
      index += 1
    }
    return nil
  }

  /// The text of the literal that begins at `start`, and where its closing mark is. What is interpolated stays as written.
  private static func literal(in source: [Character], from start: Int) -> (text: String, end: Int) {
    let mark: [Character] = Array(source[start...].prefix(3)) == ["\"", "\"", "\""] ? ["\"", "\"", "\""] : ["\""]
    var text = ""
    var index = start + mark.count
    while index < source.count {
      if Array(source[index...].prefix(mark.count)) == mark { break }
      if source[index] == "\\", index + 1 < source.count, source[index + 1] != "(" {
        index += 1
        text.append(source[index] == "n" || source[index] == "t" ? " " : source[index])
      } else {
        text.append(source[index])
      }
      index += 1
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    return (words.joined(separator: " "), index + mark.count - 1)
  }
}
