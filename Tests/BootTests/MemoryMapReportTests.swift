// The report of `megha memory-map`.

import Boot
import Foundation
import MeghaBuild
import Testing

private struct Report: Decodable {
  struct Range: Decodable, Equatable {
    var start: UInt64
    var length: UInt64
  }
  var usable: [Range]
  var notes: [String]

  init(_ table: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(MemoryMapReport.json(forTable: table).utf8))
  }
}

@Suite struct MemoryMapReportTests {
  @Test(arguments: MachineMap.names.filter { $0 != "garbage-stride.txt" })
  func everyMachine(name: String) throws {
    let report = try Report(MachineMap.table(name))
    let expected = modelRanges(try MachineMap.rows(name, .listed))
    #expect(report.usable == expected.map { .init(start: $0.lowerBound, length: UInt64($0.count)) })
  }

  @Test func aRefusedMapIsOneSentence() throws {
    let table = try MachineMap.table("garbage-stride.txt")
    let error = #expect(throws: MemoryMapReportError.self) { try MemoryMapReport.json(forTable: table) }
    #expect(
      error?.description.hasPrefix("The memory map cannot be believed: row 1 (start 0xffffff44") == true)
  }

  @Test func exactText() throws {
    let json = try MemoryMapReport.json(forTable: "# RAM\n1048576 0x2000 1 # two pages\r\n\n0x300000 0 1\n")
    #expect(
      json == #"{"usable":[{"start":1048576,"length":8192}],"notes":["#
        + #""row 2 (start 0x00300000, length 0x00000000, type 1) has no length and is left out"]}"#)
  }

  @Test(arguments: [
    ("1 2", "Line 1 has 2 fields where a row has three: start, length, type."),
    ("\n0 1 1\n1 2 3 4", "Line 3 has 4 fields where a row has three: start, length, type."),
    ("zero 2 1", "Line 1: the start \"zero\" is not a number of 64 bits."),
    ("0 0x 1", "Line 1: the length \"0x\" is not a number of 64 bits."),
    ("0 -1 1", "Line 1: the length \"-1\" is not a number of 64 bits."),
    ("0 0x10000000000000000 1", "Line 1: the length \"0x10000000000000000\" is not a number of 64 bits."),
    ("0 1 0x100000000", "Line 1: the type \"0x100000000\" is not a number of 32 bits."),
    ("0 1 +1", "Line 1: the type \"+1\" is not a number of 32 bits."),
    ("# nothing", "The memory map has no rows."), ("", "The memory map has no rows."),
  ])
  func badTables(table: String, sentence: String) {
    #expect(throws: MemoryMapReportError(description: sentence)) { try MemoryMapReport.json(forTable: table) }
  }
}
