import Executables
import Primitives
import TestSupport
import Testing

@Suite struct ProgramRandomTests {
  /// In all shards together: a million where the optimizer runs, and what a debug build does in seconds.
  #if DEBUG
    static let pokesPerShard = 50_000
  #else
    static let pokesPerShard = 250_000
  #endif

  /// Values that stand at the edges of what fields mean.
  static let edges: [UInt32] = [
    0, 1, 2, 3, 7, 0x34, 0x80, 0x1000, 0xffff, 0x1_0000, 0x40_0000, 0x40_0fff, 0x40_1000, 0x7fff_ffff,
    0x8000_0000, 0xafff_f000, 0xb000_0000, 0xc000_0000, 0xffff_f000, 0xffff_ffff,
  ]

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func pokesNeverTrapAndKeepTheInvariants(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let good = ElfFile.program()
    var file = good
    var accepted = 0
    for _ in 0..<Self.pokesPerShard {
      let count = Int.random(in: 1...3, using: &generator)
      for _ in 0..<count {
        let offset = 2 * Int.random(in: 0..<57, using: &generator)
        let value =
          Bool.random(using: &generator)
          ? Self.edges.randomElement(using: &generator)!
          : UInt32(truncatingIfNeeded: generator.next()) >> UInt32.random(in: 0...31, using: &generator)
        if Bool.random(using: &generator) {
          file.poke32(offset, value)
        } else {
          file.bytes[offset] = UInt8(truncatingIfNeeded: value)
        }
      }
      if let plan = try? ProgramPlan(file: file.bytes.span) {
        accepted += 1
        if let broken = brokenInvariant(of: plan, fileSize: file.bytes.count) {
          Issue.record("seed \(seed): \(broken); header \(file.bytes[0..<116])")
          return
        }
      }
      file.bytes.replaceSubrange(0..<116, with: good.bytes[0..<116])
    }
    #expect(accepted > Self.pokesPerShard / 100)
    #expect(accepted < Self.pokesPerShard)
  }

  /// The first invariant that does not hold, or nil.
  func brokenInvariant(of plan: ProgramPlan, fileSize: Int) -> String? {
    let window = ProgramPlan.programWindow
    var pagesEnd: UInt64 = 0
    var bytesEnd: UInt64 = 0
    var entryIsCode = false
    for index in 0..<plan.table.count {
      let segment = plan.table[index]
      if segment.memorySize == 0 || segment.fileSize > segment.memorySize { return "sizes" }
      if UInt64(segment.fileOffset) + UInt64(segment.fileSize) > UInt64(fileSize) { return "file range" }
      if UInt64(segment.start) < bytesEnd { return "segments overlap or are not sorted" }
      bytesEnd = segment.end
      if segment.start < window.start || segment.end > window.end { return "window" }
      if segment.permissions.isSuperset(of: [.writable, .executable]) { return "writable and executable" }
      if segment.permissions.contains(.executable) && segment.contains(plan.entry) { entryIsCode = true }
      guard segment.pages.length > 0 else { continue }
      if (segment.pages.start | segment.pages.length) % pageSize != 0 { return "page alignment" }
      if UInt64(segment.pages.start) < pagesEnd { return "page ranges overlap" }
      pagesEnd = segment.pages.end
    }
    if !entryIsCode { return "entry" }
    for index in 0..<plan.table.count {
      let segment = plan.table[index]
      for address in [segment.start, UInt32(segment.end - 1)] {
        let brings = (0..<plan.table.count).contains { plan.table[$0].pages.contains(address) }
        if !brings { return "a byte of a segment is on no page" }
      }
    }
    return nil
  }
}
