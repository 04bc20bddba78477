// Backtraces over whole, looping, broken and random stacks, seen through the report.

import Diagnostics
import Primitives
import TestSupport
import Testing

/// The addresses of the report's frame lines and the lines between them.
private func frames(ebp: UInt32, esp: UInt32 = 0, eip: UInt32 = 0x1008, _ surroundings: SampleSurroundings)
  -> [String]
{
  var registers = FaultRegisters()
  (registers.ebp, registers.esp, registers.eip, registers.cs) = (ebp, esp, eip, 0x1b)
  let report = FaultReport(
    cause: .exception(vector: 14, errorCode: 4), registers: registers, owner: .kernel(workingFor: nil),
    outcome: .machineStopped, faultAddress: eip == 0x1008 ? 0 : eip, addressMeaning: .unmapped)
  var collector = TextCollector()
  report.write(to: &collector, in: surroundings)
  return collector.text.split(separator: "\n").dropFirst(2).prefix { !$0.contains(" eax ") }.map { line in
    line.hasPrefix("       ") ? String(line.dropFirst(7)) : String(line.split(separator: " ")[1])
  }
}

@Suite("Backtraces")
struct BacktraceTests {
  @Test func aDeepRecursionTakesOneLine() {
    let surroundings = SampleSurroundings()
    for depth in 0..<500 as Range<UInt32> {
      surroundings.storeFrame(
        at: 0x8000 + depth * 32, caller: 0x8000 + (depth + 1) * 32, returnAddress: 0x1010)
    }
    surroundings.storeFrame(at: 0x8000 + 500 * 32, caller: 0, returnAddress: 0x1044)
    #expect(
      frames(ebp: 0x8000, surroundings)
        == ["0x00001008", "0x00001010", "the same call 499 more times", "0x00001044"])
  }

  @Test func sixteenLinesAreEnough() {
    let surroundings = SampleSurroundings()
    for depth in 0..<50 as Range<UInt32> {
      surroundings.storeFrame(
        at: 0x8000 + depth * 16, caller: 0x8010 + depth * 16, returnAddress: 0x1010 + depth)
    }
    let lines = frames(ebp: 0x8000, surroundings)
    #expect(lines.count == 17)
    #expect(lines.last == "and more")
  }

  @Test func loopsEnd() {
    let surroundings = SampleSurroundings()
    surroundings.storeFrame(at: 0x8000, caller: 0x8010, returnAddress: 0x1010)
    surroundings.storeFrame(at: 0x8010, caller: 0x8000, returnAddress: 0x1011)
    #expect(frames(ebp: 0x8000, surroundings) == ["0x00001008", "0x00001010", "0x00001011"])
    surroundings.storeFrame(at: 0x9000, caller: 0x9000, returnAddress: 0x1012)
    #expect(frames(ebp: 0x9000, surroundings) == ["0x00001008", "0x00001012"])
  }

  @Test(arguments: [0, 1, 0x8002, 0xffff_fffc, 0xffff_fff8, 0x7000] as [UInt32])
  func badFramePointersGiveTheFirstLineOnly(ebp: UInt32) {
    #expect(frames(ebp: ebp, SampleSurroundings()) == ["0x00001008"])
  }

  @Test func fromTheKernelsStackIntoTheTasks() {
    let surroundings = SampleSurroundings()
    surroundings.storeFrame(at: 0xe000_0f00, caller: 0xbffd_0000, returnAddress: 0xc010_0000)
    surroundings.storeFrame(at: 0xbffd_0000, caller: 0x2000_0000, returnAddress: 0x1010)
    surroundings.storeFrame(at: 0x2000_0000, caller: 0, returnAddress: 0x1014)
    // Down from the kernel's half once, and not again below.
    #expect(frames(ebp: 0xe000_0f00, surroundings) == ["0x00001008", "0xc0100000", "0x00001010"])
  }

  @Test func aJumpToNowhereShowsWhoDidIt() {
    let surroundings = SampleSurroundings()
    surroundings.store(word: 0x1050, at: 0x7ffc)
    surroundings.storeFrame(at: 0x8000, caller: 0, returnAddress: 0x1010)
    #expect(
      frames(ebp: 0x8000, esp: 0x7ffc, eip: 0xdead_0000, surroundings)
        == ["0xdead0000", "0x00001050", "0x00001010"])
  }

  @Test func randomStacksNeverTrapAndStayShort() {
    let seed: UInt64 = 42
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      let surroundings = SampleSurroundings()
      for _ in 0..<40 {
        surroundings.storeFrame(
          at: UInt32.random(in: 0x8000...0x8040, using: &generator) & ~3,
          caller: UInt32.random(in: 0x7ff0...0x8050, using: &generator),
          returnAddress: UInt32.random(in: 0x0fff...0x1200, using: &generator))
      }
      let lines = frames(ebp: 0x8000, surroundings)
      #expect((1...18).contains(lines.count), "seed \(seed)")
      #expect(surroundings.reads < 4_000)
    }
  }
}
