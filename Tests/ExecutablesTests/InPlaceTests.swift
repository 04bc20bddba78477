// Which segments may be mapped where their file lies, instead of being copied.

import Executables
import Testing

@Suite struct InPlaceTests {
  /// Code at 0x400100 from byte 0x100 of the file on, constants a page further, variables.
  private func file(
    codeSize: Int = 0x1f00, codeMemory: UInt32? = nil, codeOffset: UInt32 = 0x100, constants: UInt32 = 0x40_3000
  ) -> ElfFile {
    ElfFile(
      entry: 0x40_0100,
      segments: [
        .init(
          address: 0x40_0100, flags: 5, contents: [UInt8](repeating: 0x90, count: codeSize),
          memorySize: codeMemory ?? UInt32(codeSize), fileOffset: codeOffset),
        .init(
          address: constants, flags: 4, contents: [UInt8](repeating: 1, count: 64), memorySize: 64,
          fileOffset: 0x3000 + constants % 4096),
        .init(
          address: 0x40_6080, flags: 6, contents: [UInt8](repeating: 2, count: 16), memorySize: 16,
          fileOffset: 0x4080),
      ])
  }

  private func inPlace(_ file: ElfFile, at address: UInt32 = 0xc030_0000) throws -> [Bool] {
    let table = try load(file).table
    return (0..<table.count).map { table.canLieInPlace($0, fileAddress: address) }
  }

  @Test func codeAndConstantsDoVariablesDoNot() throws {
    #expect(try inPlace(file()) == [true, true, false])
  }

  @Test func theFileMustBeginOnAPage() throws {
    #expect(try inPlace(file(), at: 0xc030_0800) == [false, false, false])
  }

  @Test func aSegmentMustHaveTheSamePlaceInItsPage() throws {
    #expect(try inPlace(file(codeOffset: 0x104)) == [false, true, false])
  }

  /// What the file does not hold is zero in memory, and something else behind the bytes in the file.
  @Test func aSegmentMustBeInTheFileWhole() throws {
    #expect(try inPlace(file(codeMemory: 0x1f04)) == [false, true, false])
  }

  /// The bytes of the other segment would have to be written to the page.
  @Test func noOtherSegmentMayHaveAPartInThePages() throws {
    #expect(try inPlace(file(codeSize: 0x1f00, constants: 0x40_2000)) == [true, true, false])
    #expect(try inPlace(file(codeSize: 0x1f04, constants: 0x40_2800)) == [false, false, false])
  }
}
