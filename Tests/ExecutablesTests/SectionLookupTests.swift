import Executables
import TestSupport
import Testing

/// The section of this name in the file `bytes`.
func section(_ name: StaticString, in bytes: [UInt8]) -> SectionLocation? {
  findSection(named: name, in: bytes.span)
}

@Suite struct SectionLookupTests {
  /// A good program with a symbol section of 5 bytes behind it.
  static func file() -> ElfFile {
    var file = ElfFile.program()
    let names = Array("\0.text\0.megha.symbols\0".utf8)
    let namesOffset = UInt32(file.bytes.count)
    file.bytes += names
    let dataOffset = UInt32(file.bytes.count)
    file.bytes += [9, 8, 7, 6, 5]
    let table = file.bytes.count
    file.bytes += [UInt8](repeating: 0, count: 120)
    for (index, section) in [(1, 3, namesOffset, UInt32(names.count)), (7, 1, dataOffset, 5)].enumerated() {
      let header = table + 40 * (index + 1)
      file.poke32(header, UInt32(section.0))
      file.poke32(header + 4, UInt32(section.1))
      file.poke32(header + 16, section.2)
      file.poke32(header + 20, section.3)
    }
    file.poke32(32, UInt32(table))
    file.poke16(46, 40)
    file.poke16(48, 3)
    file.poke16(50, 1)
    return file
  }

  @Test func aSectionIsFoundByItsWholeName() throws {
    let file = Self.file()
    let found = try #require(section(".megha.symbols", in: file.bytes))
    #expect(Array(file.bytes[Int(found.offset)..<Int(found.offset + found.size)]) == [9, 8, 7, 6, 5])
    #expect(section(".megha.symbol", in: file.bytes) == nil)
    #expect(section(".megha.symbols2", in: file.bytes) == nil)
    #expect(section("megha.symbols", in: file.bytes) == nil)
  }

  @Test func aFileWithoutSectionsHasNone() {
    #expect(section(".megha.symbols", in: ElfFile.program().bytes) == nil)
    #expect(section(".megha.symbols", in: []) == nil)
  }

  @Test(arguments: [(32, 0xffff_fff0), (46, 0), (46, 48), (48, 0), (50, 0xffff), (50, 2)] as [(Int, UInt32)])
  func garbageInTheHeaderMeansNoSection(offset: Int, value: UInt32) {
    var file = Self.file()
    if offset == 32 { file.poke32(offset, value) } else { file.poke16(offset, UInt16(value)) }
    #expect(section(".megha.symbols", in: file.bytes) == nil)
  }

  @Test func garbageAnywhereNeverGivesAPlaceOutsideTheFile() {
    var generator = SeededGenerator(seed: 28)
    let good = Self.file()
    for _ in 0..<20_000 {
      var file = good
      for _ in 0..<2 {
        let table = good.bytes.count - 120
        let offset =
          Bool.random(using: &generator)
          ? Int.random(in: table..<table + 117, using: &generator)
          : 32 + 4 * Int.random(in: 0...4, using: &generator)
        let shift = UInt32.random(in: 0...31, using: &generator)
        file.poke32(offset, UInt32.random(in: 0...UInt32.max, using: &generator) >> shift)
      }
      if let found = section(".megha.symbols", in: file.bytes) {
        #expect(UInt64(found.offset) + UInt64(found.size) <= UInt64(file.bytes.count))
      }
    }
  }
}
