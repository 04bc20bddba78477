// Whole fault reports, as a user sees them, and what the printer says about each kind of fault.

import Diagnostics
import Primitives
import TestSupport
import Testing

private let process = TaskDescription(identifier: 7, kind: .process, name: "crash", mode: .ring0SeparateStack)
private let thread = TaskDescription(
  identifier: 9, kind: .thread(ofProcess: 7), name: "reader", mode: .ring3)

private func registers(
  eip: UInt32 = 0x1008, ring: UInt32 = 3, _ change: (inout FaultRegisters) -> Void = { _ in }
) -> FaultRegisters {
  var registers = FaultRegisters()
  registers.eip = eip
  registers.cs = ring == 3 ? 0x1b : 0x28
  registers.ss = ring == 3 ? 0x23 : 0x10
  registers.eflags = 0x10246
  change(&registers)
  return registers
}

private func text(_ report: FaultReport, _ surroundings: SampleSurroundings = .init()) -> String {
  var collector = TextCollector()
  report.write(to: &collector, in: surroundings)
  return collector.text
}

/// The headline and the sentences under it.
private func explanation(_ report: FaultReport, _ surroundings: SampleSurroundings = .init()) -> [String] {
  let lines = text(report, surroundings).split(separator: "\n").map(String.init)
  return Array(lines.prefix { !$0.hasPrefix("   at ") })
}

@Suite("Fault reports")
struct FaultReportTests {
  @Test func aNullPointerInRing0() {
    let surroundings = SampleSurroundings()
    surroundings.storeFrame(at: 0xbffd_ff00, caller: 0xbffd_ff20, returnAddress: 0x1055)
    surroundings.storeFrame(at: 0xbffd_ff20, caller: 0, returnAddress: 0x0041_0000)
    let report = FaultReport(
      cause: .exception(vector: 14, errorCode: 2),
      registers: registers(ring: 0) {
        $0.ebp = 0xbffd_ff00
        $0.esp = 0xbffd_fee0
        $0.ecx = 0x12
      },
      owner: .task(process), outcome: .taskEnded, faultAddress: 0, addressMeaning: .nullPage)
    #expect(
      text(report, surroundings) == """
        fault: process 7 "crash" (Ring 0, separate stack) ended: page fault, writing 0x00000000
               the address lies in the null page, which is never mapped
           at  0x00001008  crash     first() + 8                         Kernel/A.swift:12
         from  0x00001055  crash     second() + 21                       Kernel/A.swift:8
         from  0x00410000  in no known code
               eax 0x00000000  ebx 0x00000000  ecx 0x00000012  edx 0x00000000
               esi 0x00000000  edi 0x00000000  ebp 0xbffdff00  esp 0xbffdfee0
               eip 0x00001008  cs 0x28  ss 0x10  eflags 0x00010246 (PF ZF IF RF)  cr2 0x00000000

        """)
  }

  @Test func aSwiftCheckIsToldWithItsReason() {
    let report = FaultReport(
      cause: .exception(vector: 6, errorCode: 0), registers: registers(eip: 0x1010), owner: .task(thread),
      outcome: .taskEnded)
    #expect(
      text(report) == """
        fault: thread 9 "reader" of process 7 (Ring 3) ended: Swift check failed, arithmetic overflow
               checked by first() in Kernel/A.swift:12
           at  0x00001010  crash     first() + 16                        Kernel/A.swift:12
               eax 0x00000000  ebx 0x00000000  ecx 0x00000000  edx 0x00000000
               esi 0x00000000  edi 0x00000000  ebp 0x00000000  esp 0x00000000
               eip 0x00001010  cs 0x1b  ss 0x23  eflags 0x00010246 (PF ZF IF RF)

        """)
  }

  @Test func codeThatHasANameAsAWhole() {
    let report = FaultReport(
      cause: .interruptsOff(milliseconds: 200, isInCalls: false), registers: registers(eip: 0x9079, ring: 0),
      owner: .task(process), outcome: .taskEnded)
    #expect(text(report).contains("\n   at  0x00009079  kernel    the page of the system calls\n"))
  }

  @Test func owners() {
    func headline(_ owner: FaultOwner, _ outcome: FaultOutcome, guarded: Bool = false) -> String {
      explanation(
        FaultReport(
          cause: .exception(vector: 0, errorCode: 0), registers: registers(), owner: owner, outcome: outcome))[
          0]
    }
    let guardedTask = TaskDescription(
      identifier: 3, kind: .process, name: "", mode: .ring0SharedStack, isGuarded: true)
    #expect(
      headline(.task(guardedTask), .taskEnded)
        == "fault: process 3 (Ring 0, shared stack, guarded) ended: division error")
    #expect(
      headline(.module(name: "clock", caller: thread), .callFailed)
        == "fault: module \"clock\", called by thread 9 \"reader\" of process 7 (Ring 3), failed: division error"
    )
    #expect(
      headline(.module(name: "clock", caller: nil), .callFailed)
        == "fault: module \"clock\" failed: division error")
    #expect(
      headline(.kernel(workingFor: nil), .machineStopped)
        == "panic: the kernel stopped the machine: division error")
    #expect(
      headline(.kernel(workingFor: process), .machineStopped)
        == "panic: the kernel, at work for process 7 \"crash\" (Ring 0, separate stack), "
        + "stopped the machine: division error")
  }

  @Test(
    arguments: [
      (.nullPage, 0, "the address lies in the null page, which is never mapped"),
      (
        .guardBelowStack(StackIdentity(owner: .task(thread), size: 65_536)), 6,
        "the address lies in the guard page below the stack of thread 9 \"reader\" of process 7: "
          + "it overflowed its 64 KiB"
      ),
      (
        .guardAboveStack(StackIdentity(owner: .kernelStack(of: process), size: 8192)), 2,
        "the address lies in the guard page above the kernel stack of process 7 \"crash\": "
          + "something ran past its upper end"
      ),
      (
        .beyondStackLimit(StackIdentity(owner: .task(thread), size: 65_536), distance: 8192), 6,
        "the address lies 8192 bytes below the stack of thread 9 \"reader\" of process 7: it overflowed its 64 KiB, "
          + "past its guard page"
      ),
      (
        .promised(.mapping), 6,
        "the address lies in a mapping, at a page that is not there yet and could not be brought in here"
      ),
      (.promised(.data), 20, "the address lies in the program's variables, which may not be executed"),
      (.region(.code), 7, "the address lies in the program's code, which is read-only"),
      (.region(.data), 21, "the address lies in the program's variables, which may not be executed"),
      (.unmapped, 4, "nothing is mapped at the address"),
      (
        .unmappedAfter(.heap, distance: 64), 4,
        "nothing is mapped at the address; the heap ends 64 bytes below"
      ),
      (.kernelMemory, 5, "the address belongs to the kernel, which Ring 3 may not touch"),
      (.moduleCode(name: "clock"), 7, "the address lies in the code of module \"clock\", which is read-only"),
      (
        .removedModule(name: "clock"), 16,
        "the address lies in what was module \"clock\", which has been removed"
      ),
      (
        .nullPage, 9,
        "the page tables are damaged: an entry on the way to the address has reserved bits set"
      ),
    ] as [(AddressMeaning, UInt32, String)])
  func addressMeanings(meaning: AddressMeaning, errorCode: UInt32, sentence: String) {
    let report = FaultReport(
      cause: .exception(vector: 14, errorCode: errorCode), registers: registers(), owner: .task(thread),
      outcome: .taskEnded, faultAddress: 0x1234, addressMeaning: meaning)
    #expect(explanation(report)[1] == "       " + sentence)
  }

  @Test func aGuardedTaskMayNotWriteToTheKernel() {
    var task = process
    task.isGuarded = true
    let report = FaultReport(
      cause: .exception(vector: 14, errorCode: 3), registers: registers(ring: 0), owner: .task(task),
      outcome: .taskEnded, faultAddress: 0xc010_0000, addressMeaning: .kernelMemory)
    #expect(
      explanation(report)[1]
        == "       the address lies in kernel memory, which a guarded task may read but not write")
  }

  @Test func accessesAreTold() {
    func headline(_ code: UInt32, eip: UInt32 = 0x1008) -> Substring? {
      explanation(
        FaultReport(
          cause: .exception(vector: 14, errorCode: code), registers: registers(eip: eip),
          owner: .task(thread), outcome: .taskEnded, faultAddress: 0x5000, addressMeaning: .unmapped)
      )[0].split(separator: ",").last
    }
    #expect(headline(4) == " reading 0x00005000")
    #expect(headline(6) == " writing 0x00005000")
    #expect(headline(20) == " executing 0x00005000")
    // A processor without no-execute calls a fetch a read.
    #expect(headline(4, eip: 0x5000) == " executing 0x00005000")
  }

  @Test func aDoubleFaultSaysWhatItWas() {
    var report = FaultReport(
      cause: .exception(vector: 8, errorCode: 0), registers: registers(ring: 0) { $0.esp = 0x6fff_fff0 },
      owner: .task(process), outcome: .taskEnded, faultAddress: 0x6fff_ffec,
      stackProblem: .guardBelowStack(StackIdentity(owner: .task(process), size: 1 << 20)))
    #expect(
      explanation(report) == [
        "fault: process 7 \"crash\" (Ring 0, separate stack) ended: double fault",
        "       an exception could not be delivered, because the stack could not take it",
        "       ESP 0x6ffffff0: the address lies in the guard page below the stack of process 7 \"crash\": "
          + "it overflowed its 1024 KiB",
      ])
    report.stackProblem = .region(.stack)
    #expect(explanation(report)[2].hasSuffix(": the address lies in a stack"))
    report.cause = .stackUnusable
    report.stackProblem = .nearlyUsedUp(StackIdentity(owner: .task(process), size: 0x8000), left: 300, needed: 4096)
    #expect(
      explanation(report) == [
        "fault: process 7 \"crash\" (Ring 0, separate stack) ended: its stack could not be used",
        "       ESP 0x6ffffff0: 300 bytes are left of the stack of process 7 \"crash\", and 4096 are needed",
      ])
    report.cause = .exception(vector: 8, errorCode: 0)
    report.stackProblem = nil
    #expect(explanation(report)[1].hasSuffix("the stack pointer was good"))
  }

  @Test(
    arguments: [
      ([0xfa], 3, 0, "the instruction is cli, which only Ring 0 may execute"),
      (
        [0x66, 0xef], 3, 0,
        "the instruction is out, and Ring 3 reaches only the ports it was given; DX is 0x03f8"
      ),
      ([0xcd, 0x20], 3, 0x102, "the instruction is int 0x20, whose gate is not open to Ring 3"),
      (
        [0x8e, 0xd8], 3, 0x10,
        "the instruction is mov to a segment register: selector 0x10, entry 2 of the global descriptor table"
      ),
      ([0x0f, 0x30], 0, 0, "the instruction is wrmsr, which refused what it was given"),
      ([0xcd, 0x0e], 0, 0x72, "the instruction is int 0x0e, which raises one of the processor's own exceptions"),
      ([0x90], 0, 0, "an operand lies outside of its segment, or a register was given a value it refuses"),
      (
        [0x90], 3, 0x15,
        "a segment or a gate was used that is not open to this code: selector 0x14, entry 2 of the local "
          + "descriptor table, met while the processor delivered another event"
      ),
      (
        [], 0, 0x83,
        "a segment or a gate was used that is not open to this code: the gate of interrupt 0x10, "
          + "met while the processor delivered another event"
      ),
    ] as [([UInt8], UInt32, UInt32, String)])
  func generalProtection(bytes: [UInt8], ring: UInt32, errorCode: UInt32, sentence: String) {
    let surroundings = SampleSurroundings()
    surroundings.store(bytes, at: 0x1008)
    let report = FaultReport(
      cause: .exception(vector: 13, errorCode: errorCode),
      registers: registers(ring: ring) { $0.edx = 0x7777_03f8 },
      owner: .task(thread), outcome: .taskEnded)
    #expect(explanation(report, surroundings)[1] == "       " + sentence)
  }

  @Test(
    arguments: [
      (
        [0x0f, 0x0b],
        "the code stopped itself with ud2, as Swift does when a check fails; no reason is recorded"
      ),
      ([0x0f, 0xff, 0x12], "the bytes at EIP are no instruction that the processor has: 0f ff 12"),
      ([0x0f, 0x01, 0xcb], "the instruction is stac, which this ring or this processor does not have"),
      ([], "the bytes at EIP are no instruction that the processor has:"),
    ] as [([UInt8], String)])
  func invalidInstructions(bytes: [UInt8], sentence: String) {
    let surroundings = SampleSurroundings(hasSymbols: false)
    surroundings.store(bytes, at: 0x1008)
    let report = FaultReport(
      cause: .exception(vector: 6, errorCode: 0), registers: registers(), owner: .task(thread),
      outcome: .taskEnded)
    #expect(explanation(report, surroundings)[1] == "       " + sentence)
    #expect(text(report, surroundings).contains("   at  0x00001008  crash     no symbol\n"))
  }

  /// INT in Ring 0: EIP is behind the instruction, where a fault's EIP never is.
  @Test(arguments: [0, 6, 8, 16] as [UInt8])
  func vectorsRaisedByInstruction(vector: UInt8) {
    let surroundings = SampleSurroundings()
    surroundings.store([0xcd, vector, 0x90], at: 0x1006)
    var report = FaultReport(
      cause: .exception(vector: vector, errorCode: 0), registers: registers(eip: 0x1008, ring: 0),
      owner: .task(process), outcome: .taskEnded)
    let number = vector > 15 ? "0x10" : "0x0\(String(vector, radix: 16))"
    #expect(explanation(report, surroundings)[1].hasSuffix("int \(number), which raised this by itself"))
    report.registers.cs = 0x1b
    #expect(!explanation(report, surroundings)[1].contains("raised this"))
  }

  /// The processor then pushes to the kernel stack, whatever ESP is.
  @Test func aTaskThatLeftRing0() {
    var report = FaultReport(
      cause: .exception(vector: 8, errorCode: 0), registers: registers(ring: 3), owner: .task(process),
      outcome: .taskEnded, stackProblem: .nullPage)
    #expect(explanation(report)[1].contains("had left Ring 0 by itself"))
    report.registers.cs = 0x28
    #expect(!explanation(report)[1].contains("had left Ring 0"))
    report.registers.eflags = 0x20202
    #expect(explanation(report)[1].contains("had left Ring 0 by itself"))
  }

  @Test func theWatchdog() {
    var report = FaultReport(
      cause: .interruptsOff(milliseconds: 250, isInCalls: false), registers: registers(ring: 0), owner: .task(process),
      outcome: .taskEnded)
    #expect(explanation(report)[0].hasSuffix("ended: interrupts were off for 250 ms"))
    report.cause = .interruptsOff(milliseconds: 250, isInCalls: true)
    #expect(explanation(report)[0].hasSuffix("ended: interrupts were off for 250 ms"))
    #expect(explanation(report)[1].contains("from one system call to the next"))
    report.cause = .callTookTooLong(milliseconds: 1000)
    report.owner = .module(name: "clock", caller: thread)
    report.outcome = .callFailed
    #expect(explanation(report)[0].hasSuffix("failed: the call used the processor for 1000 ms and has not come back"))
  }

  /// Every vector there is gives a headline and a sentence.
  @Test func everyVector() {
    for vector in 0...255 as ClosedRange<UInt8> {
      let report = FaultReport(
        cause: .exception(vector: vector, errorCode: 0), registers: registers(), owner: .task(thread),
        outcome: .taskEnded)
      let lines = explanation(report)
      #expect(lines.count == 2)
      #expect(lines.allSatisfy { $0.count > 20 && !$0.hasSuffix(".") })
      if vector > 19 { #expect(lines[0].hasSuffix("exception \(vector)")) }
    }
    #expect(Set(ProcessorException.allCases.map { "\($0.name)" }).count == 20)
    #expect(Set(ProcessorException.allCases.map { "\($0.meaning)" }).count == 20)
  }
}
