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

/// A small table: two functions with a gap between them, five lines, three traps.
enum SampleTable {
  /// Two files, a reason, and names. The last one begins with the first common text and the one after the 255 that a first
  /// long byte stands for, and ends in bytes that mean themselves.
  static let strings: [[UInt8]] = [
    Array("Kernel/A.swift".utf8), Array("Kernel/B.swift".utf8), Array("arithmetic overflow".utf8),
    Array("first()".utf8), Array("second()".utf8), [0x80, 0xc1, 1] + Array("third".utf8) + [1, 0xc3, 1, 0xbc],
  ]
  static var thirdName: String { common(0) + common(64 + 255) + "thirdü" }

  static func common(_ number: UInt32) -> String {
    var collector = TextCollector()
    CommonTexts.write(number, to: &collector)
    return collector.text
  }

  static let functions = [
    // At 0 from the lowest address, 32 bytes, string 3, 27 bits of rows.
    "1", "1100000", "0", "1000011", "111011",
    // 32 bytes behind it, 256 bytes, the next string, 54 bits of rows.
    "00000100001", "00101000000", "1", "01010110",
  ]
  static let traps = [
    // At 16 from the lowest address: reason 0, in the function and at the line that are known.
    "0010100", "10", "1", "1",
    // 64 behind it: reason 0, in string 5, at file 1 (counted from 1: 2), line 77.
    "00001000100", "10", "0", "1000101", "0", "1010", "010001101",
    // 8 behind it: reason 0, in string 5, at no known place.
    "01100", "10", "0", "1000101", "0", "1000",
  ]
  static let rows = [
    // +0: a new file, 0, line 10. +4: the same one, two lines on.
    "1000", "1", "10000", "101010", "1100", "1", "0", "10100",
    // +16: a new file, 1, line 200. +4: a new one, 0, line 8. +8: the other one, its line. +0: the same one, a line on.
    "011000", "1", "10001", "0011101000", "1100", "01", "10000", "101000", "010000", "01", "1", "1000", "1", "1",
  ]

  private static func packed(_ bits: [String]) -> [UInt8] {
    var bits = Array(bits.joined())
    while bits.count % 8 != 0 { bits.append("0") }
    return stride(from: 0, to: bits.count, by: 8).map { UInt8(String(bits[$0..<($0 + 8)]), radix: 2)! }
  }

  static var bytes: [UInt8] {
    let texts = strings.map { $0 + [0 as UInt8] }.reduce([], +)
    let parts: [[UInt8]] = [packed(functions), packed(traps), packed(rows), texts]
    var words: [UInt32] = [0x5953_474d, 2, CommonTexts.identity, 2, 3, 2]
    words += parts.map { UInt32($0.count) }
    words += [0x1000, 0x1140]
    let header = words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
    return parts.reduce(header, +)
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
      (0x1040, "second()+0"), (0x113f, "second()+255"), (0x1140, nil),
      (0xffff_ffff, nil), (0, nil),
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
      (0x1050, "Kernel/B.swift:200"), (0x1054, "Kernel/A.swift:8"), (0x105c, "Kernel/B.swift:201"),
      (0x113f, "Kernel/B.swift:201"),
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
      let second = table.trap(at: 0xf000_1050)
      #expect(second?.reason.string == "arithmetic overflow")
      #expect(second?.function.string == SampleTable.thirdName)
      #expect(second.map { "\($0.location.file.string):\($0.location.line)" } == "Kernel/B.swift:77")
      let third = table.trap(at: 0xf000_1058)
      #expect(third?.function.string == SampleTable.thirdName)
      #expect(third?.location.file.isEmpty == true && third?.location.line == 0)
      #expect(table.trap(at: 0xf000_1011) == nil)
      #expect(table.trap(at: 0x1010) == nil)
      #expect(table.function(containing: 0xf000_1041)?.start == 0xf000_1040)
      #expect(table.covers(0xf000_1000) && !table.covers(0x1000) && !table.covers(0xf000_1140))
      #expect(table.size == UInt32(SampleTable.bytes.count))
      #expect(table.counts == (2, 3, 2))
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
    #expect(refusal(with(4, 9)) == "the symbol table has version 9; this reader knows version 2")
    #expect(refusal(with(8, ~good[8])).hasPrefix("the symbol table was made with common texts 0x"))
    let size = good.count
    #expect(refusal(Array(good.dropLast())).contains("take \(size) bytes, but there are \(size - 1)"))
    // Sizes whose sum passes 32 bits must not come out as a small one.
    #expect(refusal(with(27, 0xff)).hasSuffix("but there are \(size)"))
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
        read += table.function(containing: address)?.name.string.utf8.count ?? 0
        read += table.line(for: address)?.file.string.utf8.count ?? 0
        read += table.trap(at: address)?.reason.string.utf8.count ?? 0
        read += table.trap(at: 0x1010)?.function.string.utf8.count ?? 0
      }
    }
    #expect(accepted > 50_000, "seed \(seed)")
    #expect(read > 100_000, "seed \(seed)")
  }

  /// The list is part of the format: who changes it says so by its identity.
  @Test func theCommonTextsAreThoseTheIdentityStandsFor() {
    let bytes = Array(String(describing: CommonTexts.all).utf8)
    let hash = bytes.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    #expect(hash == CommonTexts.identity, "0x\(String(hash, radix: 16))")
    let texts = String(describing: CommonTexts.all).split(separator: "|")
    #expect(texts.count == Int(CommonTexts.count) && Set(texts).count == texts.count)
    #expect(texts.count <= 64 + 64 * 255)
    #expect(SampleTable.common(0) == texts[0] && SampleTable.common(CommonTexts.count - 1) == texts.last!)
    #expect(SampleTable.common(CommonTexts.count).isEmpty)
  }
}
