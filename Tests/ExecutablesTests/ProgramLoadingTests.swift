import Executables
import Primitives
import TestSupport
import Testing

/// An address space as a plain model: what each address holds, and what may be done with its page.
private final class ModelSpace: ProgramSpace {
  struct Refusal: Error {}
  let file: [UInt8]
  let sibling: ModelSpace?
  var bytes: [UInt32: UInt8] = [:]
  var pages: [UInt32: SegmentPermissions] = [:]
  var copied = 0

  init(file: [UInt8], sibling: ModelSpace? = nil) {
    self.file = file
    self.sibling = sibling
  }

  func add(_ segment: LoadSegment, isInPlace: Bool) throws(Refusal) -> Bool {
    guard segment.pages.length > 0 else { throw Refusal() }
    for page in stride(from: segment.pages.start, to: UInt32(segment.pages.end), by: Int(pageSize)) {
      guard pages.updateValue(segment.permissions, forKey: page) == nil else { throw Refusal() }
    }
    if isInPlace {
      // The whole pages of the file, whatever is around the segment.
      let first = Int(segment.fileOffset & ~(pageSize - 1))
      for offset in 0..<segment.pages.length where first + Int(offset) < file.count {
        bytes[segment.pages.start + offset] = file[first + Int(offset)]
      }
      return true
    }
    guard let sibling, !segment.permissions.contains(.writable) else { return false }
    for (address, byte) in sibling.bytes where segment.pages.contains(address) { bytes[address] = byte }
    return true
  }

  func copy(fileOffset: UInt32, count: UInt32, to address: UInt32) throws(Refusal) {
    for offset in 0..<count {
      let position = address + offset
      guard pages[position & ~(pageSize - 1)] != nil, Int(fileOffset + offset) < file.count else { throw Refusal() }
      bytes[position] = file[Int(fileOffset + offset)]
    }
    copied += Int(count)
  }

  func byte(at address: UInt32) -> UInt8 { bytes[address] ?? 0 }
}

@Suite struct ProgramLoadingTests {
  /// Up to eight segments that lie close to each other, in any order of their headers, with gaps of a few bytes to two pages.
  private static func file(_ generator: inout SeededGenerator) -> ElfFile {
    var address = 0x40_0000 + UInt32.random(in: 0..<64, using: &generator)
    var offset: UInt32 = 0x400
    var segments: [ElfFile.Segment] = []
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      let size = UInt32([1, 40, 700, 4096, 5000, 9000].randomElement(using: &generator)!)
      let inFile = [0, size / 2, size, size].randomElement(using: &generator)!
      // As linkers place it, or wherever there is room.
      if Bool.random(using: &generator) {
        offset = offset & ~4095 | address & 4095 | 0x1_0000 * UInt32(segments.count + 1)
      }
      segments.append(
        ElfFile.Segment(
          address: address, flags: [4, 4, 5, 6].randomElement(using: &generator)!,
          contents: (0..<inFile).map { _ in UInt8.random(in: 1...255, using: &generator) }, memorySize: size,
          fileOffset: offset))
      offset += inFile + UInt32.random(in: 0..<16, using: &generator)
      address += size + UInt32([0, 1, 16, 300, 4096, 8000].randomElement(using: &generator)!)
    }
    let entry = segments.first { $0.flags == 5 }?.address ?? 0
    segments.shuffle(using: &generator)
    return ElfFile(entry: entry, segments: segments)
  }

  /// What is wrong with a loaded program, or nil: every byte of every segment, and zeroes between them and behind.
  private static func mistake(in space: ModelSpace, _ plan: ProgramPlan, _ file: [UInt8], isExact: Bool) -> String? {
    var expected: [UInt32: UInt8] = [:]
    var joined: [UInt32: SegmentPermissions] = [:]
    for index in 0..<plan.table.count {
      let segment = plan.table[index]
      for offset in 0..<segment.memorySize {
        let address = segment.start + offset
        expected[address] = offset < segment.fileSize ? file[Int(segment.fileOffset + offset)] : 0
        joined[address & ~(pageSize - 1), default: []].formUnion(segment.permissions)
      }
    }
    if space.pages != joined { return "the pages have other permissions" }
    for (address, byte) in expected where space.byte(at: address) != byte { return "the byte at \(address)" }
    if isExact, let stray = space.bytes.first(where: { $0.value != 0 && expected[$0.key] == nil }) {
      return "the byte at \(stray.key), which is no segment's"
    }
    return nil
  }

  @Test(arguments: [11, 12, 13, 14] as [UInt64])
  func everySegmentHasItsBytesWhateverPagesAreShared(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var loaded = 0
    var shared = 0
    for _ in 0..<500 {
      let file = Self.file(&generator).bytes
      guard let plan = try? ProgramPlan(file: file.span) else { continue }
      loaded += 1
      if (0..<plan.table.count).contains(where: { plan.table[$0].pages.length == 0 }) { shared += 1 }
      let first = ModelSpace(file: file)
      try plan.table.load(into: first)
      #expect(Self.mistake(in: first, plan, file, isExact: true) == nil, "seed \(seed)")
      // What the first one's data became is nobody else's.
      for index in 0..<plan.table.count where plan.table[index].purpose == .data {
        first.bytes[plan.table[index].start] = 0
      }
      let second = ModelSpace(file: file, sibling: first)
      try plan.table.load(into: second)
      #expect(Self.mistake(in: second, plan, file, isExact: true) == nil, "seed \(seed), with the pages of another")
      let third = ModelSpace(file: file)
      try plan.table.load(into: third, fileAddress: 0xc020_0000)
      #expect(Self.mistake(in: third, plan, file, isExact: false) == nil, "seed \(seed), in place")
    }
    #expect(loaded > 50 && shared > 20, "\(loaded) \(shared)")
  }

  @Test func aSegmentWithoutPagesOfItsOwnIsCopiedToItsNeighbours() throws {
    // As `ld.lld -n` links: constants and code on one page.
    let file = ElfFile(
      entry: 0x40_009c,
      segments: [
        ElfFile.Segment(address: 0x40_0094, flags: 4, contents: [1, 2], memorySize: 2, fileOffset: 0x94 + 0x100),
        ElfFile.Segment(address: 0x40_009c, flags: 5, contents: [3, 4], memorySize: 2, fileOffset: 0x9c + 0x100),
      ]
    ).bytes
    let plan = try ProgramPlan(file: file.span)
    let space = ModelSpace(file: file)
    try plan.table.load(into: space)
    #expect(space.pages == [0x40_0000: [.readable, .executable]])
    #expect(space.bytes == [0x40_0094: 1, 0x40_0095: 2, 0x40_009c: 3, 0x40_009d: 4])
  }
}
