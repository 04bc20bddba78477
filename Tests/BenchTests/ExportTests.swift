import Foundation
import Reports
import Testing

@testable import Benchmarks

@Suite struct ExportTests {
  private static let row = BenchmarkRow(
    group: "program", name: "a, \"b\"", samples: 3, minimum: 1, median: 2, p90: 3, maximum: 4, faults: 5)

  @Test func valuesThatHoldSeparatorsAreQuoted() {
    let lines = BenchmarkRow.commaSeparated([Self.row, BenchmarkRow(group: "g", name: "n", reason: "It\nfailed.")])
      .components(separatedBy: "\n")
    #expect(
      lines[0]
        == "group,name,unit,samples,minimum,median,p90,maximum,faults,spaceChanges,flushes,switches,bytesCopied,"
        + "reason")
    #expect(lines[1] == "program,\"a, \"\"b\"\"\",instructions,3,1,2,3,4,5,,,,,")
    #expect(lines[2...].joined(separator: "\n") == "g,n,instructions,,,,,,,,,,,\"It\nfailed.\"\n")
  }

  @Test func whatDiffersIsNamedWithBothNumbers() throws {
    let before = [
      BenchmarkRow(group: "g", name: "same", median: 7), BenchmarkRow(group: "g", name: "slower", median: 1000),
      BenchmarkRow(group: "g", name: "switches", median: 9, switches: 2),
      BenchmarkRow(group: "g", name: "gone", median: 1),
    ]
    let after = [
      BenchmarkRow(group: "g", name: "switches", median: 9, switches: 3),
      BenchmarkRow(group: "g", name: "same", median: 7),
      BenchmarkRow(group: "g", name: "slower", median: 1250), BenchmarkRow(group: "g", name: "new", median: 1),
    ]
    let comparison = Comparison(before, after)
    #expect(comparison.gone == ["g/gone"] && comparison.new == ["g/new"] && comparison.equalCount == 1)
    let lines = comparison.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines[1] == ["g/slower", "1,000", "1,250", "+250", "+25.0%"])
    #expect(lines[2] == ["g/switches", "9", "9", "0", "0.0%", "switches", "2>3"])
    #expect(comparison.text.hasSuffix("2 rows differ, 1 agree in every number"))
    #expect(Comparison(before, before).text == "0 rows differ, 4 agree in every number")
  }

  @Test func rowsAreReadAsTheyWereWritten() throws {
    let data = try BenchmarkResults.encode([Self.row])
    #expect(try Comparison.rows(in: data, file: "f") == [Self.row])
    for (data, words) in [(nil, "f cannot be read."), (Data("{".utf8), "f holds no rows")] {
      let mistake = try #require(throws: ComparisonMistake.self) { try Comparison.rows(in: data, file: "f") }
      #expect(mistake.description.hasPrefix(words))
    }
  }

  @Test func columnsThatNoRowFillsAreLeftOut() {
    let table = BenchmarkRow.table([Self.row], budgets: Budgets([:]))
    #expect(table.titles == ["operation", "minimum", "median", "p90", "maximum", "faults"])
  }
}

/// The tree's own results and pages.
@Suite struct DocumentTableTests {
  private static let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL

  private func rows() throws -> [BenchmarkRow] {
    let data = try Data(contentsOf: Self.root.appending(path: "docs/results/benchmarks.json"))
    return try JSONDecoder().decode([BenchmarkRow].self, from: data)
  }

  private func budgets() throws -> Budgets {
    try Budgets(json: Data(contentsOf: Self.root.appending(path: "bench/budgets.json")))
  }

  @Test(arguments: DocumentTable.all.indices)
  func thePageSaysWhatTheResultsSay(index: Int) throws {
    let table = DocumentTable.all[index]
    let page = try String(contentsOf: Self.root.appending(path: table.document), encoding: .utf8)
    #expect(
      try table.updated(page, rows: rows(), budgets: budgets()) == page,
      "\(table.document): the table \(table.name) is not what docs/results says; run ./megha bench --write")
    // A number that changes in the results changes the page.
    let changed = try rows().map { row in
      BenchmarkRow(group: row.group, name: row.name, median: (row.median ?? 0) + 1_000_000)
    }
    #expect(try table.updated(page, rows: changed, budgets: budgets()) != page)
    #expect(throws: DocumentTableMistake.self) { try table.updated("no place", rows: rows(), budgets: budgets()) }
    #expect(throws: DocumentTableMistake.self) { try table.updated(page, rows: [], budgets: budgets()) }
  }

  @Test(arguments: DocumentValues.documents)
  func sentencesSayWhatTheResultsSay(document: String) throws {
    let page = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
    #expect(page.contains("<!-- cost: "))
    #expect(
      try DocumentValues.updated(page, rows: rows(), budgets: budgets()) == page,
      "\(document): a number in a sentence is not what docs/results says; run ./megha bench --write")
  }

  @Test func numbersInSentencesAreWritten() throws {
    let rows = [("a", 1000), ("b, 1", 5), ("b, 2", 7)].map { BenchmarkRow(group: "g", name: $0.0, median: $0.1) }
    func updated(_ text: String) throws -> String {
      try DocumentValues.updated(text, rows: rows, budgets: Budgets(["g/a": 40]))
    }
    let text =
      "It is <!-- cost: g/a -->9<!-- end --> of <!-- budget: g/a --><!-- end -->, <!-- cost: g/b* -->x<!-- end -->."
    let expected =
      "It is <!-- cost: g/a -->1,000<!-- end --> of <!-- budget: g/a -->40<!-- end -->, <!-- cost: g/b* -->5 to 7<!-- end -->."
    #expect(try updated(text) == expected)
    #expect(try updated(expected) == expected)
    #expect(throws: DocumentTableMistake.self) { try updated("<!-- cost: g/c -->1<!-- end -->") }
    #expect(throws: DocumentTableMistake.self) { try updated("<!-- budget: g/b* -->1<!-- end -->") }
  }

  /// The page of results and all its charts are those of the file of rows.
  @Test func theChartsAreThoseOfTheRows() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "megha-results-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let results = Self.root.appending(path: "docs/results")
    let budgets = try Budgets(json: Data(contentsOf: Self.root.appending(path: "bench/budgets.json")))
    try BenchmarkResults(rows: rows(), budgets: budgets).write(to: folder)
    func names(_ folder: URL) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        .filter { $0.hasSuffix(".svg") || $0.hasPrefix("benchmarks") }
    }
    #expect(try names(folder) == names(results))
    for name in try names(folder) {
      #expect(
        try Data(contentsOf: folder.appending(path: name)) == Data(contentsOf: results.appending(path: name)),
        "docs/results/\(name) is not what benchmarks.json says; run ./megha bench --write")
    }
  }
}
