// What `megha memory-map FILE` prints: a memory map written as text goes through the kernel's own
// `MemoryMap`, so that what a machine's firmware reports can be judged without the machine.
//
// The text is a table of rows `start length type`, decimal or 0x-hexadecimal; `#` starts a comment.

import Boot
import Primitives

/// The report on a memory map.
public enum MemoryMapReport {
  /// Judges the memory map in `table`.
  /// - Returns: `{"usable":[{"start":n,"length":n},…],"notes":["…",…]}`, numbers in bytes.
  /// - Throws: `MemoryMapReportError` with one sentence: a line that is no row, or a refused map.
  public static func json(forTable table: String) throws(MemoryMapReportError) -> String {
    let rows = try rows(of: table)
    var notes: [String] = []
    let map: MemoryMap
    do throws(MemoryMapError) {
      map = try MemoryMap(rows: rows, noteLimit: .max) { note in
        var text = Text()
        note.describe(to: &text)
        notes.append(text.string)
      }
    } catch {
      var text = Text()
      error.describe(to: &text)
      throw MemoryMapReportError(description: text.string)
    }
    var usable: [String] = []
    for index in 0..<map.count {
      let range = map[index]
      let length = UInt64(range.count) * UInt64(pageSize)
      usable.append("{\"start\":\(range.first.address.value),\"length\":\(length)}")
    }
    let quoted = notes.map { "\"\(escaped($0))\"" }
    return "{\"usable\":[\(usable.joined(separator: ","))],\"notes\":[\(quoted.joined(separator: ","))]}"
  }

  /// Reads the rows of `table`.
  public static func rows(of table: String) throws(MemoryMapReportError) -> [MemoryMapRow] {
    var rows: [MemoryMapRow] = []
    let lines = table.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.prefix { $0 != "#" }
      let fields = content.split(whereSeparator: \.isWhitespace)
      if fields.isEmpty { continue }
      guard fields.count == 3 else {
        throw MemoryMapReportError(
          description: "Line \(index + 1) has \(fields.count) fields where a row has three: "
            + "start, length, type.")
      }
      rows.append(
        MemoryMapRow(
          start: try number(fields[0], "start", line: index + 1),
          length: try number(fields[1], "length", line: index + 1),
          type: try number(fields[2], "type", line: index + 1)))
    }
    return rows
  }

  private static func number<Number: FixedWidthInteger>(
    _ field: Substring, _ name: String, line: Int
  ) throws(MemoryMapReportError) -> Number {
    let isHexadecimal = field.hasPrefix("0x") || field.hasPrefix("0X")
    let digits = isHexadecimal ? field.dropFirst(2) : field
    guard digits.allSatisfy(\.isHexDigit), let value = Number(digits, radix: isHexadecimal ? 16 : 10)
    else {
      throw MemoryMapReportError(
        description: "Line \(line): the \(name) \"\(field)\" is not a number of \(Number.bitWidth) bits.")
    }
    return value
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Collects what portable code prints.
  private struct Text: TextOutput {
    private var bytes: [UInt8] = []
    var string: String { String(decoding: bytes, as: UTF8.self) }
    mutating func write(byte: UInt8) { bytes.append(byte) }
  }
}

/// Why there is no report: one sentence.
public struct MemoryMapReportError: Error, Equatable, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}
