import Primitives
import TestSupport
import Testing

@Suite struct TextOutputTests {
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
