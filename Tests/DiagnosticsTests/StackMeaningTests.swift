// Which stack an address has to do with, and which module a panic names.

import Diagnostics
import Primitives
import TestSupport
import Testing

private func place(_ identifier: UInt32, from start: UInt32, size: UInt32 = 0x8000) -> StackPlace {
  let task = TaskDescription(identifier: identifier, kind: .thread(ofProcess: 7), name: "", mode: .ring0SeparateStack)
  return StackPlace(
    identity: StackIdentity(owner: .task(task), size: size), start: start, end: start &+ size)
}

/// What a report says about writing to an address that means this.
private func sentence(_ meaning: AddressMeaning) -> String {
  let task = TaskDescription(identifier: 11, kind: .process, name: "", mode: .ring0SeparateStack)
  var registers = FaultRegisters()
  registers.cs = 0x28
  let report = FaultReport(
    cause: .exception(vector: 14, errorCode: 2), registers: registers, owner: .task(task), outcome: .taskEnded,
    faultAddress: 0x1234, addressMeaning: meaning)
  var collector = TextCollector()
  report.write(to: &collector, in: SampleSurroundings())
  return collector.text.split(separator: "\n")[1].drop { $0 == " " }.description
}

@Suite struct StackMeaningTests {
  /// The lower neighbour, with its guard pages at 0x0fff_f000 and 0x1000_8000; the other's lower one is at 0x1000_9000.
  let nine = place(9, from: 0x1000_0000)
  let eleven = place(11, from: 0x1000_a000)

  private func near(_ address: UInt32, own: StackPlace?, other: StackPlace?) -> String? {
    AddressMeaning.nearStack(address, own: own, other: other).map(sentence)
  }

  @Test func aStackPointerThatCannotBeUsed() {
    func meaning(_ address: UInt32, isShared: Bool) -> String? {
      AddressMeaning.stackPointer(address, own: eleven, other: nine, needed: 16, isShared: isShared).map(sentence)
    }
    #expect(
      meaning(0x1000_a004, isShared: false)
        == "4 bytes are left of the stack of thread 11 of process 7, and 16 are needed")
    #expect(meaning(0x1000_a001, isShared: true)?.hasPrefix("1 byte is left of the stack of thread 11") == true)
    #expect(meaning(0x1000_a000, isShared: true) == nil && meaning(0x1000_a010, isShared: true) == nil)
    #expect(meaning(0x1000_0004, isShared: false)?.hasPrefix("4 bytes are left of the stack of thread 9") == true)
    #expect(meaning(0x1000_4000, isShared: false) == nil)
    #expect(
      meaning(0x1000_4000, isShared: true)
        == "the address lies in the stack of thread 9 of process 7, and on a shared stack the kernel works only if it is "
        + "the task's own")
    #expect(meaning(0x0fff_fffc, isShared: true) == nil)
  }

  @Test func aGuardPageIsThatOfItsOwnStackFirst() {
    #expect(
      near(0x1000_9ffc, own: eleven, other: nine)
        == "the address lies in the guard page below the stack of thread 11 of process 7: it overflowed its 32 KiB")
    #expect(
      near(0x1000_8004, own: nine, other: nine)
        == "the address lies in the guard page above the stack of thread 9 of process 7: something ran past its upper end"
    )
  }

  @Test func anOverflowIntoTheNeighboursGuardPageIsOnesOwn() {
    #expect(
      near(0x1000_8ffc, own: eleven, other: nine)
        == "the address lies 4100 bytes below the stack of thread 11 of process 7: it overflowed its 32 KiB, "
        + "past its guard page")
    // Whose stack is elsewhere ran over the neighbour's end indeed.
    #expect(
      near(0x1000_8ffc, own: place(12, from: 0x9000_0000), other: nine)?.contains("above the stack of thread 9") == true
    )
    #expect(near(0x1000_8ffc, own: nil, other: nine)?.contains("above the stack of thread 9") == true)
    // Below the neighbour, its own guard page is meant.
    #expect(near(0x0fff_fffc, own: eleven, other: nine)?.contains("below the stack of thread 9") == true)
    #expect(near(0x2000_0000, own: eleven, other: nil) == nil)
  }

  @Test func aFrameThatPassesAllGuardsIsToldByItsDistance() {
    let first = place(7, from: 0xbffd_8000)
    func nothing(_ address: UInt32, below: UInt32?, above: StackPlace? = nil) -> String {
      sentence(
        .nothing(at: address, own: first, above: above, below: below.map { (purpose: .mapping, end: $0) }))
    }
    #expect(
      nothing(0xbfee_c9ac, below: 0x1000_0000)
        == "the address lies 964180 bytes below the stack of thread 7 of process 7: it overflowed its 32 KiB, "
        + "past its guard page")
    // What lies nearer decides.
    #expect(
      nothing(0x1000_0040, below: 0x1000_0000) == "nothing is mapped at the address; a mapping ends 64 bytes below")
    #expect(
      nothing(0xbff0_0010, below: 0xbff0_0000) == "nothing is mapped at the address; a mapping ends 16 bytes below")
    // Neither is near: 2952492908 bytes behind a mapping say nothing.
    #expect(nothing(0x9ead_beec, below: 0x1000_0000) == "nothing is mapped at the address")
    #expect(nothing(0x9ead_beec, below: nil) == "nothing is mapped at the address")
    #expect(nothing(0x1000_0f00, below: nil, above: nine).contains("nothing is mapped"))
    #expect(nothing(0x0ff0_0000, below: nil, above: nine).contains("1048576 bytes below the stack of thread 9"))
  }
}

@Suite struct RecentFailureTests {
  private func line(_ failure: RecentFailure, at now: UInt64) -> String {
    var collector = TextCollector()
    failure.write(at: now, to: &collector)
    return collector.text
  }

  @Test func aModuleThatFailedShortlyBeforeIsNamed() {
    let failure = RecentFailure(module: "lab", time: 2_000_000_000)
    #expect(
      line(failure, at: 2_012_345_678)
        == "module \"lab\" had failed 12 ms before; what it wrote until then may be the cause\n")
    #expect(line(failure, at: 63_000_000_000).isEmpty)
    #expect(line(failure, at: 1_000_000_000).isEmpty)
    #expect(line(RecentFailure(), at: 5).isEmpty)
  }
}
