// Lab 2: a kernel that recurses until its stack is used up. As it is, the machine resets.
//
// The words of its command line say what it does, one after the other:
//
//     sum N     adds up 1 to N by recursion and writes `sum N is S`
//     gate N    the same, deeper than the stack reaches: writes `gate N: overflow at 0x…`, the stack pointer at that moment,
//               and goes on (cure 1)
//     ask N     the same, but asks before each step whether there is room: writes `ask N is S`, or `ask N: no room at depth D`,
//               and goes on without any exception (cure 2)

import Lab2Support

@inline(never) private func sum(_ number: UInt32) -> UInt32 {
  number == 0 ? 0 : opaque(sum(number - 1)) &+ number
}

/// Where the stack pointer was when the last double fault came.
private nonisolated(unsafe) var overflowedAt: UInt32 = 0

/// Called before the tables are loaded.
func cure() {
  let state = double_fault()!
  state.pointee.eip = double_fault_task_address()
  state.pointee.esp = second_stack_end_address()
  state.pointee.cr3 = page_directory_address()
  // Interrupts off; bit 1 is always set.
  state.pointee.eflags = 2
  state.pointee.cs = Selector.code
  state.pointee.ss = Selector.data
  state.pointee.ds = Selector.data
  state.pointee.es = Selector.data
  state.pointee.fs = Selector.data
  state.pointee.gs = Selector.data
  // The task that goes on takes its directory from here; the switch away does not store it.
  main_task()!.pointee.cr3 = page_directory_address()
  // A task gate: present, type 5; it has a selector and no offset.
  gate_table()![8] = UInt64(Selector.doubleFaultTask) << 16 | 0x85 << 40
}

/// Cure 1: called on the second stack once vector 8 has a task gate. `main_task()` has the registers of whoever overflowed.
@c(lab_double_fault) public func doubleFault() {
  overflowedAt = main_task()!.pointee.esp
  main_task()!.pointee.eip = recovered_address()
  main_task()!.pointee.esp = recovery_pointer()
}

private func gate(_ number: UInt32) {
  var failed: UInt32 = 0
  let result = call_recoverable({ sum($0) }, number, &failed)
  write("gate ")
  write(number)
  if failed == 1 {
    write(": overflow at ")
    write(hexadecimal: overflowedAt)
  } else {
    write(" is ")
    write(result)
  }
  write("\n")
}

/// How deep the recursion had come when there was no room; 0 where there was.
private nonisolated(unsafe) var stoppedAt: UInt32 = 0

@inline(never) private func checkedSum(_ number: UInt32, depth: UInt32) -> UInt32 {
  guard number > 0 else { return 0 }
  guard read_stack_pointer() >= stack_start_address() + 1024 else {
    stoppedAt = depth
    return 0
  }
  return opaque(checkedSum(number - 1, depth: depth + 1)) &+ number
}

private func ask(_ number: UInt32) {
  stoppedAt = 0
  let result = checkedSum(number, depth: 1)
  write("ask ")
  write(number)
  if stoppedAt > 0 {
    write(": no room at depth ")
    write(stoppedAt)
  } else {
    write(" is ")
    write(result)
  }
  write("\n")
}

/// An exception by an interrupt gate. Does this ever run after an overflow, and why not?
@c(lab_exception) public func exception(vector: UInt32) {
  write("exception ")
  write(vector)
  write("\n")
  halt_forever()
}

@c(lab_main) public func main(commandLine: UnsafePointer<CChar>?) {
  Machine.start()
  var words = Words(commandLine)
  // The first is the kernel's own file.
  _ = words.next()
  while let word = words.next() {
    let number = words.next()?.number ?? 0
    if word == "sum" {
      let result = sum(number)
      write("sum ")
      write(number)
      write(" is ")
      write(result)
      write("\n")
    } else if word == "gate" {
      gate(number)
    } else if word == "ask" {
      ask(number)
    }
  }
  Machine.stop()
}
