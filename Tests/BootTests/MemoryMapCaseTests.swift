// The memory maps of real machines, through real Multiboot images.

import Boot
import Foundation
import MeghaBuild
import Primitives
import TestSupport
import Testing

enum RowOrder: CaseIterable { case listed, reversed, shuffled }

enum MachineMap {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Cases/memory-maps")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.sorted()
  }()

  static func table(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  static func rows(_ name: String, _ order: RowOrder) throws -> [MemoryMapRow] {
    let rows = try MemoryMapReport.rows(of: table(name))
    switch order {
    case .listed: return rows
    case .reversed: return rows.reversed()
    case .shuffled:
      var generator = SeededGenerator(seed: 0x4d41_5053)
      return rows.shuffled(using: &generator)
    }
  }
}

@Suite struct MemoryMapCaseTests {
  @Test func thereAreTwelveMachines() { #expect(MachineMap.names.count == 12) }

  @Test(arguments: MachineMap.names, RowOrder.allCases)
  func everyMachineThroughBothProtocols(name: String, order: RowOrder) throws {
    let rows = try MachineMap.rows(name, order)
    for rowSize in [20, 24] {
      let contents = MultibootContents(rows: rows, rowSize: rowSize)
      for image in [contents.multiboot1(), contents.multiboot2()] {
        let parsed = try image.parse { Array($0.memoryMapRows) }
        #expect(parsed == rows)
        if name == "garbage-stride.txt" {
          #expect(throws: MemoryMapError.self) { try MapResult(parsed) }
          continue
        }
        let result = try image.parse { try MapResult($0.memoryMapRows) }
        #expect(result.ranges == modelRanges(rows))
        #expect(!result.ranges.isEmpty)
        expectInvariants(of: result, rows: rows)
      }
    }
  }

  @Test(arguments: MachineMap.names.filter { $0 != "garbage-stride.txt" })
  func whatTheLoaderAndTheKernelOccupyIsNeverHandedOut(name: String) throws {
    let rows = try MachineMap.rows(name, .listed)
    var contents = MultibootContents(rows: rows, commandLine: "quiet", loaderName: "test")
    contents.modules = [([UInt8](repeating: 1, count: 5000), "a"), ([2], "b")]
    let kernel = PhysicalRange(start: PhysicalAddress(0x10_0000), length: 0x6_1234)!
    let high = PhysicalRange(start: PhysicalAddress(0x1_2000_0800), length: 0x900)!
    for image in [contents.multiboot1(), contents.multiboot2()] {
      try image.parse { information in
        var occupied = [kernel, high]
        information.forEachOccupiedRange { occupied.append($0) }
        #expect(occupied.count >= 9)
        let result = try MapResult(information.memoryMapRows, reserving: occupied)
        for range in occupied where !range.isEmpty {
          for usable in result.ranges {
            #expect(!usable.overlaps(range.start.value..<range.end.value))
          }
        }
        let taken = rows + occupied.map { MemoryMapRow(start: $0.start.value, length: $0.length, type: 2) }
        #expect(result.ranges == modelRanges(taken))
      }
    }
  }

  @Test(arguments: RowOrder.allCases)
  func memoryAboveFourGigabytesIsKept(order: RowOrder) throws {
    let desktop = try MapResult(MachineMap.rows("desktop-16gb-unsorted.txt", order))
    #expect(desktop.ranges.contains(0x1_0000_0000..<0x4_2fe0_0000))
    #expect(desktop.ranges.contains(0xc9ff_f000..<0xca00_0000))
    let split = try MapResult(MachineMap.rows("split-at-2gib.txt", order))
    #expect(split.ranges == [0x10_0000..<0x8000_0000, 0x1_0000_0000..<0x2_8000_0000])
  }

  @Test func theOddRowsAreNamed() throws {
    let unknown = try MapResult(MachineMap.rows("unknown-type-20.txt", .listed))
    let unknownRow = MemoryMapRow(start: 0x3ff2_6000, length: 0xd9000, type: 20)
    #expect(unknown.notes == [.unknownType(NumberedRow(number: 5, row: unknownRow))])
    #expect(unknown.ranges == [0x3fff_f000..<0x4000_0000, 0x4800_0000..<0x48e0_0000])
    let empty = try MapResult(MachineMap.rows("zero-length-row.txt", .listed))
    #expect(
      empty.notes.contains(.empty(NumberedRow(number: 4, row: .init(start: 0x2e1e000, length: 0, type: 1)))))
  }
}
