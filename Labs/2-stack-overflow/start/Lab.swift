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

/// Called before the tables are loaded.
func cure() {
  // To do, cure 1: fill `double_fault()` so that a task can begin with it, at `double_fault_task_address()` on the stack that
  // ends at `second_stack_end_address()`, and make the gate of vector 8 a task gate for `Selector.doubleFaultTask` (Intel SDM
  // Vol. 3, 6.14 and 8.3).
}

/// Cure 1: called on the second stack once vector 8 has a task gate. `main_task()` has the registers of whoever overflowed.
@c(lab_double_fault) public func doubleFault() {
  // To do: keep the stack pointer for the report, and have the interrupted task go on at `recovered_address()` with its stack
  // pointer at `recovery_pointer()`.
}

private func gate(_ number: UInt32) {
  var failed: UInt32 = 0
  _ = call_recoverable({ sum($0) }, number, &failed)
  // To do: report.
}

private func ask(_ number: UInt32) {
  // To do, cure 2: recurse as `sum` does, and stop where fewer than 1024 bytes are left above `stack_start_address()`.
  _ = sum(number)
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
