// The symbol table tool: packing against the kernel's own reader, name shortening, and whole images compiled
// and linked here for the 386.

import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import SymbolTables

extension SymbolText {
  fileprivate var string: String {
    var collector = TextCollector()
    write(to: &collector)
    return collector.text
  }
}

/// What the kernel would print for an address: `function + offset file:line`.
private func described(_ address: UInt32, in table: [UInt8], loadBias: UInt32 = 0) throws -> String {
  try table.withUnsafeBytes { bytes in
    let table = try SymbolTable(bytes: bytes, loadBias: loadBias)
    let function = table.function(containing: address).map { "\($0.name.string) + \($0.offset)" } ?? "?"
    let line = table.line(for: address).map { "\($0.file.string):\($0.line)" } ?? "?"
    return "\(function) \(line)"
  }
}

@Suite("Symbol table encoder")
struct SymbolTableEncoderTests {
  @Test func everyLineAndTrapIsFoundAgain() throws {
    var contents = SymbolTableContents()
    // Distances and line changes of one, two and more bytes in the rows' numbers, forward and back.
    let lines: [UInt32] = [1, 64, 63, 128, 10_000, 3, 1_000_000, 2]
    for index in 0..<200 as Range<UInt32> {
      let start = 0xc010_0000 + index * 0x1000
      let rows = lines.enumerated().map { position, line in
        SymbolTableContents.Row(
          address: start + UInt32(position * position * 61), file: "Kernel/F\(index % 7).swift",
          line: line + index)
      }
      contents.functions.append(.init(name: "f\(index)()", address: start, size: 0xff0, rows: rows))
      contents.traps.append(
        .init(
          address: start + 0xf00, reason: "reason \(index % 3)", function: "g\(index)", file: "a.swift",
          line: index))
    }
    let expected = contents
    contents.functions.shuffle()
    contents.traps.reverse()
    let table = contents.encoded()
    #expect(table.count % 4 == 0)
    for function in expected.functions {
      for (index, row) in function.rows.enumerated() {
        let end = index + 1 < function.rows.count ? function.rows[index + 1].address : row.address + 1
        for address in [row.address, end - 1] {
          #expect(
            try described(address, in: table)
              == "\(function.name) + \(address - function.address) \(row.file):\(row.line)")
        }
      }
    }
    try table.withUnsafeBytes { bytes in
      let reader = try SymbolTable(bytes: bytes)
      for trap in expected.traps {
        let found = try #require(reader.trap(at: trap.address))
        #expect(found.reason.string == trap.reason)
        #expect(found.function.string == trap.function)
        #expect(found.location.line == trap.line)
        #expect(reader.trap(at: trap.address + 1) == nil)
      }
    }
  }

  @Test func longNamesAreCutAtACharacter() throws {
    let name = String(repeating: "ü", count: 200)
    let table = SymbolTableContents(functions: [.init(name: name, address: 16, size: 4)]).encoded()
    #expect(try described(17, in: table) == String(repeating: "ü", count: 127) + " + 1 ?")
  }

  @Test func commonTextsAreUnpackedAgain() throws {
    let all = String(describing: CommonTexts.all).split(separator: "|").map(String.init)
    // Some of each: those with short codes, and those with long ones.
    var names = stride(from: 0, to: all.count, by: 20).map { all[$0] }
    names += ["a" + all[3] + "b" + all[100] + all[7], "no such words: \u{1}\u{7f}", ""]
    for name in names {
      let table = SymbolTableContents(functions: [.init(name: name, address: 16, size: 4)]).encoded()
      let expected = String(name.map { $0 < " " || $0 == "\u{7f}" ? "?" : $0 })
      #expect(try described(17, in: table) == expected + " + 1 ?")
    }
  }

  /// With one low bit 0 and 1 take two bits, 2 to 5 four.
  @Test func numbersTakeAsManyBitsAsTheySay() {
    for (number, low, count) in [
      (0, 0, 1), (1, 0, 3), (2, 0, 3), (3, 0, 5), (1, 1, 2), (2, 1, 4), (5, 1, 4), (7, 3, 4),
    ] {
      var writer = BitWriter()
      writer.append(UInt32(number), low: UInt32(low))
      #expect(writer.count == count, "\(number) with \(low) low bits")
    }
  }

  @Test func anEmptyTableIsValid() throws {
    #expect(try described(0, in: SymbolTableContents().encoded()) == "? ?")
  }
}

@Suite("Function names")
struct FunctionNameTests {
  @Test(arguments: [
    ("entry", "entry"),
    ("specialized static Crash.main(_:)", "Crash.main(_:)"),
    ("specialized closure #1 (Int) -> Int32 in static Crash.main()", "closure #1 in Crash.main()"),
    ("closure #2 () -> () in closure #1 in A.b(c:)", "closure #2 in closure #1 in A.b(c:)"),
    ("merged specialized Table.value.getter", "Table.value.getter"),
    ("partial apply forwarder for closure #1 in f()", "closure #1 in f()"),
    ("specialized Log.copy<A, B1>(from:to:)", "Log.copy(from:to:)"),
    ("MutableSpan<>.check(_:)", "MutableSpan.check(_:)"),
    ("Array<Int>.< infix(_:_:)", "Array<Int>.< infix(_:_:)"),
  ])
  func shortened(name: String, expected: String) {
    #expect(FunctionNames.shortened(name) == expected)
  }

  @Test func veryLongNamesEndInDots() {
    let short = FunctionNames.shortened(String(repeating: "x", count: 500))
    #expect(short.count == 96 && short.hasSuffix("x..."))
  }
}

@Suite("Source paths")
struct SourcePathTests {
  @Test(arguments: [
    ("/tree/top/Kernel/A.swift", "Kernel/A.swift"), ("./Kernel/A.swift", "Kernel/A.swift"),
    ("/usr/include/stdint.h", "stdint.h"), ("Machine/entry.S", "Machine/entry.S"), ("", ""),
  ])
  func short(path: String, expected: String) {
    #expect(SourcePaths(root: "/tree/top").short(path) == expected)
  }
}
