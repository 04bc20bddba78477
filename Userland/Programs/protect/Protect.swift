// What memory allows and what it does not: seen from a program, and from kernel code that tries what it must not be
// able to do. Run it in both rings: `protect` and `run --ring0 protect`.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Protect: Program {
  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 3, ProgramInformation.argument(1) == "--share" {
      return SharedMemory.child(ProgramInformation.argument(2))
    }
    if ProgramInformation.argumentCount == 2 {
      let word = ProgramInformation.argument(1)
      // For the next task that loses its stack.
      if word == "--interrupt-double-fault" { return (try? Machine.test(.interruptDoubleFault)) == nil ? 1 : 0 }
      // The machine stops with an explanation.
      if word == "--overrun-kernel-heap" { _ = try? Machine.test(.overrunHeap, 4) }
      if word == "--free-kernel-heap-twice" { _ = try? Machine.test(.freeTwice) }
      return 1
    }
    var checks = Checklist("protect")
    KernelAccess.check(&checks)
    Pages.check(&checks)
    Stacks.check(&checks)
    SharedMemory.check(&checks)
    return checks.conclude()
  }

  static var isRing0: Bool { read_code_segment() & 3 == 0 }
  static var ownFlags: StartFlags {
    ((try? TaskIdentity.current.information())?.flags ?? []).subtracting(.detached)
  }

  /// How a thread of this ring ends that runs `body`.
  static func outcome(_ body: @escaping () -> Int32) -> Outcome? {
    guard let thread = try? Thread.start(StartOptions(flags: ownFlags), body: body) else { return nil }
    return try? thread.join()
  }

  static func faults(_ body: @escaping () -> Void) -> Bool {
    outcome {
      body()
      return 0
    } == .faulted(vector: 14)
  }
}

/// What this processor has (Intel SDM Vol. 2, CPUID).
enum Processor {
  static var hasNoExecute: Bool {
    processor_identification(0x8000_0000, 0).eax > 0x8000_0000
      && processor_identification(0x8000_0001, 0).edx & (1 << 20) != 0
  }
  static var hasExecutionPrevention: Bool { structuredFeatures & (1 << 7) != 0 }
  static var hasAccessPrevention: Bool { structuredFeatures & (1 << 20) != 0 }
  private static var structuredFeatures: UInt32 {
    processor_identification(0, 0).eax < 7 ? 0 : processor_identification(7, 0).ebx
  }
}
