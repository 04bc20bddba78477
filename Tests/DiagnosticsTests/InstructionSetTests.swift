// What a report says of instructions that a processor lacks.

import Diagnostics
import Primitives
import TestSupport
import Testing

@Suite struct InstructionSetTests {
  private func surroundings(_ bytes: [UInt8]) -> SampleSurroundings {
    let surroundings = SampleSurroundings()
    surroundings.store(bytes, at: 0x40_0000)
    return surroundings
  }

  @Test(
    arguments: [
      ([0x0f, 0x6f, 0x00], .mmx), ([0x0f, 0x77], .mmx), ([0x0f, 0xef, 0xc0], .mmx),
      ([0x0f, 0x28, 0xc1], .sse), ([0xf3, 0x0f, 0x10, 0x45, 8], .sse), ([0x0f, 0xae, 0x10], .sse),
      ([0x0f, 0x50, 0xc0], .sse),
      ([0x0f, 0xc6, 0xc0, 0], .sse), ([0x0f, 0xe7, 0x00], .sse),
      ([0xf2, 0x0f, 0x10, 0x45, 8], .sse2), ([0x66, 0x0f, 0xef, 0xc0], .sse2), ([0x66, 0x0f, 0x6f, 0x00], .sse2),
      ([0xf3, 0x0f, 0x7e, 0x00], .sse2), ([0x65, 0xf2, 0x0f, 0x58, 0x00], .sse2), ([0x0f, 0x5a, 0xc0], .sse2),
      ([0x0f, 0xae, 0xe8], .sse2), ([0x0f, 0xc3, 0x00], .sse2),
      ([0xf2, 0x0f, 0x12, 0xc0], .sse3), ([0x66, 0x0f, 0x7c, 0xc0], .sse3), ([0xf2, 0x0f, 0xf0, 0x00], .sse3),
      ([0x66, 0x0f, 0x38, 0x00, 0xc0], .ssse3), ([0x66, 0x0f, 0x3a, 0x0f, 0xc0, 0], .ssse3),
      ([0x66, 0x0f, 0x38, 0x17, 0xc0], .sse4), ([0x66, 0x0f, 0x3a, 0x0a, 0xc0, 0], .sse4),
      ([0xc5, 0xf8, 0x28, 0xc1], .avx), ([0xc4, 0xe2, 0x79, 0x18, 0xc0], .avx),
      ([0x90], nil), ([0xc5, 0x00], nil), ([0x0f, 0x0b], nil), ([0x0f, 0xa2], nil), ([0x0f], nil), ([], nil),
    ] as [([UInt8], InstructionSet?)])
  func sets(bytes: [UInt8], set: InstructionSet?) {
    #expect(InstructionSet(at: 0x40_0000, in: surroundings(bytes)) == set)
  }

  /// What CPUID says of a Pentium II, a Pentium III and a Core 2.
  @Test func processors() {
    let (pentium2, pentium3, core2) = (0x0183_fbff as UInt32, 0x0383_fbff as UInt32, 0x1789_fbff as UInt32)
    #expect(InstructionSet.mmx.isPresent(ecx: 0, edx: pentium2))
    #expect(!InstructionSet.sse.isPresent(ecx: 0, edx: pentium2))
    #expect(InstructionSet.sse.isPresent(ecx: 0, edx: pentium3))
    #expect(!InstructionSet.sse2.isPresent(ecx: 0, edx: pentium3))
    #expect(InstructionSet.sse2.isPresent(ecx: 0x201, edx: core2))
    #expect(InstructionSet.ssse3.isPresent(ecx: 0x201, edx: core2))
    #expect(!InstructionSet.sse4.isPresent(ecx: 0x201, edx: core2))
    #expect(!InstructionSet.avx.isPresent(ecx: 1 << 28, edx: core2))
  }

  @Test func aReportNamesTheSet() {
    let surroundings = surroundings([0xf2, 0x0f, 0x10, 0x45, 8])
    var registers = FaultRegisters()
    registers.eip = 0x40_0000
    registers.cs = 0x1b
    let task = TaskDescription(identifier: 7, kind: .process, name: "float", mode: .ring3)
    let report = FaultReport(
      cause: .exception(vector: 6, errorCode: 0), registers: registers, owner: .task(task), outcome: .taskEnded)
    func sentence() -> Substring {
      var collector = TextCollector()
      report.write(to: &collector, in: surroundings)
      return collector.text.split(separator: "\n")[1].drop { $0 == " " }
    }
    #expect(sentence() == "the bytes at EIP are no instruction that the processor has: f2 0f 10 45 08")
    surroundings.lacksExtensions = true
    #expect(sentence() == "the instruction belongs to SSE2, which this processor does not have")
  }
}
