// Uses the processor: for the given number of milliseconds, or for ever and then without any system call.
// It shows that a task that never yields starves nobody.
//
//     spin [MILLISECONDS]

import SDK
import UserSupport

@main
struct Spin: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 1 else {
      while opaque(1) == 1 { spin_hint() }
      return 1
    }
    guard let milliseconds = ProgramInformation.argument(1).number else {
      Console.complain("usage: spin [MILLISECONDS]\n")
      return 2
    }
    let end = Clock.sinceBoot &+ UInt64(milliseconds) &* 1_000_000
    while Clock.sinceBoot < end {
      for _ in 0..<10_000 { spin_hint() }
    }
    return 0
  }
}
