// Pages of an area against a model: rows never touch, and what is taken back can be placed again.

import TestSupport
import Testing

@testable import Memory

@Suite struct PageOwnersTests {
  private static func make(_ count: Int) -> (PageOwners, UnsafeMutablePointer<UInt8>) {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    table.initialize(repeating: 0, count: count)
    return (PageOwners(table: table, count: count), table)
  }

  @Test func refusesWhatHasNoRoom() {
    var (owners, table) = Self.make(8)
    defer { table.deallocate() }
    #expect(owners.place(0, for: 1) == nil)
    #expect(owners.place(7, for: 1) == nil)
    #expect(owners.place(.max, for: 1) == nil)
    #expect(owners.place(6, for: 1) == 1)
    #expect(owners.place(1, for: 2) == nil)
    #expect(owners[0] == 0 && owners[1] == 1 && owners[6] == 1 && owners[7] == 0)
    #expect(owners[-1] == 0 && owners[8] == 0)
    #expect(
      owners.next(of: 1, from: 0) == 1 && owners.next(of: 1, from: 7) == nil && owners.next(of: 1, from: 99) == nil)
  }

  @Test func rowsNeverTouch() {
    var random = SeededGenerator(seed: 35)
    var (owners, table) = Self.make(64)
    defer { table.deallocate() }
    var rows: [(first: Int, length: Int, owner: UInt8)] = []
    for _ in 0..<20_000 {
      if Bool.random(using: &random), let index = rows.indices.randomElement(using: &random) {
        let row = rows.remove(at: index)
        for page in row.first..<row.first + row.length {
          #expect(owners[page] == row.owner)
          owners.clear(page)
        }
      } else {
        let (length, owner) = (Int.random(in: 1...9, using: &random), UInt8.random(in: 1...3, using: &random))
        if let first = owners.place(length, for: owner) { rows.append((first, length, owner)) }
      }
      rows.sort { $0.first < $1.first }
      var last = 0
      for row in rows {
        #expect(row.first > last, "a page that nobody has lies before each row")
        last = row.first + row.length
      }
      #expect(last < 64)
      #expect((0..<64).count { owners[$0] != 0 } == rows.reduce(0) { $0 + $1.length })
    }
  }
}
