// State of the processor that all tasks share and a Ring-0 task can change: what the kernel puts back, and when.
//
// Invariants:
// - No other task runs with debug registers that a Ring-0 task left behind: they are looked at in each switch away from
//   one. CR0 and CR4 are loaded where the next task is of another kind.
// - What costs too much for that (CR0 and CR4 among Ring-0 tasks, the tables' registers, the registers for SYSENTER) is
//   looked at when a Ring-0 task ends, and when a general protection fault may have come of it.
//
// docs/what-ring0-may-do.md has a row for each.

import ABI
import Consoles
import Diagnostics
import Drivers
import Machine
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct ProcessorState {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// The model-specific registers for SYSENTER (Intel SDM Vol. 2, SYSENTER). ESP points at the task state's ESP0.
  private func systemEnterRegister(_ index: UInt32) -> (number: UInt32, name: StaticString, value: UInt32) {
    switch index {
    case 0: (0x174, "SYSENTER_CS", UInt32(SELECTOR_KERNEL_CODE))
    case 1: (0x175, "SYSENTER_ESP", UInt32(UInt(bitPattern: current_cpu_area())) &+ 0x104)
    default: (0x176, "SYSENTER_EIP", address_of_sysenter_entry())
    }
  }

  /// Sets the registers that never change from now on.
  func prepare() {
    guard context.features.hasSystemEnter else { return }
    for index in 0..<3 as Range<UInt32> {
      let register = systemEnterRegister(index)
      write_model_register(register.number, register.value, 0)
    }
  }

  /// Puts back what a Ring-0 task changed and should not have, and says so. Returns whether anything was found.
  @inline(never)
  func restore(after task: Reference<Task>?) -> Bool {
    var found = false
    if read_cr4() != cpu.next_control_4 {
      report("CR4", read_cr4(), after: task)
      write_cr4(cpu.next_control_4)
      found = true
    }
    // An NMI sets TS (Intel SDM Vol. 3, 8.3), which at worst costs the next task an exception 7; WP is on while the code of a
    // guarded task runs.
    var harmless = ControlBits.taskSwitched & ~cpu.next_control_0
    if Processor().isGuarded { harmless |= ControlBits.writeProtect }
    if (read_cr0() ^ cpu.next_control_0) & ~harmless != 0 {
      report("CR0", read_cr0(), after: task)
      write_cr0(cpu.next_control_0)
      found = true
    }
    if restoreShared(after: task) { found = true }
    return found
  }

  /// The same for what is one value for all tasks, and may be looked at in the middle of a switch.
  func restoreShared(after task: Reference<Task>?) -> Bool {
    var found = false
    if context.features.hasSystemEnter {
      for index in 0..<3 as Range<UInt32> {
        let register = systemEnterRegister(index)
        let value = UInt32(truncatingIfNeeded: read_model_register(register.number))
        guard value != register.value else { continue }
        report(register.name, value, after: task)
        write_model_register(register.number, register.value, 0)
        found = true
      }
    }
    if !DescriptorTables.areLoaded {
      report("the descriptor tables' registers", nil, after: task)
      DescriptorTables.load()
      found = true
    }
    return found
  }

  private func report(_ name: StaticString, _ value: UInt32?, after task: Reference<Task>?) {
    var output = KernelOutput(context)
    output.write("processor: ")
    if let task {
      task.inReports.write(to: &output)
      output.write(" changed ")
    } else {
      output.write("a Ring-0 task changed ")
    }
    output.write(name)
    if let value {
      output.write(" to ")
      output.write(hexadecimal: value)
    }
    output.write("; the kernel put it back\n")
  }
}
