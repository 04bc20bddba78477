// The opcodes that Ring 3 trips over.

import Diagnostics
import Primitives
import TestSupport
import Testing

@Suite("Sensitive instructions")
struct SensitiveInstructionTests {
  private func decode(_ bytes: [UInt8]) -> SensitiveInstruction? {
    let surroundings = SampleSurroundings()
    surroundings.store(bytes, at: 0x40_0000)
    return SensitiveInstruction(at: 0x40_0000, in: surroundings)
  }

  @Test(
    arguments: [
      ([0xfa], "cli"), ([0xfb], "sti"), ([0xf4], "hlt"), ([0x0f, 0x06], "clts"), ([0x0f, 0x08], "invd"),
      ([0x0f, 0x09], "wbinvd"), ([0x0f, 0x20, 0xc0], "mov with a control register"),
      ([0x0f, 0x22, 0xd8], "mov with a control register"), ([0x0f, 0x23, 0xf8], "mov with a debug register"),
      ([0x0f, 0x30], "wrmsr"), ([0x0f, 0x32], "rdmsr"), ([0x0f, 0x01, 0x10], "lgdt"),
      ([0x0f, 0x01, 0x1d, 0, 0, 0, 0], "lidt"), ([0x0f, 0x01, 0x38], "invlpg"), ([0x0f, 0x01, 0xf0], "lmsw"),
      ([0x0f, 0x00, 0xd0], "lldt"), ([0x0f, 0x00, 0xd8], "ltr"), ([0x0f, 0x01, 0xca], "clac"),
    ] as [([UInt8], String)])
  func privileged(bytes: [UInt8], name: String) throws {
    let instruction = try #require(decode(bytes))
    #expect("\(instruction.name)" == name)
    #expect(instruction.rule == .privileged)
  }

  @Test(
    arguments: [
      ([0xe4, 0x60], "in", .port), ([0x66, 0xed], "in", .port), ([0xee], "out", .port),
      ([0xf3, 0x6f], "outs", .port), ([0xf3, 0x6c], "ins", .port), ([0xcf], "iret", .segmentLoad),
      ([0x8e, 0xd8], "mov to a segment register", .segmentLoad),
      ([0xcd, 0x21], "int", .softwareInterrupt(vector: 0x21)),
      ([0xea, 0, 0, 0, 0, 8, 0], "far jmp", .segmentLoad),
    ] as [([UInt8], String, SensitiveInstruction.Rule)])
  func others(bytes: [UInt8], name: String, rule: SensitiveInstruction.Rule) throws {
    let instruction = try #require(decode(bytes))
    #expect("\(instruction.name)" == name)
    #expect(instruction.rule == rule)
  }

  @Test(
    arguments: [
      [], [0x90], [0x0f], [0xcd], [0x66], [0x0f, 0x01], [0x0f, 0x01, 0xf8], [0x0f, 0x0b], [0x0f, 0x00, 0xc0],
      [UInt8](repeating: 0x66, count: 40) + [0xfa],
    ] as [[UInt8]])
  func ordinary(bytes: [UInt8]) {
    #expect(decode(bytes) == nil)
  }

  /// Fifteen bytes are an instruction's limit, prefixes included.
  @Test func prefixes() throws {
    #expect(decode([UInt8](repeating: 0x2e, count: 14) + [0xfa]) != nil)
    #expect(decode([UInt8](repeating: 0x2e, count: 15) + [0xfa]) == nil)
  }

  @Test func randomBytesNeverTrap() {
    var generator = SeededGenerator(seed: 7)
    var named = 0
    for _ in 0..<20_000 {
      let bytes = (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if decode(bytes) != nil { named += 1 }
    }
    #expect(named > 500)
  }
}
