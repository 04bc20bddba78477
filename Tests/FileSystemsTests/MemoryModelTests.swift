// The file system in memory against the model, also as it goes on in another place.

import FileSystems
import ServiceSupport
import TestSupport
import Testing

@Suite struct MemoryModelTests {
  private func moved(_ files: MemoryFileSystem) -> MemoryFileSystem? {
    var state = StateWriter()
    files.save(to: &state)
    var reader = StateReader(bytes: state.bytes)
    return MemoryFileSystem(from: &reader)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>) func randomRequests(seed: UInt64) throws {
    var files = MemoryFileSystem()
    let empty = files.use()
    let run = try conformance(&files, seed: seed, steps: 1500) { $0.sizeLimit = seed % 2 == 0 ? 400_000 : 20_000 }
    #expect(run.successes > 500)
    var other = try #require(moved(files))
    #expect(other.use() == files.use())
    try run.checkAll(&other)
    for _ in 0..<500 { try run.step(&other) }
    try run.checkAll(&other)
    // Nothing is lost or counted twice.
    try removeAll(&other, in: other.root)
    #expect(other.use() == empty)
  }

  private func removeAll(_ files: inout MemoryFileSystem, in directory: NodeReference) throws {
    while let entry = try files.entry(at: 0, in: directory) {
      if entry.kind == .directory { try removeAll(&files, in: entry.node) }
      try files.remove(entry.name.span, in: directory, time: 1)
    }
  }

  /// A state that was changed on the way is taken as some file system or refused, and never a trap or an endless loop.
  @Test(arguments: 1...40 as ClosedRange<UInt64>) func damagedStates(seed: UInt64) throws {
    var files = MemoryFileSystem()
    _ = try conformance(&files, seed: seed, steps: 60, checks: 1) { $0.sizeLimit = 300 }
    var state = StateWriter()
    files.save(to: &state)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes = state.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : bytes[place] ^ 1
      }
      if Int.random(in: 0..<5, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      }
      var reader = StateReader(bytes: bytes)
      guard var taken = MemoryFileSystem(from: &reader) else { continue }
      try removeAll(&taken, in: taken.root)
      #expect(taken.use() == MemoryFileSystem().use())
    }
  }

  /// No process has more than half, and what another one has does not count.
  @Test func shares() throws {
    var files = MemoryFileSystem()
    let part = [UInt8](repeating: 7, count: MemoryFileSystem.blockSize * 16)
    func fill(_ name: String, _ owner: UInt32) throws -> Int {
      let file = try files.create(
        Array(name.utf8).span, .file, in: files.root, mode: 0o644, time: 1, by: owner)
      var count = 0
      do {
        while true {
          try files.write(file, at: UInt32(count * part.count), part.span, time: 1, by: owner)
          count += 1
        }
      } catch FileFailure.noSpace {}
      return count * 16
    }
    let half = MemoryFileSystem.blockLimit / 2
    #expect(try fill("a", 1) == half)
    #expect(try fill("b", 1) == 0)
    #expect(try fill("c", 2) == half)
    #expect(try fill("d", 3) == 0)
    #expect(files.use().freeBlocks == 0)
    try files.remove(Array("a".utf8).span, in: files.root, time: 1)
    #expect(try fill("e", 3) == half)
  }

  @Test func sharesOfNodes() throws {
    var files = MemoryFileSystem()
    func make(_ owner: UInt32) throws -> Int {
      var count = 0
      do {
        while true {
          _ = try files.create(
            Array("\(owner) \(count)".utf8).span, .file, in: files.root, mode: 0o644, time: 1, by: owner)
          count += 1
        }
      } catch FileFailure.noSpace {}
      return count
    }
    #expect(try make(1) == MemoryFileSystem.nodeLimit / 2)
    // The root is nobody's.
    #expect(try make(2) == MemoryFileSystem.nodeLimit / 2 - 1)
    #expect(try make(3) == 0)
  }
}
