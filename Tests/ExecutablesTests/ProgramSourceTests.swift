import Executables
import Primitives
import TestSupport
import Testing

/// A file that loses its tail after a number of reads.
struct ShrinkingSource: ByteSource {
  var bytes: [UInt8]
  var readsLeft: Int
  var byteCount: UInt32 { UInt32(bytes.count) }

  mutating func read(from offset: UInt32, into destination: inout MutableSpan<UInt8>) -> Bool {
    guard readsLeft > 0, Int(offset) + destination.count <= bytes.count else { return false }
    readsLeft -= 1
    for index in destination.indices { destination[index] = bytes[Int(offset) + index] }
    return true
  }
}

@Suite struct ProgramSourceTests {
  @Test("A29: a file cut between two reads is an error", arguments: 0..<3)
  func aFileThatIsCutWhileItIsReadIsAnError(reads: Int) {
    var source = ShrinkingSource(bytes: ElfFile.program().bytes, readsLeft: reads)
    do {
      _ = try ProgramPlan(source: &source, window: ProgramPlan.programWindow)
      Issue.record("a file that cannot be read was accepted")
    } catch {
      #expect(error.rule == .unreadable)
      #expect(error.value == [0, 52, 84][reads])
    }
  }

  @Test func aWholeFileNeedsOneReadPerHeader() throws {
    var source = ShrinkingSource(bytes: ElfFile.program().bytes, readsLeft: 3)
    let plan = try ProgramPlan(source: &source, window: ProgramPlan.programWindow)
    #expect(plan.pageCount == 4)
  }

  @Test func theWindowIsTheCallers() throws {
    let file = ElfFile.program()
    let narrow = try #require(VirtualRange(start: 0x40_0000, length: 0x3000))
    #expect(throws: ElfError.self) { try ProgramPlan(file: file.bytes.span, window: narrow).entry }
    let exact = try #require(VirtualRange(start: 0x40_0000, length: 0x4000))
    #expect(try ProgramPlan(file: file.bytes.span, window: exact).pageCount == 4)
  }
}
