import Primitives
import TestSupport
import Testing

@Suite struct TextOutputTests {
  @Test(arguments: [UInt64(41), 42])
  func numbersReadAsSwiftWritesThem(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<5000 {
      // Of all lengths, and around powers of ten and of two.
      let edge = [10 as UInt64, 16, 65_536, 0xffff_ffff, 10_000_000_000_000_000_000].randomElement(using: &random)!
      let value =
        round % 3 == 0
        ? edge &+ UInt64.random(in: 0...4, using: &random) &- 2
        : UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63, using: &random)
      let width = Int.random(in: 0...22, using: &random)
      let digits = Int.random(in: 0...16, using: &random)
      var output = TextCollector()
      output.write(decimal: value, width: width)
      output.write(hexadecimal: value, digits: digits)
      let (ten, sixteen) = (String(value), String(value, radix: 16))
      let expected =
        String(repeating: " ", count: max(0, width - ten.count)) + ten + "0x"
        + String(repeating: "0", count: max(0, digits - sixteen.count)) + sixteen
      #expect(output.text == expected, "seed \(seed)")
    }
  }

  @Test(arguments: [(0, "0"), (7, "7"), (10, "10"), (18_446_744_073_709_551_615, "18446744073709551615")])
  func decimal(value: UInt64, expected: String) {
    var output = TextCollector()
    output.write(decimal: value)
    #expect(output.text == expected)
  }

  @Test func paddingAndSign() {
    var output = TextCollector()
    output.write(decimal: UInt64(42), width: 5)
    output.write(decimal: -7)
    output.write(hexadecimal: UInt32(0xbeef))
    output.write(hexadecimal: UInt64(0x1_0000_0000), digits: 1)
    #expect(output.text == "   42-70x0000beef0x100000000")
  }
}

@Suite struct AddressTests {
  @Test func rangesThatWrapAreRefused() {
    #expect(VirtualRange(start: 0xffff_f000, length: 0x1000)?.end == 0x1_0000_0000)
    #expect(VirtualRange(start: 0xffff_f000, length: 0x1001) == nil)
    #expect(VirtualAddress(0xffff_ffff).advanced(by: 1) == nil)
    #expect(pagesNeeded(0) == 0)
    #expect(pagesNeeded(1) == 1)
    #expect(pagesNeeded(0xffff_ffff) == 0x10_0000)
  }
}
