import Executables
import ModuleCases
import Modules
import Primitives
import TestSupport
import Testing

@Suite struct ModuleRandomTests {
  /// A million in the four shards together: the package has the optimizer run over what they call.
  static let pokesPerShard = 250_000

  /// Values that stand at the edges of what fields mean.
  static let edges: [UInt32] = [
    0, 1, 2, 4, 8, 17, 0x100, 0x180, 0x380, 0x7fc, 0x800, 0x1000, 0x10fc, 0x1100, 0x2000, 0x21fc, 0x3000,
    0x33fc, 0x3400, 0x47fc, 0x4800, 0x5000, 0xffff, 0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000,
    0xffff_f000, 0xffff_fffc, 0xffff_ffff,
  ]

  /// What the loader reads: file header and program headers, symbols and hash, strings and relocations,
  /// dynamic section and arrays, manifest and lists, sections.
  static let places: [Range<Int>] = [
    0..<244, 0x180..<0x1e0, 0x300..<0x308, 0x380..<0x3b8, 0x500..<0x5a0, 0x700..<0x708, 0x2000..<0x2080,
    0x2140..<0x214c, 0x3000..<0x302c, 0x3040..<0x3098, 0x3100..<0x314c, 0x3400..<0x3478,
  ]

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func pokesNeverTrapAndKeepTheInvariants(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let good = ModuleFile()
    var file = good
    var accepted = 0
    for _ in 0..<Self.pokesPerShard {
      var poked: [Int] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Self.places.randomElement(using: &generator)!
        let offset = Int.random(in: place.lowerBound..<place.upperBound - 3, using: &generator) & ~1
        let value =
          Bool.random(using: &generator)
          ? Self.edges.randomElement(using: &generator)!
          : UInt32(truncatingIfNeeded: generator.next()) >> UInt32.random(in: 0...31, using: &generator)
        if Bool.random(using: &generator) {
          file.poke32(offset, value)
        } else {
          file.bytes[offset] = UInt8(truncatingIfNeeded: value)
        }
        poked.append(offset)
      }
      var exports = TestExports()
      if let loaded = try? load(file.bytes, exports: &exports) {
        accepted += 1
        if let broken = brokenInvariant(of: loaded, fileSize: file.bytes.count) {
          Issue.record("seed \(seed): \(broken); poked at \(poked)")
          return
        }
      }
      for offset in poked {
        file.bytes.replaceSubrange(offset..<offset + 4, with: good.bytes[offset..<offset + 4])
      }
    }
    #expect(accepted > Self.pokesPerShard / 100)
    #expect(accepted < Self.pokesPerShard)
  }

  /// The first invariant that does not hold, or nil.
  func brokenInvariant(of loaded: LoadedModule, fileSize: Int) -> String? {
    let plan = loaded.plan
    if loaded.memory.wroteOutside { return "a write outside the module's pages" }
    if plan.pageCount > ModuleImage.memoryLimit / pageSize { return "too large" }
    for index in 0..<plan.table.count {
      let segment = plan.table[index]
      if segment.end > UInt64(plan.pageCount) * UInt64(pageSize) { return "a segment past the pages" }
      if UInt64(segment.fileOffset) + UInt64(segment.fileSize) > UInt64(fileSize) { return "file range" }
      if segment.permissions.isSuperset(of: [.writable, .executable]) { return "writable and executable" }
      if !segment.permissions.contains(.writable) && segment.pages.length > 0 {
        let protected = plan.readOnlyAfterRelocation
        if protected.length > 0 && protected.overlaps(segment.pages) { return "protected part" }
      }
    }
    for function in [plan.manifest.start, plan.manifest.stop ?? plan.manifest.start] {
      guard let permissions = plan.permissions(ofPage: function & ~(pageSize - 1)),
        permissions.contains(.executable)
      else { return "a function outside code" }
    }
    return nil
  }

  @Test func aFileCutAnywhereIsRefused() {
    let good = ModuleFile()
    for count in stride(from: 0, to: good.bytes.count, by: 7) {
      var file = good
      file.bytes.removeLast(good.bytes.count - count)
      #expect(refusal(file) != nil, "cut to \(count) bytes")
    }
  }
}
