// The parts of the program `inject` that are pure: decoding instructions, making mistakes in them, generating programs.

import SDK
import TestSupport
import Testing

@testable import Injection

@Suite struct InstructionTests {
  /// An instruction's bytes, and where its operands, displacement and immediate lie.
  struct Sample: Sendable, CustomTestStringConvertible {
    let text: String
    let bytes: [UInt8]
    var operands: Int?
    var displacement = 0
    var immediate = 0
    var testDescription: String { text }
  }

  static let samples = [
    Sample(text: "nop", bytes: [0x90]),
    Sample(text: "push $1000", bytes: [0x68, 0xe8, 3, 0, 0], immediate: 4),
    Sample(text: "mov %eax, %ebx", bytes: [0x89, 0xc3], operands: 1),
    Sample(text: "mov 8(%ebp), %eax", bytes: [0x8b, 0x45, 8], operands: 1, displacement: 1),
    Sample(text: "mov 0x404000, %eax", bytes: [0x8b, 5, 0, 0x40, 0x40, 0], operands: 1, displacement: 4),
    Sample(text: "mov table(,%ecx,4), %eax", bytes: [0x8b, 4, 0x8d, 0, 0x40, 0, 0], operands: 1, displacement: 4),
    Sample(text: "mov 4(%esp), %eax", bytes: [0x8b, 0x44, 0x24, 4], operands: 1, displacement: 1),
    Sample(text: "mov %gs:4, %eax", bytes: [0x65, 0xa1, 4, 0, 0, 0], immediate: 4),
    Sample(text: "movw $1, (%eax)", bytes: [0x66, 0xc7, 0, 1, 0], operands: 2, immediate: 2),
    Sample(text: "addl $8, %esp", bytes: [0x83, 0xc4, 8], operands: 1, immediate: 1),
    Sample(text: "testl $1, %eax", bytes: [0xf7, 0xc0, 1, 0, 0, 0], operands: 1, immediate: 4),
    Sample(text: "negl %eax", bytes: [0xf7, 0xd8], operands: 1),
    Sample(text: "jne", bytes: [0x75, 0xfe], immediate: 1),
    Sample(text: "jne near", bytes: [0x0f, 0x85, 0, 1, 0, 0], immediate: 4),
    Sample(text: "call", bytes: [0xe8, 0, 0, 0, 0], immediate: 4),
    Sample(text: "ljmp", bytes: [0xea, 0, 0, 0, 0, 8, 0], immediate: 6),
    Sample(text: "int $0x80", bytes: [0xcd, 0x80], immediate: 1),
    Sample(text: "enter $8, $0", bytes: [0xc8, 8, 0, 0], immediate: 3),
    Sample(text: "movzbl (%ecx), %eax", bytes: [0x0f, 0xb6, 1], operands: 2),
    Sample(text: "movups 0x404000, %xmm0", bytes: [0x0f, 0x10, 5, 0, 0x40, 0x40, 0], operands: 2, displacement: 4),
    Sample(text: "pshufd $1, %xmm0, %xmm1", bytes: [0x66, 0x0f, 0x70, 0xc8, 1], operands: 3, immediate: 1),
    Sample(text: "rep stosl", bytes: [0xf3, 0xab]),
    Sample(text: "mov (%bx,%si), %eax", bytes: [0x67, 0x8b, 0], operands: 2),
    Sample(text: "mov 0x1234, %eax, short", bytes: [0x67, 0x8b, 6, 0x34, 0x12], operands: 2, displacement: 2),
  ]

  @Test(arguments: samples) func isDecoded(_ sample: Sample) throws {
    let instruction = try #require(Instruction(sample.bytes + [0x90, 0x90], at: 0))
    #expect(instruction.length == sample.bytes.count)
    #expect(instruction.operandsOffset == sample.operands)
    #expect(instruction.displacementSize == sample.displacement)
    #expect(instruction.immediateSize == sample.immediate)
    #expect(instruction.immediateOffset + instruction.immediateSize == instruction.length)
    // Cut off anywhere, it is none.
    for count in 0..<sample.bytes.count { #expect(Instruction(Array(sample.bytes[..<count]), at: 0) == nil) }
  }

  @Test func randomBytesAreDecodedOrPassedOver() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<200 {
      let code = (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var end = 0
      for start in instructionStarts(of: code, from: 0, to: code.count) {
        #expect(start >= end)
        end = start + (Instruction(code, at: start)?.length ?? 0)
      }
      #expect(end <= code.count)
    }
  }
}

@Suite struct MutationTests {
  static let program = GeneratedProgram.make(random: SeededRandom(seed: 3), isServer: false)

  @Test func changesOneInstructionAndNothingElse() throws {
    var kinds: Set<UInt8> = []
    for index in 0..<2000 as Range<UInt32> {
      var random = SeededRandom(seed: 5, stream: index)
      var code = Self.program.file
      let mutation = try #require(Mutation.apply(to: &code, starts: Self.program.starts, random: &random))
      kinds.insert(mutation.kind.rawValue)
      #expect(code.count == Self.program.file.count)
      let changed = code.indices.filter { code[$0] != Self.program.file[$0] }
      #expect(!changed.isEmpty)
      #expect(changed.allSatisfy { (mutation.offset..<mutation.offset + mutation.length).contains($0) })
    }
    #expect(kinds.count == Int(MutationKind.count))
  }

  @Test func followsFromTheSeed() {
    var first = SeededRandom(seed: 9)
    var second = first
    var (one, other) = (Self.program.file, Self.program.file)
    #expect(
      Mutation.apply(to: &one, starts: Self.program.starts, random: &first)
        == Mutation.apply(to: &other, starts: Self.program.starts, random: &second))
    #expect(one == other)
  }

  @Test func codeWithoutInstructionsStays() {
    var random = SeededRandom(seed: 1)
    var code: [UInt8] = []
    #expect(Mutation.apply(to: &code, starts: [], random: &random) == nil)
  }

  @Test func branchesAreInverted() throws {
    // JE short and JE near: the other condition; and always.
    for (code, inverted, taken) in [
      ([0x74, 5], [0x75, 5], [0xeb, 5]),
      ([0x0f, 0x84, 5, 0, 0, 0], [0x0f, 0x85, 5, 0, 0, 0], [0x90, 0xe9, 5, 0, 0, 0]),
    ] as [([UInt8], [UInt8], [UInt8])] {
      var seen: Set<[UInt8]> = []
      for index in 0..<400 as Range<UInt32> {
        var random = SeededRandom(seed: 2, stream: index)
        var copy = code
        _ = Mutation.apply(to: &copy, starts: [0], random: &random)
        seen.insert(copy)
      }
      #expect(seen.contains(inverted))
      #expect(seen.contains(taken))
      #expect(seen.contains(Array(repeating: 0x90, count: code.count)))
    }
  }
}

@Suite struct GeneratedProgramTests {
  @Test(arguments: [false, true]) func isAFileOfInstructions(isServer: Bool) throws {
    for seed in 0..<50 as Range<UInt32> {
      let program = GeneratedProgram.make(random: SeededRandom(seed: seed), isServer: isServer)
      let code = try #require(ElfCode.range(of: program.file))
      // Every byte of the code belongs to an instruction that is understood.
      var position = try #require(program.starts.first)
      for start in program.starts {
        #expect(start == position)
        position += Instruction(program.file, at: start)?.length ?? 0
      }
      #expect(position == code.upperBound)
      #expect(code.count < 0x10000)
    }
  }

  @Test func seedsMakeOtherPrograms() {
    let programs = (0..<20 as Range<UInt32>).map {
      GeneratedProgram.make(random: SeededRandom(seed: $0), isServer: false).file
    }
    #expect(Set(programs).count == programs.count)
    #expect(GeneratedProgram.make(random: SeededRandom(seed: 4), isServer: false).file == programs[4])
  }

  @Test func filesThatAreNoneHaveNoCode() {
    #expect(ElfCode.range(of: []) == nil)
    #expect(ElfCode.range(of: Array(repeating: 0x7f, count: 200)) == nil)
    #expect(ElfCode.range(of: Array(MutationTests.program.file[..<60])) == nil)
  }
}
