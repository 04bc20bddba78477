// Tests the kernel from a program: bad pointers into every call, memory, processes and rights. The same file runs in
// both rings: `usertests` and `run --ring0 usertests`; where a test means another thing in Ring 0, it says so.
//
// Prints a line for each test; the exit status is 0 where all passed.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct UserTests: Program {
  static func run() -> Int32 {
    if ProgramInformation.argumentCount > 2, ProgramInformation.argument(1) == "--child" {
      return Child.run(ProgramInformation.argument(2))
    }
    var report = TestReport(program: "usertests")
    CallTests.run(in: &report)
    EntryTests.run(in: &report)
    PointerTests.run(in: &report)
    MemoryTests.run(in: &report)
    ProcessTests.run(in: &report)
    ImageTests.run(in: &report)
    return report.finish()
  }

  /// Whether this program runs in Ring 0.
  static var isRing0: Bool { read_code_segment() & 3 == 0 }

  /// The flags with which tasks start that are to run like this one.
  static var ownFlags: StartFlags {
    ((try? TaskIdentity.current.information())?.flags ?? []).subtracting(.detached)
  }

  /// Runs `body` in a thread of this ring and returns how it ended.
  static func outcome(of body: @escaping () -> Int32) -> Outcome? {
    guard let thread = try? Thread.start(StartOptions(flags: ownFlags), body: body) else { return nil }
    return try? thread.join()
  }

  static var pageFault: Outcome { .faulted(vector: 14) }

  /// Whether `body` fails with `error`.
  static func fails(_ error: SystemError, _ body: () throws(SystemError) -> Void) -> Bool {
    do throws(SystemError) {
      try body()
      return false
    } catch let thrown {
      return thrown == error
    }
  }
}
