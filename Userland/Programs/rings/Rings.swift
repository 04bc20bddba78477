// Shows where a program runs: as a process in the ring it was started in, then in a Ring-3 thread and in a Ring-0
// thread that it starts. One file, in every ring.
//
//     rings [--colour]     with the rings in colour: Ring 3 in green, Ring 0 in red
//
// The exit status is 0 only where all that it reads from the processor agrees with what the kernel says.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Rings: Program {
  static func run() -> Int32 {
    let findings = Mutex(Findings())
    report("process", to: findings)
    let ownFlags = (try? TaskIdentity.current.information())?.flags ?? []
    start("Ring-3 thread", ring: 3, [], to: findings)
    start("Ring-0 thread", ring: 0, ownFlags.union(.ring0).subtracting(.detached), to: findings)
    return findings.withLock { conclude($0) }
  }

  /// Whether the console is to show it in colour (ECMA-48, 8.3.117).
  private static var hasColour: Bool {
    ProgramInformation.argumentCount > 1 && ProgramInformation.argument(1) == "--colour"
  }

  /// What the tasks of this process found out.
  private struct Findings {
    var addressSpace: UInt32 = 0
    var areInOneAddressSpace = true
    var failures: UInt32 = 0
  }

  /// Starts a thread that reports, and waits for it.
  private static func start(
    _ label: StaticString, ring: UInt32, _ flags: StartFlags, to findings: Mutex<Findings>
  ) {
    do throws(SystemError) {
      let thread = try Thread.start(StartOptions(flags: flags)) {
        report(label, to: findings)
        return read_code_segment() & 3 == ring ? 0 : 1
      }
      let outcome = try thread.join()
      if outcome == .exited(status: 0) { return }
      fail(findings) {
        $0.write(label)
        $0.write(" ")
        outcome.describe(to: &$0)
      }
    } catch {
      fail(findings) {
        $0.write(label)
        $0.write(": ")
        $0.write(error.sentence)
      }
    }
  }

  private static func report(_ label: StaticString, to findings: Mutex<Findings>) {
    let segment = read_code_segment()
    let stackPointer = read_stack_pointer()
    do throws(SystemError) {
      let task = try TaskIdentity.current.information()
      Console.write { write(task, label, segment, stackPointer, to: &$0) }
      findings.withLock {
        if $0.addressSpace == 0 { $0.addressSpace = task.addressSpace }
        if $0.addressSpace != task.addressSpace { $0.areInOneAddressSpace = false }
      }
      if task.ring != segment & 3 { fail(findings) { $0.write("the ring and CS disagree") } }
      if stackPointer < task.stackStart || stackPointer > task.stackEnd {
        fail(findings) { $0.write("the stack pointer is not on the task's stack") }
      }
    } catch {
      fail(findings) { $0.write(error.sentence) }
    }
  }

  private static func write(
    _ task: TaskInformation, _ label: StaticString, _ segment: UInt32, _ stackPointer: UInt32,
    to output: inout ConsoleLine
  ) {
    output.write(label, width: 13)
    output.write(": ")
    if hasColour { output.write(segment & 3 == 0 ? "\u{1b}[91m" : "\u{1b}[92m") }
    output.write("Ring ")
    output.write(decimal: segment & 3)
    output.write(", CS ")
    output.write(hexadecimal: segment, digits: 2)
    if hasColour { output.write("\u{1b}[0m") }
    output.write(", task ")
    output.write(decimal: task.task)
    output.write(", address space ")
    output.write(decimal: task.addressSpace)
    output.write("\n               stack ")
    output.write(hexadecimal: task.stackStart)
    output.write("-")
    output.write(hexadecimal: task.stackEnd)
    output.write(", ESP ")
    output.write(hexadecimal: stackPointer)
    output.write("\n               kernel stack ")
    if task.flags.contains(.sharedStack) {
      output.write("shared: the same\n")
    } else {
      output.write(hexadecimal: task.kernelStackStart)
      output.write("-")
      output.write(hexadecimal: task.kernelStackEnd)
      output.write("\n")
    }
  }

  private static func conclude(_ findings: Findings) -> Int32 {
    Console.write(
      findings.areInOneAddressSpace
        ? "rings: the threads share the address space of their process\n"
        : "rings: the threads are NOT in the address space of their process\n")
    return findings.failures == 0 && findings.areInOneAddressSpace ? 0 : 1
  }

  private static func fail(_ findings: Mutex<Findings>, _ describe: (inout ConsoleLine) -> Void) {
    findings.withLock { $0.failures += 1 }
    Console.write {
      $0.write("rings: ")
      describe(&$0)
      $0.write("\n")
    }
  }
}
