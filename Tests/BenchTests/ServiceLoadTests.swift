import Foundation
import Testing

@testable import Benchmarks

@Suite struct ServiceLoadTests {
  @Test func requestsAreReadAndWrittenForTheGuest() throws {
    let load = try ServiceLoad(
      """
      # What is asked.
      add: 0 1 4294967295  # a comment
      before: 2

      long list: 1 data=64 reply=65536 7
      """, file: "load")
    #expect(load.words == [":2::0:0", "add:0:1,4294967295:0:0", "long list:1:7:64:65536"])
  }

  @Test(arguments: [
    ("", "has no request that could be measured."), ("before: 1", "has no request that could be measured."),
    ("add 1", "load, line 1: a request is NAME: OPERATION"), ("add:", "followed by the number of the operation"),
    ("a;b: 1", "\"a;b\" is no name"), (": 1", "\"\" is no name"), ("add: 1 -1", "\"-1\" is no number"),
    ("add: 1 4294967296", "is no number"), ("add: 1 data=65537", "is no number"), ("add: 1 size=1", "is no number"),
    ("\nadd: 1 1 2 3 4 5 6 7", "load, line 2: a request has six words"),
    ("add: 1\nadd: 2", "load, line 2: there is a request add already"),
  ])
  func mistakesAreNamedWithTheirLine(text: String, words: String) throws {
    let mistake = try #require(throws: ServiceLoadMistake.self) { try ServiceLoad(text, file: "load") }
    #expect(mistake.description.contains(words))
  }

  /// The tree's own, and what `megha new service` writes.
  @Test func theTreesOwnLoadIsRead() throws {
    let file = URL(fileURLWithPath: #filePath).appending(path: "../../../Services/Echo/load").standardizedFileURL
    #expect(try ServiceLoad(String(contentsOf: file, encoding: .utf8), file: "load").words.count == 4)
  }

  @Test func rowsAreToldFromWhatTheProgramPrints() throws {
    let console = """
      {"group":"call","name":"a trap"}
      text without an endm7 {"group":"","name":"another"}
      measured {
      m7 {"group":"","name":"Ring 3","unit":"instructions","samples":2,"minimum":1,"median":2,"p90":3,"maximum":4,\
      "faults":5,"spaceChanges":6,"switches":7}
      m7 {"group":"","name":"Ring 0 shared","reason":"It exited with status 1."}
      """
    let rows = try BenchmarkRow.measured(in: console, tag: "m7", group: "program") { "own, \($0)" }
    #expect(
      rows == [
        BenchmarkRow(
          group: "program", name: "own, Ring 3", samples: 2, minimum: 1, median: 2, p90: 3, maximum: 4, spaceChanges: 6,
          switches: 7, faults: 5),
        BenchmarkRow(group: "program", name: "own, Ring 0 shared", unit: nil, reason: "It exited with status 1."),
      ])
    #expect(throws: (any Error).self) {
      try BenchmarkRow.measured(in: "m7 {\"name\"", tag: "m7", group: "program") { $0 }
    }
  }
}
