import Executables
import Foundation
import TestSupport
import Testing

@Suite struct InstructionDecoderTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let registers: Instruction.Registers
    let step: UInt32

    init(_ text: String, _ bytes: [UInt8], _ registers: Instruction.Registers = .general, step: UInt32 = 0) {
      testDescription = text
      self.bytes = bytes
      self.registers = registers
      self.step = step
    }
  }

  static let samples: [Sample] = [
    Sample("nop", [0x90]), Sample("push imm32", [0x68, 1, 2, 3, 4]), Sample("push imm16", [0x66, 0x68, 1, 2]),
    Sample("mov disp32(,%ecx,4), %eax", [0x8b, 0x04, 0x8d, 0, 0, 0, 0]),
    Sample("mov (%esp), %eax", [0x8b, 0x04, 0x24]), Sample("mov 8(%ebp), %eax", [0x8b, 0x45, 8]),
    Sample("mov disp32, %eax", [0x8b, 0x05, 1, 2, 3, 4]), Sample("mov (%bp), %eax", [0x67, 0x8b, 0x46, 0]),
    Sample("mov moffs, %al", [0xa0, 1, 2, 3, 4]), Sample("mov moffs16, %al", [0x67, 0xa0, 1, 2]),
    Sample("test imm8", [0xf6, 0xc1, 1]), Sample("not", [0xf6, 0xd1]), Sample("test imm32", [0xf7, 0xc1, 1, 2, 3, 4]),
    Sample("imul imm32", [0x69, 0xc0, 1, 2, 3, 4]), Sample("lcall", [0x9a, 1, 2, 3, 4, 5, 6]),
    Sample("ret imm16", [0xc2, 4, 0]), Sample("jcc rel32", [0x0f, 0x84, 1, 2, 3, 4]),
    Sample("movzx", [0x0f, 0xb6, 0x44, 0x24, 4]), Sample("mov %cr0, %eax", [0x0f, 0x20, 0xc0]),
    Sample("cpuid", [0x0f, 0xa2]), Sample("lock xadd", [0xf0, 0x0f, 0xc1, 0x08]),
    Sample("cmpxchg8b", [0x0f, 0xc7, 0x08]), Sample("mfence", [0x0f, 0xae, 0xf0]), Sample("pause", [0xf3, 0x90]),
    Sample("les", [0xc4, 0x45, 8]), Sample("bound", [0x62, 0x45, 8]), Sample("popcnt", [0xf3, 0x0f, 0xb8, 0xc1]),
    Sample("crc32", [0xf2, 0x0f, 0x38, 0xf0, 0xc1]), Sample("ud2", [0x0f, 0x0b]),
    Sample("fld1", [0xd9, 0xe8], .x87), Sample("fldl 8(%esp)", [0xdd, 0x44, 0x24, 8], .x87),
    Sample("fwait", [0x9b], .x87), Sample("emms", [0x0f, 0x77], .vector),
    Sample("addps", [0x0f, 0x58, 0xc1], .vector), Sample("movdqa", [0x66, 0x0f, 0x6f, 0x00], .vector),
    Sample("pshufd", [0x66, 0x0f, 0x70, 0xc1, 1], .vector), Sample("cvtsi2sd", [0xf2, 0x0f, 0x2a, 0xc0], .vector),
    Sample("pshufb", [0x0f, 0x38, 0x00, 0xc1], .vector), Sample("palignr", [0x66, 0x0f, 0x3a, 0x0f, 0xc1, 4], .vector),
    Sample("fxsave", [0x0f, 0xae, 0x00], .vector), Sample("ldmxcsr", [0x0f, 0xae, 0x10], .vector),
    Sample("pfadd", [0x0f, 0x0f, 0xc1, 0x9e], .vector), Sample("vaddps", [0xc5, 0xf4, 0x58, 0xc2], .vector),
    Sample("vpalignr", [0xc4, 0xe3, 0x71, 0x0f, 0xc2, 4], .vector), Sample("vzeroupper", [0xc5, 0xf8, 0x77], .vector),
    Sample("EVEX vaddps", [0x62, 0xf1, 0x74, 0x48, 0x58, 0xc2], .vector),
    Sample("sub $100000, %esp", [0x81, 0xec, 0xa0, 0x86, 1, 0], step: 100_000),
    Sample("add $-100000, %esp", [0x81, 0xc4, 0x60, 0x79, 0xfe, 0xff], step: 100_000),
    Sample("lea -100000(%esp), %esp", [0x8d, 0xa4, 0x24, 0x60, 0x79, 0xfe, 0xff], step: 100_000),
    Sample("lea 100000(%esp), %esp", [0x8d, 0xa4, 0x24, 0xa0, 0x86, 1, 0]),
    Sample("add $100000, %esp", [0x81, 0xc4, 0xa0, 0x86, 1, 0]),
    Sample("sub $4096, %eax", [0x81, 0xe8, 0, 0x10, 0, 0]),
    Sample("enter $40000", [0xc8, 0x40, 0x9c, 0], step: 40000),
  ]

  private static func first(in bytes: [UInt8]) -> Instruction? { InstructionDecoder(bytes.span).instruction(at: 0) }

  /// Before other bytes and at the end of all bytes: both ways to read it must agree.
  @Test(arguments: samples) func sample(sample: Sample) {
    let expected = Instruction(length: sample.bytes.count, registers: sample.registers, stackStep: sample.step)
    #expect(Self.first(in: sample.bytes) == expected)
    #expect(Self.first(in: sample.bytes + [UInt8](repeating: 0xcc, count: 20)) == expected)
    for count in 0..<sample.bytes.count { #expect(Self.first(in: Array(sample.bytes[..<count])) == nil) }
  }

  @Test("More than fifteen bytes are no instruction") func prefixes() {
    let bytes = [UInt8](repeating: 0x66, count: 14) + [0x90]
    #expect(Self.first(in: bytes)?.length == 15)
    #expect(Self.first(in: [0x66] + bytes) == nil)
  }

  /// A read outside of the bytes would trap.
  @Test(arguments: [1, 2, 3] as [UInt64]) func randomBytes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...200, using: &generator)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      if count > 1, Bool.random(using: &generator) { bytes[0] = 0x0f }
      let decoder = InstructionDecoder(bytes.span)
      for start in -1...(count + 1) {
        guard let instruction = decoder.instruction(at: start) else { continue }
        #expect(instruction.length >= 1 && instruction.length <= 15 && start + instruction.length <= count)
      }
      _ = CodeMistake.first(in: bytes.span)
    }
  }

  // MARK: Against the disassembler

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The linked programs, services and modules of the tree, where it was built.
  static let images: [String] = ["programs", "services", "modules"].flatMap { folder in
    let path = root.appending(path: "build/\(folder)").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".debug") }.map { "\(path)/\($0)" }
  }

  /// All instructions of all images have the length that llvm-objdump gives them, and those with vector registers are known.
  @Test(.enabled(if: !images.isEmpty, "the tree is not built for i686")) func disassembler() throws {
    var count = 0
    var differences: [String] = []
    for image in Self.images {
      let lines = try Disassembly.lines(of: image)
      #expect(!lines.isEmpty, "\(image)")
      count += lines.count
      for line in lines {
        let instruction = Self.first(in: line.bytes)
        if instruction?.length != line.bytes.count || instruction?.registers != line.registers {
          differences.append("\(image): \(line.text)")
        }
      }
    }
    let isSame = differences.isEmpty
    #expect(isSame, "\(differences.count) differences, the first: \(differences.first ?? "")")
    #expect(count > 100_000)
  }
}
