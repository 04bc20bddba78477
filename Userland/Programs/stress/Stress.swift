// Random lives of tasks of all kinds, with the kernel's invariants proved on the way.
//
//     stress [SEED [OPERATIONS]]          SEED 1 and 10,000 operations where not given
//     stress SEED --minutes MINUTES
//
// An operation starts a task of a random kind and behaviour, ends a random one, waits for one or for any, asks one to
// stop, changes a priority, yields or sleeps. After each 1,000 operations the kernel walks all its structures; at the
// end everything is ended and every page must be back. The same seed does the same on a machine that counts
// instructions.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

@main
struct Stress: Program {
  static func run() -> Int32 {
    let count = ProgramInformation.argumentCount
    if count == 3, ProgramInformation.argument(1) == "--worker", let word = ProgramInformation.argument(2).number {
      return Worker.run(word)
    }
    let seed = count > 1 ? ProgramInformation.argument(1).number : 1
    var operations: UInt32? = 10_000
    var minutes: UInt32?
    if count == 3 { operations = ProgramInformation.argument(2).number }
    if count == 4, ProgramInformation.argument(2) == "--minutes" { minutes = ProgramInformation.argument(3).number }
    guard let seed, let operations = minutes == nil ? operations : .max, count < 5 else {
      Console.complain("usage: stress [SEED [OPERATIONS]] or stress SEED --minutes MINUTES\n")
      return 2
    }
    return run(seed, operations, minutes)
  }

  private static func run(_ seed: UInt32, _ operations: UInt32, _ minutes: UInt32?) -> Int32 {
    var checks = Checklist("stress")
    // The kernel's caches and this process's heap get their size.
    var warming = Population(seed: 0xffff_ffff)
    for _ in 0..<500 { warming.operate() }
    warming.endAll()
    let before = pages()
    let start = Clock.sinceBoot
    let end = minutes.map { start &+ UInt64($0) &* 60_000_000_000 } ?? .max
    var population = Population(seed: UInt64(seed))
    var done: UInt32 = 0
    var proofs: UInt32 = 0
    var isWhole = true
    while done < operations, Clock.sinceBoot < end, isWhole {
      population.operate()
      done += 1
      if done % 1_000 == 0 {
        isWhole = prove()
        proofs += 1
      }
    }
    population.endAll()
    isWhole = prove() && isWhole
    checks.check(isWhole) {
      $0.write(decimal: proofs + 1)
      $0.write(" proofs of the kernel's structures found nothing wrong")
    }
    population.report(operations: done, milliseconds: (Clock.sinceBoot &- start) / 1_000_000)
    checks.check(population.areAllWaitedFor, "every task that was started was waited for once")
    checks.check(population.surprises == 0, "no task ended in a way that nobody asked for")
    let after = pages()
    checks.check(before == after) {
      $0.write("pages free or this process's, before and after: ")
      $0.write(decimal: before)
      $0.write(" and ")
      $0.write(decimal: after)
    }
    return checks.conclude()
  }

  private static func prove() -> Bool { (try? Machine.memory(.check))?.discrepancies == 0 }

  private static func pages() -> UInt32 {
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return ((try? Machine.memory())?.free ?? 0) + own
  }
}
