// The ways into the kernel, from callers with odd flags and segment registers. Whatever a caller does, the kernel goes
// on, other tasks are not touched, and the caller goes on or is ended: docs/what-ring0-may-do.md says which.

import ABI
import Primitives
import SDK
import UserSupport

/// Bits of EFLAGS (Intel SDM Vol. 1, 3.4.3).
private enum Flag {
  static var trap: UInt32 { 1 << 8 }
  static var interrupts: UInt32 { 1 << 9 }
  static var direction: UInt32 { 1 << 10 }
  static var privilegeLevel: UInt32 { 3 << 12 }
  static var nestedTask: UInt32 { 1 << 14 }
  static var alignmentCheck: UInt32 { 1 << 18 }
}

enum EntryTests {
  static func run(in report: inout TestReport) {
    report.run("calls with the direction flag set") { callsWork(with: Flag.direction) }
    report.run("calls with the alignment-check flag set") { callsWork(with: Flag.alignmentCheck) }
    report.run("calls with the nested-task flag set") { callsWork(with: Flag.nestedTask) }
    report.run("a call in a single step ends the task with a debug exception") {
      outcome { singleStep(throughGate: false) } == .faulted(vector: 1)
        && outcome { singleStep(throughGate: true) } == .faulted(vector: 1)
    }
    report.run("IRET with the nested-task flag ends the task or is harmless") {
      let outcome = outcome {
        return_with_nested_task_flag()
        return 0
      }
      return outcome == .faulted(vector: 10) || outcome == .faulted(vector: 13)
    }
    report.run("calls with odd data segments") { callsWorkWithSegments() }
    report.run("interrupts with odd data segments", interruptsWithSegments)
    report.run("a bad selector for the stack ends the task") {
      badStackSelectors.allSatisfy { selector in
        outcome {
          load_stack_segment(opaque(selector))
          return 0
        } == .faulted(vector: 13)
      }
    }
    report.run("interrupts that no device raised", interruptsFromNobody)
    if UserTests.isRing0 { runRing0(in: &report) } else { runRing3(in: &report) }
    report.run("other tasks have their own flags and segments after all that", othersAreUntouched)
  }

  private static func runRing3(in report: inout TestReport) {
    report.run("a single step into SYSENTER does not stop the kernel") {
      has_sysenter() == 0
        || outcome { single_stepped_sysenter(SystemCall.null.rawValue) } == .exited(status: 0)
    }
  }

  private static func runRing0(in report: inout TestReport) {
    report.run("calls with I/O privilege 3, which no other task gets") { callsWork(with: Flag.privilegeLevel) }
    report.run("a call with interrupts off leaves them off, also where it waits") {
      for call in [SystemCall.null, .yield, .sleep] {
        let flags = page_call_without_interrupts(call.rawValue, 100_000, 0)
        if flags & Flag.interrupts != 0 { return false }
      }
      return true
    }
    // It takes long in an emulator, and is the same on every stack.
    if UserTests.ownFlags.isDisjoint(with: [.sharedStack, .guarded]) {
      report.run("interrupt 2 raised again and again, also while the watchdog's own comes") {
        // That one comes every 40 milliseconds.
        let end = Clock.sinceBoot + 50_000_000
        return outcome {
          while Clock.sinceBoot < end { for _ in 0..<100 { raise_interrupt(0x02) } }
          return 0
        } == .exited(status: 0)
      }
    }
    report.run("IRET to the same ring") { return_to_self() == 1 }
    report.run("IRET to Ring 3") {
      let outcome = outcome {
        return_to_ring3_and_exit(SystemCall.exit.rawValue, 77)
        return 0
      }
      // With a shared stack the processor finds no kernel stack for a task in Ring 3, and with a guarded view it cannot
      // write to it: a double fault.
      return UserTests.ownFlags.isDisjoint(with: [.sharedStack, .guarded])
        ? outcome == .exited(status: 77) : outcome == .faulted(vector: 8)
    }
    report.run("calls and interrupts with the kernel's code selector") {
      outcome {
        guard page_call_with_kernel_selector(SystemCall.null.rawValue, 0) == 0,
          gate_call_with_kernel_selector(SystemCall.null.rawValue, 0) == 0,
          page_call_with_kernel_selector(SystemCall.yield.rawValue, 0) == 0,
          page_call_with_kernel_selector(SystemCall.clock.rawValue, 0xc010_0000)
            == SystemError.badAddress.rawValue,
          count_with_kernel_selector(20_000_000) == 0
        else { return 1 }
        return 0
      } == .exited(status: 0)
    }
    report.run("a fault with the kernel's code selector ends the task") {
      outcome {
        read_with_kernel_selector(opaque(0))
        return 0
      } == UserTests.pageFault
    }
    report.run("a loop with the kernel's code selector and interrupts off is found") {
      outcome {
        loop_with_kernel_selector()
        return 0
      } == .stuck
    }
  }

  private static func outcome(of body: @escaping () -> Int32) -> Outcome? { UserTests.outcome(of: body) }

  // MARK: Flags

  /// Makes calls of several kinds with flags set: one that does nothing, one that writes to the caller's memory, one
  /// that is refused, and one that lets another task run.
  private static func callsWork(with bits: UInt32) -> Bool {
    guard let partner = try? Thread.start(StartOptions(), body: { partner(20) }) else { return false }
    guard let place = try? Memory.map(4096, [.read, .write]) else { return false }
    let outcome = outcome {
      var flags: UInt32 = 0
      for _ in 0..<10 {
        volatile_write(place, 0)
        for number in [SystemCall.null, .yield] {
          if page_call_with_flags(bits, number.rawValue, 0, 0, &flags) != 0 { return 1 }
          if gate_call_with_flags(bits, number.rawValue, 0, 0, &flags) != 0 { return 2 }
        }
        if page_call_with_flags(bits, SystemCall.clock.rawValue, place, 0, &flags) != 0 { return 3 }
        if volatile_read(place) == 0 { return 4 }
        if gate_call_with_flags(bits, SystemCall.clock.rawValue, 0x8000, 0, &flags)
          != SystemError.badAddress.rawValue
        {
          return 5
        }
      }
      return 0
    }
    return outcome == .exited(status: 0) && (try? partner.join()) == .exited(status: 0)
      && (try? Memory.unmap(place, 4096)) != nil
  }

  /// A Ring-3 thread that takes turns with a hostile one and looks at its own flags.
  private static func partner(_ turns: UInt32) -> Int32 {
    for _ in 0..<turns {
      let odd = Flag.direction | Flag.alignmentCheck | Flag.nestedTask | Flag.privilegeLevel | Flag.trap
      if read_flags() & odd != 0 { return 1 }
      Thread.yield()
    }
    return 0
  }

  private static func singleStep(throughGate: Bool) -> Int32 {
    var flags: UInt32 = 0
    if throughGate { return gate_call_with_flags(Flag.trap, SystemCall.null.rawValue, 0, 0, &flags) }
    return page_call_with_flags(Flag.trap, SystemCall.null.rawValue, 0, 0, &flags)
  }

  // MARK: Segments

  /// Selectors that may be loaded into a data segment register in this ring.
  private static var dataSelectors: [UInt32] {
    UserTests.isRing0 ? [0, 3, 0x08, 0x10, 0x1b, 0x23, 0x28, 0x33] : [0, 3, 0x1b, 0x23, 0x33]
  }

  private static var badStackSelectors: [UInt32] {
    UserTests.isRing0 ? [0, 0x08, 0x23, 0x33, 0x38, 0xfff8] : [0, 0x10, 0x1b, 0x38, 0xffff]
  }

  private static func callsWorkWithSegments() -> Bool {
    guard let place = try? Memory.map(4096, [.read, .write]) else { return false }
    for selector in dataSelectors {
      let outcome = outcome {
        for other in [selector, 0x23] {
          if page_call_with_segments(selector, other, SystemCall.null.rawValue, 0) != 0 { return 1 }
          if page_call_with_segments(selector, other, SystemCall.yield.rawValue, 0) != 0 { return 2 }
          if gate_call_with_segments(selector, other, SystemCall.null.rawValue, 0) != 0 { return 3 }
          if page_call_with_segments(selector, other, SystemCall.clock.rawValue, place) != 0 { return 4 }
          if volatile_read(place) == 0 { return 5 }
          volatile_write(place, 0)
          if gate_call_with_segments(selector, other, SystemCall.clock.rawValue, place) != 0 { return 6 }
          if volatile_read(place) == 0 { return 7 }
          volatile_write(place, 0)
        }
        return 0
      }
      if outcome != .exited(status: 0) {
        Console.write {
          $0.write("  selector ")
          $0.write(hexadecimal: selector, digits: 2)
          $0.write(": the thread ")
          if let outcome { outcome.describe(to: &$0) } else { $0.write("did not start") }
          $0.write("\n")
        }
        return false
      }
    }
    return (try? Memory.unmap(place, 4096)) != nil
  }

  /// Interrupts come while a thread counts with odd selectors, because another one of its priority wants to run.
  private static func interruptsWithSegments() -> Bool {
    guard let rival = try? Thread.start(StartOptions(), body: { Int32(count_with_segments(0x23, 0x33, 30_000_000)) })
    else { return false }
    for selector in dataSelectors {
      let outcome = outcome { Int32(count_with_segments(selector, selector, 12_000_000)) }
      if outcome != .exited(status: 0) { return false }
    }
    return (try? rival.join()) == .exited(status: 0)
  }

  /// The vectors of the non-maskable interrupt, of spurious interrupts of all controllers, of the timer, the keyboard
  /// and the serial port with nothing to tell, and one that belongs to nobody. In Ring 3 their gates are closed.
  private static func interruptsFromNobody() -> Bool {
    let vectors: [UInt32] = [0x02, 0x27, 0x2f, 0x30, 0x31, 0x34, 0x35, 0xff]
    for vector in vectors {
      let outcome = outcome {
        for _ in 0..<10 { raise_interrupt(vector) }
        return 0
      }
      guard outcome == (UserTests.isRing0 ? .exited(status: 0) : .faulted(vector: 13)) else { return false }
    }
    // The timer and the interrupts of others go on.
    let start = Clock.sinceBoot
    Thread.sleep(milliseconds: 20)
    return Clock.sinceBoot - start >= 20_000_000
  }

  private static func othersAreUntouched() -> Bool {
    UserTests.outcome { partner(10) } == .exited(status: 0) && thread_word() == thread_word()
      && (try? TaskIdentity.current.information())?.task == current_task()
  }
}
