import Executables
import Primitives
import TestSupport
import Testing

/// What the loader says of `file`: its plan or its error.
func load(_ file: ElfFile) throws(ElfError) -> ProgramPlan {
  try ProgramPlan(file: file.bytes.span)
}

/// The error for `file` as text, or nil where it is accepted.
func refusal(_ file: ElfFile) -> (error: ElfError, text: String)? {
  do {
    _ = try load(file)
    return nil
  } catch {
    var text = TextCollector()
    error.describe(to: &text)
    return (error, text.text)
  }
}

/// A field of a good program changed in one way, and the rule that must catch it.
struct Poke: CustomTestStringConvertible, Sendable {
  var name: String
  var rule: ElfError.Rule
  var words: String
  var change: @Sendable (inout ElfFile) -> Void

  init(
    _ name: String, _ rule: ElfError.Rule, _ words: String,
    _ change: @escaping @Sendable (inout ElfFile) -> Void
  ) {
    self.name = name
    self.rule = rule
    self.words = words
    self.change = change
  }

  var testDescription: String { name }
}

@Suite struct ProgramCaseTests {
  @Test func aGoodProgramGivesAPlan() throws {
    let plan = try load(.program())
    #expect(plan.entry == 0x40_0010)
    #expect(plan.pageCount == 4)
    #expect(plan.table.count == 2)
    let code = plan.table[0]
    #expect(code.pages == VirtualRange(start: 0x40_0000, length: 0x1000))
    #expect(code.permissions == [.readable, .executable])
    #expect(code.purpose == .code)
    #expect(code.fileOffset == 0x200 && code.fileSize == 256)
    let data = plan.table[1]
    #expect(data.pages == VirtualRange(start: 0x40_1000, length: 0x3000))
    #expect(data.permissions == [.readable, .writable])
    #expect(data.purpose == .data)
    #expect(data.memorySize == 0x2345 && data.fileSize == 128)
  }

  static let cuts = [0, 1, 3, 16, 20, 51]

  @Test("A1: a file cut short of its header is refused", arguments: cuts) func cutShort(count: Int) throws {
    var file = ElfFile.program()
    file.bytes.removeLast(file.bytes.count - count)
    let found = try #require(refusal(file))
    #expect(found.error.rule == .fileTooShort)
    #expect(found.text.contains("the file's size is \(count), must be at least 52"))
  }

  static let pokes: [Poke] = [
    Poke("A2 magic", .notElf, "EI_MAG is 0x464c4500") { $0.bytes[0] = 0 },
    Poke("A2 class", .wrongClass, "EI_CLASS is 2, must be 1") { $0.bytes[4] = 2 },
    Poke("A2 byte order", .wrongByteOrder, "EI_DATA is 2, must be 1") { $0.bytes[5] = 2 },
    Poke("A2 version", .wrongVersion, "EI_VERSION is 0, must be 1") { $0.bytes[6] = 0 },
    Poke("A2 file version", .wrongVersion, "e_version is 0, must be 1") { $0.poke32(20, 0) },
    Poke("A3 x86-64", .wrongMachine, "e_machine is 62 (x86-64), must be 3") { $0.poke16(18, 62) },
    Poke("A3 AArch64", .wrongMachine, "e_machine is 183 (AArch64), must be 3") { $0.poke16(18, 183) },
    Poke("A4", .positionIndependentProgram, "without -pie") { $0.poke16(16, 3) },
    Poke("object file", .notProgram, "e_type is 1, must be 2") { $0.poke16(16, 1) },
    Poke("A5 31", .wrongProgramHeaderSize, "e_phentsize is 31, must be 32") { $0.poke16(42, 31) },
    Poke("A5 33", .wrongProgramHeaderSize, "e_phentsize is 33, must be 32") { $0.poke16(42, 33) },
    Poke("A5 0", .wrongProgramHeaderSize, "e_phentsize is 0, must be 32") { $0.poke16(42, 0) },
    Poke("A5 0xffff", .wrongProgramHeaderSize, "e_phentsize is 65535") { $0.poke16(42, 0xffff) },
    Poke("A6", .noProgramHeaders, "e_phnum is 0, must be at least 1") { $0.poke16(44, 0) },
    Poke("A7", .programHeadersOutsideFile, "e_phnum is 65535, must be at most 26") {
      $0.poke16(44, 0xffff)
    },
    Poke("A8 size-16", .programHeadersOutsideFile, "e_phoff is 0x370, must be at most 0x360") {
      $0.poke32(28, UInt32($0.bytes.count - 16))
    },
    Poke("A8 past the end", .programHeadersOutsideFile, "e_phoff is 0x10000") { $0.poke32(28, 0x10000) },
    Poke("A8 top", .programHeadersOutsideFile, "e_phoff is 0xfffffff0") { $0.poke32(28, 0xffff_fff0) },
    Poke("A9", .fileLargerThanMemory, "p_filesz of program header 0 is 0x101, must be at most 0x100") {
      $0.poke(header: 0, .fileSize, 0x101)
    },
    Poke("A11 size", .segmentOutsideFile, "p_offset + p_filesz of program header 1 is 0x381") {
      $0.poke(header: 1, .fileSize, 129)
    },
    Poke("A11 offset", .segmentOutsideFile, "p_offset + p_filesz of program header 0 is 0x1000000ff") {
      $0.poke(header: 0, .offset, 0xffff_ffff)
    },
    Poke("A12", .segmentBelowWindow, "p_vaddr of program header 1 is 0x10, must be at least 0x10000") {
      $0.poke(header: 1, .address, 0x10)
      $0.poke(header: 1, .memorySize, 0xffff_0000)
    },
    Poke("A12 wraps", .segmentWraps, "p_vaddr + p_memsz of program header 1 is 0x1003f1000") {
      $0.poke(header: 1, .memorySize, 0xffff_0000)
    },
    Poke("A13 null", .segmentBelowWindow, "p_vaddr of program header 0 is 0x0") {
      $0.poke(header: 0, .address, 0)
    },
    Poke("A13 kernel half", .segmentAboveWindow, "must be at most 0xb0000000") {
      $0.poke(header: 1, .address, 0xc010_0000)
    },
    Poke("A13 crossing", .segmentAboveWindow, "must be at most 0xb0000000") {
      $0.poke(header: 1, .address, 0xafff_f000)
    },
    Poke(
      "A14", .segmentsOverlap, "p_vaddr of program header 1 is 0x4000ff, against 0x400100: the segment begins before"
    ) {
      $0.poke(header: 1, .address, 0x40_00ff)
    },
    Poke("A17", .pageSharedWithOtherPermissions, "writable and executable: program header 0, page 0x400000") {
      $0.poke(header: 1, .address, 0x40_0100)
    },
    Poke("A18 3", .alignmentNotPowerOfTwo, "p_align of program header 0 is 0x3") {
      $0.poke(header: 0, .alignment, 3)
    },
    Poke("A20 zero", .entryNotExecutable, "e_entry is 0x0, against 0x400000") { $0.poke32(24, 0) },
    Poke("A20 nowhere", .entryNotExecutable, "the entry is in no executable segment") {
      $0.poke32(24, 0x40_0100)
    },
    Poke("A20 data", .entryNotExecutable, "e_entry is 0x401000") { $0.poke32(24, 0x40_1000) },
    Poke("A21 empty", .interpreterSize, "p_filesz of program header 1 is 0x0") {
      $0.poke(header: 1, .type, 3)
      $0.poke(header: 1, .fileSize, 0)
    },
    Poke("A21 4097", .interpreterSize, "p_filesz of program header 1 is 0x1001, must be at most 0x1000") {
      $0.poke(header: 1, .type, 3)
      $0.poke(header: 1, .fileSize, 4097)
    },
    Poke("A21 past the end", .segmentOutsideFile, "is 0x400, must be at most 0x380") {
      $0.poke(header: 1, .type, 3)
      $0.poke(header: 1, .fileSize, 256)
    },
    Poke("A21 unterminated", .interpreterUnterminated, "the file offset of program header 1 is 0x37f") {
      $0.poke(header: 1, .type, 3)
    },
    Poke("A21 whole", .interpreterUnsupported, "link it statically") {
      $0.poke(header: 1, .type, 3)
      $0.bytes[0x37f] = 0
    },
    Poke("A23", .writableAndExecutable, "p_flags of program header 0 is 0x7") {
      $0.poke(header: 0, .flags, 7)
    },
  ]

  @Test(arguments: pokes) func isRefused(poke: Poke) throws {
    var file = ElfFile.program()
    poke.change(&file)
    let found = try #require(refusal(file))
    #expect(found.error.rule == poke.rule)
    #expect(found.text.contains(poke.words), "\(found.text)")
    #expect(!found.text.contains("\n"))
  }

  @Test("A16: segments may come in any order") func unsortedSegmentsAreSorted() throws {
    var file = ElfFile.program()
    let first = Array(file.bytes[52..<84])
    let second = Array(file.bytes[84..<116])
    file.bytes.replaceSubrange(52..<116, with: second + first)
    let plan = try load(file)
    #expect(plan.table[0].start == 0x40_0000 && plan.table[0].headerIndex == 1)
    #expect(plan.table[1].start == 0x40_1000 && plan.table[1].headerIndex == 0)
  }

  @Test(
    "A17: constants may share a page with code or data",
    arguments: [(4, 6), (6, 4), (4, 5), (5, 4), (6, 6), (4, 4)] as [(UInt32, UInt32)])

  func aSharedPageBelongsToTheSegmentWithMoreRights(first: UInt32, second: UInt32) throws {
    let code = ElfFile.Segment(
      address: 0x10_0000, flags: 5, contents: [0xf4], memorySize: 1, fileOffset: 0x200)
    let lower = ElfFile.Segment(
      address: 0x40_0000, flags: first, contents: [1, 2], memorySize: 0x1100, fileOffset: 0x204)
    let upper = ElfFile.Segment(
      address: 0x40_1100, flags: second, contents: [3], memorySize: 0x1000, fileOffset: 0x208)
    let plan = try load(ElfFile(entry: 0x10_0000, segments: [code, lower, upper]))
    #expect(plan.pageCount == 4)
    let lowerHasIt = first | second == first
    #expect(plan.table[1].pages == VirtualRange(start: 0x40_0000, length: lowerHasIt ? 0x2000 : 0x1000))
    #expect(
      plan.table[2].pages
        == VirtualRange(
          start: lowerHasIt ? 0x40_2000 : 0x40_1000, length: lowerHasIt ? 0x1000 : 0x2000))
  }

  @Test("A17: code and data never share a page") func threeSegmentsOnOnePageNeverMixCodeAndData() throws {
    func segment(_ address: UInt32, _ flags: UInt32) -> ElfFile.Segment {
      ElfFile.Segment(address: address, flags: flags, contents: [0xf4], memorySize: 16, fileOffset: 0x200)
    }
    let good = ElfFile(
      entry: 0x40_0000,
      segments: [segment(0x40_0000, 5), segment(0x40_0100, 4), segment(0x40_0200, 5)])
    let plan = try load(good)
    #expect(plan.pageCount == 1)
    #expect(plan.table[0].pages.length == 0x1000)
    #expect(plan.table[1].pages.length == 0 && plan.table[2].pages.length == 0)
    let bad = ElfFile(
      entry: 0x40_0000,
      segments: [segment(0x40_0000, 5), segment(0x40_0100, 4), segment(0x40_0200, 6)])
    #expect(refusal(bad)?.error.rule == .pageSharedWithOtherPermissions)
  }

  @Test("A18: powers of two are good alignments", arguments: [0, 1, 0x2000, 0x8000_0000] as [UInt32])
  func alignmentsThatArePowersOfTwoLoad(alignment: UInt32) throws {
    var file = ElfFile.program()
    file.poke(header: 0, .alignment, alignment)
    #expect(try load(file).pageCount == 4)
  }

  @Test(
    "A22: other segment types are ignored",
    arguments: [0, 2, 4, 5, 6, 7, 0x6474_e551, 0x7000_0001, 0xffff_ffff] as [UInt32])
  func otherSegmentTypesAreIgnored(type: UInt32) throws {
    var file = ElfFile.program()
    file.poke(header: 1, .type, type)
    file.poke(header: 1, .offset, 0xffff_ff00)
    let plan = try load(file)
    #expect(plan.table.count == 1 && plan.pageCount == 1)
  }

  @Test("A25: a huge segment is counted, not allocated") func aHugeSegmentIsCountedNotAllocated() throws {
    var file = ElfFile.program()
    file.poke(header: 1, .memorySize, 0x7980_0000)
    #expect(try load(file).pageCount == 1 + 0x79800)
  }

  @Test("A28: section header fields do not matter") func sectionHeaderFieldsDoNotMatter() throws {
    var file = ElfFile.program()
    file.poke32(32, 0xffff_fff0)
    for offset in [46, 48, 50] { file.poke16(offset, 0xffff) }
    #expect(try load(file).pageCount == 4)
  }

  @Test func anEmptySegmentIsLeftOut() throws {
    var file = ElfFile.program()
    file.poke(header: 1, .fileSize, 0)
    file.poke(header: 1, .memorySize, 0)
    file.poke(header: 1, .address, 0)
    #expect(try load(file).table.count == 1)
  }

  @Test func seventeenSegmentsAreTooMany() {
    func segments(_ count: UInt32) -> [ElfFile.Segment] {
      (0..<count).map {
        ElfFile.Segment(
          address: 0x40_0000 + $0 * 0x1000, flags: 5, contents: [0xf4], memorySize: 1, fileOffset: 0x400)
      }
    }
    #expect(refusal(ElfFile(entry: 0x40_0000, segments: segments(16))) == nil)
    let error = refusal(ElfFile(entry: 0x40_0000, segments: segments(17)))?.error
    #expect(error?.rule == .tooManySegments && error?.value == 17 && error?.limit == 16)
  }
}
