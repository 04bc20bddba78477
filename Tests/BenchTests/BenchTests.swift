import Foundation
import Reports
import Testing

@testable import Benchmarks

private enum BudgetFile {
  static let url = URL(fileURLWithPath: #filePath).appending(path: "../../../bench/budgets.json").standardized
}

@Suite struct BenchmarkRowTests {
  static let rows = [
    BenchmarkRow(group: "call", name: "null", samples: 4, minimum: 50, median: 60, p90: 70, maximum: 900),
    BenchmarkRow(
      group: "call", name: "write", samples: 4, minimum: 5, median: 1000, p90: 1000, maximum: 1000),
    BenchmarkRow(group: "message", name: "call", unit: nil, reason: "It is not there."),
  ]

  @Test func rowsAreReadFromTheConsole() throws {
    let console = """
      megha> bench --json
      {"group":"call","name":"null","unit":"instructions","samples":4,"minimum":50,"median":60,"p90":70,"maximum":900}
      {"group":"call","name":"write","unit":"instructions","samples":4,"minimum":5,"median":1000,"p90":1000,\
      "maximum":1000}
      {"group":"message","name":"call","reason":"It is not there."}
      """
    #expect(try BenchmarkRow.rows(in: console) == Self.rows)
    #expect(throws: (any Error).self) { try BenchmarkRow.rows(in: "{\"group\":\"call\"}") }
  }

  @Test func memoryInUseIsWhatFreeSaidFirst() throws {
    func console(archive: Int, inUse: Int) -> String {
      """
      megha> free
      total            65247 pages    260988 KiB
      boot archive       \(archive) pages      1228 KiB
      in use             \(inUse) pages      2052 KiB
      megha> free
      boot archive       1 pages      4 KiB
      in use             700 pages      2800 KiB
      """
    }
    let rows = try #require(BenchmarkRow.memoryInUse(in: console(archive: 307, inUse: 513)))
    #expect(rows.map { $0.fullName } == ["boot/memory in use", "boot/memory in use beside the boot archive"])
    #expect(rows.map { $0.median } == [513 * 4096, 206 * 4096])
    #expect(BenchmarkRow.memoryInUse(in: "in use nothing") == nil)
    #expect(BenchmarkRow.memoryInUse(in: "in use 5 pages 20 KiB") == nil)
    #expect(BenchmarkRow.memoryInUse(in: console(archive: 514, inUse: 513)) == nil)
  }

  /// What the tree's own budgets say of a tree to which somebody added 50 programs of 20 KB.
  @Test func programsThatAreAddedBreakNoBudgetOfMemory() throws {
    let budgets = try Budgets(json: Data(contentsOf: BudgetFile.url))
    func complaints(archive: Int, others: Int) throws -> [String] {
      let console = "boot archive \(archive) pages 0 KiB\nin use \(archive + others) pages 0 KiB\n"
      let rows = try #require(BenchmarkRow.memoryInUse(in: console))
      return budgets.judge(rows).complaints.filter { $0.hasPrefix("boot/memory in use") }
    }
    #expect(try complaints(archive: 304, others: 300).isEmpty)
    #expect(try complaints(archive: 304 + 50 * 5, others: 300).isEmpty)
    // What the kernel itself takes is still limited.
    #expect(try complaints(archive: 304, others: 300 + 40).count == 1)
  }

  @Test func differingRowsAreNamed() {
    #expect(BenchmarkRow.differences(Self.rows, Self.rows).isEmpty)
    #expect(BenchmarkRow.differences(Self.rows, Array(Self.rows.dropLast())) == ["message/call"])
    #expect(BenchmarkRow.differences([], [Self.rows[0]]) == ["call/null"])
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
  func thousandsAreGrouped(number: Int, text: String) { #expect(grouped(number) == text) }

  @Test func theTableIsAligned() {
    let lines = BenchmarkRow.table(Self.rows, budgets: Budgets([:])).text.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(Set(lines.map { $0.count }).count == 1)
    #expect(lines[2].hasPrefix("call/write ") && lines[2].contains("1,000"))
  }
}

@Suite struct BudgetTests {
  @Test func whatIsOverBudgetOrMissingIsNamed() {
    let budgets = Budgets(["call/null": 60, "call/write": 99, "call/read": 10, "message/*": 5])
    #expect(
      budgets.judge(BenchmarkRowTests.rows).complaints == [
        "call/read has a budget, but no such row was measured",
        "call/write takes 1000 instructions; its budget is 99",
        "message/call was not measured: It is not there.",
      ])
  }

  @Test func aRowUnderTwoBudgetsIsReportedOnce() {
    let budgets = Budgets(["call/*": 300, "call/w*": 200])
    #expect(
      budgets.judge(BenchmarkRowTests.rows).complaints == [
        "call/write takes 1000 instructions; its budget is 200"
      ])
  }

  @Test(arguments: [(1000, true), (981, true), (980, false)])
  func whatIsAcceptedMayBeExceededByTwoHundredths(accepted: Int, passes: Bool) {
    let budgets = Budgets([
      "call/*": .init(budget: 200, accepted: 5, reason: "general"),
      "call/write": .init(accepted: accepted, reason: "it copies"),
    ])
    let judgement = budgets.judge(BenchmarkRowTests.rows)
    let sentence = "call/write takes 1000 instructions; its budget is 200"
    let unneeded = "within budget: what is accepted for call/* can be taken out of the budgets"
    if passes {
      #expect(judgement.complaints.isEmpty)
      #expect(judgement.notes == ["over budget, accepted: \(sentence): it copies", unneeded])
    } else {
      #expect(judgement.complaints == ["\(sentence), accepted is \(accepted)"])
      #expect(judgement.notes == [unneeded])
    }
  }

  @Test func theFileHoldsNumbersAndObjects() throws {
    let json = #"{"call/write": {"budget": 200, "accepted": 1000, "reason": "it copies"}, "call/null": 60}"#
    let judgement = try Budgets(json: Data(json.utf8)).judge(BenchmarkRowTests.rows)
    #expect(judgement.complaints.isEmpty && judgement.notes.count == 1)
    for wrong in [#"{"a": {}}"#, #"{"a": {"budget": 1, "accepted": 2}}"#, #"{"a": {"budget": 1, "reason": ""}}"#] {
      #expect(throws: (any Error).self) { try Budgets(json: Data(wrong.utf8)) }
    }
  }

  /// Every row of the tree's results, at the most that passes for it, passes; with any one budget lowered it does not.
  @Test func eachBudgetThatIsLoweredIsNoticed() throws {
    func data(_ path: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: #filePath).appending(path: "../../../\(path)").standardizedFileURL)
    }
    let entries = try JSONDecoder().decode([String: Budgets.Entry].self, from: data("bench/budgets.json"))
    let budgets = Budgets(entries)
    let rows = try JSONDecoder().decode([BenchmarkRow].self, from: data("docs/results/benchmarks.json")).map { row in
      BenchmarkRow(group: row.group, name: row.name, median: budgets.highestCost(of: row) ?? row.median)
    }
    #expect(budgets.judge(rows).complaints.isEmpty)
    for (name, entry) in entries {
      let lowered = Budgets.Entry(
        budget: entry.budget.map { _ in 1 }, accepted: entry.accepted.map { _ in 1 }, reason: entry.reason)
      let own = rows.filter { Budgets.matches($0.fullName, pattern: name) }
      let others = entries.filter { other in own.contains { Budgets.matches($0.fullName, pattern: other.key) } }
      var changed = others
      changed[name] = lowered
      #expect(Budgets(others).judge(own) != Budgets(changed).judge(own), "\(name) lowered to 1 is not noticed")
    }
  }

  /// Every budget that is met, lowered to one less than the cost, is a complaint that names the row and both numbers.
  @Test func aBudgetOneTooLowNamesTheRow() {
    for row in BenchmarkRowTests.rows {
      guard let median = row.median else { continue }
      #expect(Budgets([row.fullName: .init(budget: median)]).judge([row]).complaints.isEmpty)
      #expect(
        Budgets([row.fullName: .init(budget: median - 1)]).judge([row]).complaints == [
          "\(row.fullName) takes \(median) instructions; its budget is \(median - 1)"
        ])
    }
  }

  @Test func aGroupIsJudgedByItsOwnBudgets() {
    let budgets = Budgets(["call/null": 60, "boot/start": 1])
    #expect(budgets.limited(to: "call").judge([BenchmarkRowTests.rows[0]]).complaints.isEmpty)
    #expect(budgets.limited(to: nil).judge([BenchmarkRowTests.rows[0]]).complaints.count == 1)
  }

  @Test func theSmallestLimitHolds() {
    let budgets = Budgets(["call/*": 100, "call/null": 60])
    #expect(budgets.limit(of: BenchmarkRowTests.rows[0]) == 60)
    #expect(budgets.limit(of: BenchmarkRowTests.rows[1]) == 100)
    #expect(budgets.limit(of: BenchmarkRowTests.rows[2]) == nil)
  }

  @Test(arguments: [
    ("null, Ring 3", true), ("null call by int, Ring 3", true), ("null", false), ("a null, Ring 3", false),
  ])
  func starsStandForAnyText(name: String, matches: Bool) {
    let row = BenchmarkRow(group: "call", name: name, median: 2)
    #expect((Budgets(["call/null*, *": 1]).limit(of: row) == 1) == matches)
  }
}

@Suite struct TimeTests {
  private func rows(_ null: Int?, _ write: Int?, bytes: Int = 1) -> [BenchmarkRow] {
    [
      BenchmarkRow(group: "call", name: "null call, Ring 3", median: null),
      BenchmarkRow(group: "call", name: "write", median: write),
      BenchmarkRow(group: "boot", name: "memory in use", unit: "bytes", median: bytes),
    ]
  }

  @Test func timesAreComparedWithTheNullCallOfTheSameRun() throws {
    let runs = [rows(100, 400), rows(200, 2000), rows(50, 100)]
    let ratios = try #require(TimeRatios(instructions: rows(30, 60), runs: runs))
    #expect(
      ratios.rows == [
        .init(name: "call/null call, Ring 3", instructions: 1, times: [1, 1, 1]),
        .init(name: "call/write", instructions: 2, times: [2, 4, 10]),
      ])
    #expect(
      ratios.table.lines == [
        ["call/null call, Ring 3", "1.00", "1.00", "1.00", "1.00"], ["call/write", "2.00", "4.00", "2.00", "10.0"],
      ])
  }

  @Test func whatIsNotMeasuredEverywhereIsLeftOut() throws {
    let ratios = try #require(TimeRatios(instructions: rows(30, 60), runs: [rows(10, 20), rows(10, nil)]))
    #expect(ratios.rows.map { $0.name } == ["call/null call, Ring 3"])
    #expect(TimeRatios(instructions: rows(30, 60), runs: [rows(10, 20), rows(nil, 20)]) == nil)
    #expect(TimeRatios(instructions: rows(30, 60), runs: []) == nil)
  }

  @Test(arguments: [
    (0.034, "0.03"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (1234.5, "1,235"),
  ])
  func ratiosHaveThreeDigits(ratio: Double, text: String) { #expect(TimeRatios.text(ratio) == text) }
}

@Suite struct ResultTests {
  @Test func aDeviationOfLinuxIsNamed() {
    #expect(Peer.deviations(linux: ["null": 335, "yield": 5000]).isEmpty)
    #expect(
      Peer.deviations(linux: ["null": 400]) == ["null system call, Ring 3: Linux takes 400, quoted is 337"])
  }

  @Test func everythingIsWritten() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "megha-results-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try BenchmarkResults(rows: BenchmarkRowTests.rows, budgets: Budgets([:])).write(to: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["benchmarks.json", "benchmarks.md", "call.svg"])
  }
}
