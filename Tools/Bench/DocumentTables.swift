// Tables in the documents that stand for results: each lies between two comments with its name and is written from the
// rows, so that a page never says something else than docs/results.

import Foundation
import Reports

/// A document without the place of a table, or results without the rows of one.
public struct DocumentTableMistake: Error, Equatable, CustomStringConvertible {
  public let description: String
}

public struct DocumentTable: Sendable {
  /// The page, relative to the root of the tree.
  public let document: String
  public let name: String
  private let make: @Sendable (borrowing Results) throws(DocumentTableMistake) -> TextTable

  /// Rows by their full names.
  struct Results {
    private let rows: [String: BenchmarkRow]
    private let budgets: Budgets
    init(_ rows: [BenchmarkRow], _ budgets: Budgets) {
      self.budgets = budgets
      self.rows = Dictionary(rows.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func row(_ name: String) throws(DocumentTableMistake) -> BenchmarkRow {
      guard let row = rows[name] else { throw DocumentTableMistake(description: "The results have no row \(name).") }
      return row
    }

    func cost(_ name: String) throws(DocumentTableMistake) -> String {
      guard let median = try row(name).median else {
        throw DocumentTableMistake(description: "\(name) was not measured.")
      }
      return grouped(median)
    }

    func budget(_ name: String) throws(DocumentTableMistake) -> String {
      budgets.limit(of: try row(name)).map(grouped) ?? ""
    }

    /// What rows have in common: one number, or the lowest and the highest.
    func range(_ names: [String], _ value: (BenchmarkRow) -> Int?) throws(DocumentTableMistake) -> String {
      var values: [Int] = []
      for name in names { values.append(value(try row(name)) ?? 0) }
      guard let low = values.min(), let high = values.max() else { return "" }
      return low == high ? grouped(low) : "\(grouped(low)) to \(grouped(high))"
    }
  }

  public static let all = [
    DocumentTable(document: "docs/placement-study.md", name: "placement") { results throws(DocumentTableMistake) in
      try placement(results)
    },
    DocumentTable(document: "docs/performance.md", name: "system calls") { results throws(DocumentTableMistake) in
      try systemCalls(results)
    },
  ]

  /// The page with this table as the rows have it.
  public func updated(_ page: String, rows: [BenchmarkRow], budgets: Budgets) throws(DocumentTableMistake) -> String {
    try Self.page(page, of: document, with: try make(Results(rows, budgets)), named: name)
  }

  /// A page with a table in the place of that name.
  public static func page(
    _ page: String, of document: String, with table: TextTable, named name: String
  ) throws(DocumentTableMistake) -> String {
    let (start, end) = ("<!-- table: \(name) -->\n", "<!-- end of table -->")
    guard let first = page.range(of: start),
      let last = page.range(of: end, range: first.upperBound..<page.endIndex)
    else { throw DocumentTableMistake(description: "\(document) has no place for the table \(name): \(start)") }
    return page[..<first.upperBound] + table.markdown + page[last.lowerBound...]
  }

  /// Writes all tables, and the numbers in sentences, into the pages of a tree.
  public static func write(_ rows: [BenchmarkRow], budgets: Budgets, root: URL) throws {
    func change(_ document: String, _ update: (String) throws -> String) throws {
      let file = root.appending(path: document)
      let page = try String(contentsOf: file, encoding: .utf8)
      let updated = try update(page)
      if updated != page { try Data(updated.utf8).write(to: file, options: .atomic) }
    }
    for table in all { try change(table.document) { try table.updated($0, rows: rows, budgets: budgets) } }
    for document in DocumentValues.documents {
      try change(document) { try DocumentValues.updated($0, rows: rows, budgets: budgets) }
    }
  }

  private static let placements = ["server", "ring0-server", "linked"]

  private static func placement(_ results: borrowing Results) throws(DocumentTableMistake) -> TextTable {
    var table = TextTable(titles: ["client", "request", "server, Ring 3", "server, Ring 0", "linked"])
    for (client, kind) in [("Ring 3", "Ring 3"), ("Ring 0", "Ring 0 separate")] {
      for (request, name) in [
        ("empty", "empty"), ("64 bytes", "64 bytes"), ("4,096 bytes", "4096 bytes"),
        ("4,096 bytes lent", "4096 bytes lent"),
      ] {
        var line = [client, request]
        for place in placements { line.append(try results.cost("placement/\(kind) to \(place), \(name)")) }
        table.lines.append(line)
      }
      let short = "message/call in registers and reply, \(kind) to"
      table.lines.append([
        client, "in registers", try results.cost("\(short) Ring 3"), try results.cost("\(short) Ring 0 separate"),
        try results.cost("call/call into a linked module, \(kind)"),
      ])
    }
    let counts: [(String, (BenchmarkRow) -> Int?)] = [
      ("changes of the address space", { $0.spaceChanges }), ("other flushes of the translation cache", { $0.flushes }),
      ("task switches", { $0.switches }),
      // An exchange of 4,096 bytes each way, and what the program that measures copies besides.
      ("copies of each byte that is given back", { ($0.bytesCopied ?? 0) / 4096 }),
    ]
    for (title, value) in counts {
      var line = ["", title]
      for place in placements {
        let names = ["Ring 3", "Ring 0 separate"].flatMap { kind in
          (title.hasPrefix("copies") ? ["4096 bytes"] : ["empty", "64 bytes", "4096 bytes"])
            .map { "placement/\(kind) to \(place), \($0)" }
        }
        line.append(try results.range(names, value))
      }
      table.lines.append(line)
    }
    return table
  }

  private static func systemCalls(_ results: borrowing Results) throws(DocumentTableMistake) -> TextTable {
    var table = TextTable(titles: ["", "budget", "Megha", "MeghaOS in C", "seL4", "Linux 6.1", "xv6"])
    func cost(_ name: String) throws(DocumentTableMistake) -> String { try results.cost("call/\(name)") }
    func line(_ title: String, _ row: String, _ peers: [String] = ["", "", "", ""]) throws(DocumentTableMistake) {
      table.lines.append([title, try results.budget("call/\(row)"), try cost(row)] + peers)
    }
    try line("null call, Ring 3", "null call, Ring 3", ["71", "111", "337", "1,395"])
    try line("null call, Ring 0, separate stack", "null call, Ring 0 separate", ["77", "", "", ""])
    try line("null call, Ring 0, shared stack", "null call, Ring 0 shared")
    try line("null call by `int 0x80`, Ring 3", "null call by int 0x80, Ring 3")
    try line("null call by `int 0x80`, Ring 0", "null call by int 0x80, Ring 0 separate")
    try line("write of 1 byte to the null device", "write of 1 byte to /dev/null, Ring 3")
    try line("call into a linked module, Ring 3", "call into a linked module, Ring 3", ["", "", "752 (`ioctl`)", ""])
    try line("call into a linked module, Ring 0", "call into a linked module, Ring 0 separate")
    return table
  }
}
