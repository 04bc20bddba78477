// Lets every allocation of the kernel fail, one after another, and looks whether anything is left behind.
//
// Each case (a system call, a way to start a task, a first touch, a module) is done with the first allocation failing,
// then with the second, and so on until it succeeds without one; once for frames of memory and once for the kernel's
// heap. Before and after each time, the free pages, the kernel's heap, the regions, handles, tasks, services and modules
// are counted.
// The exit status is 0 where there is no difference.

import ABI
import Primitives
import SDK

@main
struct FailSweep: Program {
  static func run() -> Int32 {
    // Started by itself, to have something to start.
    if ProgramInformation.argumentCount > 1 { return 0 }
    guard let scratch = Scratch() else {
      Console.write("failsweep: there is no memory to begin with\n")
      return 1
    }
    var sweep = Sweep()
    Console.write("CASE                                 FRAMES      HEAP\n")
    MemoryCases.run(&sweep, scratch)
    TaskCases.run(&sweep, scratch)
    ObjectCases.run(&sweep, scratch)
    ServiceCases.run(&sweep, scratch)
    ModuleCases.run(&sweep)
    let isProven = (try? Machine.memory(.check))?.discrepancies == 0
    if !isProven { Console.write("FAIL  free --check finds frames whose owner is wrong\n") }
    return sweep.conclude() && isProven ? 0 : 1
  }
}
