// The reader against a table written out by hand from the description of the format, and against damage.

import Diagnostics
import Primitives
import TestSupport
import Testing

extension SymbolText {
  var string: String {
    var collector = TextCollector()
    write(to: &collector)
    return collector.text
  }
}

/// A small table: two functions with a gap between them, three lines, one trap.
enum SampleTable {
  static let strings: [(offset: UInt32, text: String)] = [
    (0, ""), (1, "first()"), (9, "second()"), (18, "Kernel/A.swift"), (33, "Kernel/B.swift"),
    (48, "arithmetic overflow"),
  ]

  static var bytes: [UInt8] {
    let strings = strings.flatMap { [UInt8($0.text.utf8.count)] + Array($0.text.utf8) }
    // first(): file 0 line 10 at +0, line 12 at +4; second(): file 1 line 200 at +16, line 8 at +20.
    let rows: [UInt8] = [0, 10, 8, 2, 33, 1, 0xc8, 1, 8, 0xc0, 0x7e]
    let records: [UInt32] = [
      0x1000, 0x20, 1, 0, 0x1040, 0x100, 9, 4,
      0x1010, 48, 1, 18, 12,
      18, 33,
    ]
    let size = 48 + records.count * 4 + rows.count + strings.count
    let header: [UInt32] = [
      0x5953_474d, 1, UInt32(size), 2, 1, 2, UInt32(rows.count), UInt32(strings.count), 0x1000, 0x1140, 0, 0,
    ]
    let words = (header + records).flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 255) } }
    return words + rows + strings
  }
}

@Suite("Symbol table reader")
struct SymbolTableTests {
  /// Runs `body` on a table over `bytes`, or returns what was wrong with them.
  private func withTable(
    _ bytes: [UInt8], loadBias: UInt32 = 0, _ body: (SymbolTable) -> Void
  ) -> SymbolTableError? {
    bytes.withUnsafeBytes { buffer in
      do throws(SymbolTableError) {
        body(try SymbolTable(bytes: buffer, loadBias: loadBias))
        return nil
      } catch { return error }
    }
  }

  @Test(
    arguments: [
      (0x0fff, nil), (0x1000, "first()+0"), (0x101f, "first()+31"), (0x1020, nil), (0x103f, nil),
      (0x1040, "second()+0"), (0x113f, "second()+255"), (0x1140, nil), (0xffff_ffff, nil), (0, nil),
    ] as [(UInt32, String?)])
  func functions(address: UInt32, expected: String?) {
    let error = withTable(SampleTable.bytes) { table in
      let function = table.function(containing: address)
      #expect(function.map { "\($0.name.string)+\($0.offset)" } == expected)
      #expect(function == nil || function!.start + function!.offset == address)
    }
    #expect(error == nil)
  }

  @Test(
    arguments: [
      (0x1000, "Kernel/A.swift:10"), (0x1003, "Kernel/A.swift:10"), (0x1004, "Kernel/A.swift:12"),
      (0x101f, "Kernel/A.swift:12"), (0x1020, nil), (0x1040, nil), (0x104f, nil),
      (0x1050, "Kernel/B.swift:200"), (0x1054, "Kernel/B.swift:8"), (0x113f, "Kernel/B.swift:8"),
    ] as [(UInt32, String?)])
  func lines(address: UInt32, expected: String?) {
    let error = withTable(SampleTable.bytes) { table in
      #expect(table.line(for: address).map { "\($0.file.string):\($0.line)" } == expected)
    }
    #expect(error == nil)
  }

  @Test func trapsAndLoadBias() {
    let error = withTable(SampleTable.bytes, loadBias: 0xf000_0000) { table in
      let trap = table.trap(at: 0xf000_1010)
      #expect(trap?.reason.string == "arithmetic overflow")
      #expect(trap?.function.string == "first()")
      #expect(trap?.location.file.string == "Kernel/A.swift")
      #expect(trap?.location.line == 12)
      #expect(table.trap(at: 0xf000_1011) == nil)
      #expect(table.trap(at: 0x1010) == nil)
      #expect(table.function(containing: 0xf000_1041)?.start == 0xf000_1040)
      #expect(table.covers(0xf000_1000) && !table.covers(0x1000) && !table.covers(0xf000_1140))
      #expect(table.size == UInt32(SampleTable.bytes.count))
      #expect(table.counts == (2, 1, 2))
    }
    #expect(error == nil)
  }

  @Test func damagedHeadersAreRefusedWithASentence() {
    func refusal(_ bytes: [UInt8]) -> String {
      var collector = TextCollector()
      withTable(bytes) { _ in }?.describe(to: &collector)
      return collector.text
    }
    let good = SampleTable.bytes
    func with(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[index] = value
      return bytes
    }
    #expect(refusal([]) == "the symbol table has 0 bytes, fewer than its header of 48")
    #expect(refusal(with(0, 0)) == "the symbol table starts with 0x59534700 instead of 0x5953474d")
    #expect(refusal(with(4, 9)) == "the symbol table has version 9; this reader knows version 1")
    let size = good.count
    #expect(refusal(Array(good.dropLast())).contains("take \(size) bytes, but there are \(size - 1)"))
    #expect(refusal(with(12, 3)).contains("take \(size + 16) bytes, but there are \(size)"))
    // Counts whose product passes 32 bits must not come out as a small sum.
    #expect(refusal(with(15, 0x10)).hasSuffix("but there are \(size)"))
    #expect(refusal(good).isEmpty)
  }

  @Test func extraBytesBehindTheTableAreLeftAlone() {
    let error = withTable(SampleTable.bytes + [1, 2, 3]) { #expect($0.trap(at: 0x1010) != nil) }
    #expect(error == nil)
  }

  /// Whatever the bytes are, looking anything up comes back.
  @Test func randomDamageNeverTraps() {
    let seed: UInt64 = 20_260_101
    var generator = SeededGenerator(seed: seed)
    let good = SampleTable.bytes
    var accepted = 0
    var read = 0
    for _ in 0..<100_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        // The header mostly stays whole, or nothing behind it would ever be reached.
        let first = Int.random(in: 0..<8, using: &generator) == 0 ? 0 : 48
        bytes[Int.random(in: first..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let address =
        Bool.random(using: &generator)
        ? UInt32.random(in: 0xff0...0x1150, using: &generator)
        : UInt32.random(in: 0...UInt32.max, using: &generator)
      _ = withTable(bytes) { table in
        accepted += 1
        read += table.function(containing: address)?.name.count ?? 0
        read += table.line(for: address)?.file.count ?? 0
        read += table.trap(at: address)?.reason.count ?? 0
        read += table.trap(at: 0x1010)?.function.count ?? 0
      }
    }
    #expect(accepted > 50_000, "seed \(seed)")
    #expect(read > 100_000, "seed \(seed)")
  }
}
