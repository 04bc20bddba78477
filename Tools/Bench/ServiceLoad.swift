// What a service is asked when it is measured: the file `load` in the folder of its sources.
//
//     # NAME: OPERATION [WORD...] [data=BYTES] [reply=BYTES]
//     before: 0 5
//     add: 0 1
//     list: 1 data=64 reply=4096
//
// Up to six words; data and room for the reply are at most 65,536 bytes. `before` is sent once to each placement, ahead of
// all others, and is not measured; there may be several.

import Foundation

/// A file of requests that cannot be read.
public struct ServiceLoadMistake: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public struct ServiceLoad: Sendable, Equatable {
  struct Request: Sendable, Equatable {
    /// Nil: it is sent once, before the others.
    var name: String?
    var operation: UInt32
    var words: [UInt32] = []
    var data = 0
    var reply = 0
  }

  static let dataLimit = 65_536
  let requests: [Request]

  /// - Parameter file: what to call the text in a sentence about a mistake.
  public init(_ text: String, file: String) throws(ServiceLoadMistake) {
    var requests: [Request] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      func mistake(_ what: String) -> ServiceLoadMistake {
        ServiceLoadMistake(description: "\(file), line \(index + 1): \(what).")
      }
      let content = line.prefix { $0 != "#" }
      if content.allSatisfy({ $0.isWhitespace }) { continue }
      guard let colon = content.firstIndex(of: ":") else {
        throw mistake("a request is NAME: OPERATION [WORD...] [data=BYTES] [reply=BYTES]")
      }
      let name = content[..<colon].trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty, name.count <= 40,
        name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || " -_".contains($0)) })
      else { throw mistake("\"\(name)\" is no name: it has letters, digits, blanks, - and _, and at most 40 of them") }
      let words = content[content.index(after: colon)...].split(whereSeparator: \.isWhitespace)
      guard let first = words.first, let operation = UInt32(first) else {
        throw mistake("the name is followed by the number of the operation")
      }
      var request = Request(name: name == "before" ? nil : name, operation: operation)
      for word in words.dropFirst() {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        if parts.count == 1, let number = UInt32(word) {
          guard request.words.count < 6 else { throw mistake("a request has six words, and this is one more") }
          request.words.append(number)
        } else if parts.count == 2, let length = Int(parts[1]), (0...Self.dataLimit).contains(length),
          parts[0] == "data" || parts[0] == "reply"
        {
          if parts[0] == "data" { request.data = length } else { request.reply = length }
        } else {
          throw mistake("\"\(word)\" is no number up to 4,294,967,295, nor data= or reply= with at most 65,536 bytes")
        }
      }
      guard request.name == nil || !requests.contains(where: { $0.name == request.name }) else {
        throw mistake("there is a request \(name) already")
      }
      requests.append(request)
    }
    guard requests.contains(where: { $0.name != nil }) else {
      throw ServiceLoadMistake(description: "\(file) has no request that could be measured.")
    }
    // What is sent before the others comes first, wherever it stands.
    self.requests = requests.filter { $0.name == nil } + requests.filter { $0.name != nil }
  }

  /// The requests as the measuring program in the guest reads them.
  public var words: [String] {
    requests.map { request in
      let numbers = request.words.map(String.init).joined(separator: ",")
      return "\(request.name ?? ""):\(request.operation):\(numbers):\(request.data):\(request.reply)"
    }
  }
}

extension BenchmarkRow {
  /// The rows that the measuring program wrote. What it measures may print lines of its own, which are passed over.
  /// - Parameters:
  ///   - tag: the word that lines of rows begin with.
  ///   - group: the group that they get.
  ///   - naming: what a row is called.
  public static func measured(
    in console: String, tag: String, group: String, naming: (String) -> String
  ) throws -> [BenchmarkRow] {
    let start = "\(tag) {"
    let lines = console.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(start) }
    return try lines.map { line in
      let row = try JSONDecoder().decode(BenchmarkRow.self, from: Data(line.dropFirst(start.count - 1).utf8))
      return row.renamed(group: group, name: naming(row.name))
    }
  }

  private func renamed(group: String, name: String) -> BenchmarkRow {
    BenchmarkRow(
      group: group, name: name, unit: unit, samples: samples, minimum: minimum, median: median, p90: p90,
      maximum: maximum,
      spaceChanges: spaceChanges, flushes: flushes, switches: switches, bytesCopied: bytesCopied, faults: faults,
      reason: reason)
  }
}
