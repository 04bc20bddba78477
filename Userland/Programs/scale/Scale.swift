// Many tasks at once, and what one switch costs among them.
//
//     scale [TASKS...]      without numbers: 10 100 1000 4000
//
// For each number that many tasks of all kinds are started: of twenty, fourteen are Ring-3 threads, two Ring-0 threads
// of each kind of stack, one is a Ring-3 process and one a Ring-0 process. The processes wait for an event; all threads
// are ready together and yield in turn, so that every switch is one among all of them.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

@main
struct Scale: Program {
  /// How often each thread yields.
  private static var yields: UInt64 { 32 }

  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 2, ProgramInformation.argument(1) == "--wait" {
      return (try? Events.next(.stopAsked)) == nil ? 1 : 0
    }
    var numbers: [UInt32] = []
    for index in 1..<max(ProgramInformation.argumentCount, 1) {
      guard let number = ProgramInformation.argument(index).number, number >= 10 else {
        Console.write("usage: scale [TASKS...], each 10 or more\n")
        return 2
      }
      numbers.append(number)
    }
    if numbers.isEmpty { numbers = [10, 100, 1_000, 4_000] }
    return measureAll(numbers)
  }

  private static func measureAll(_ numbers: [UInt32]) -> Int32 {
    var checks = Checklist("scale")
    var costs: [UInt64] = []
    var lines: [Line] = []
    // Once for the kernel's caches, its page tables for kernel stacks, and this process's heap.
    _ = Crowd.run(numbers.max() ?? 10, yields: 1)
    let before = pagesFree()
    for number in numbers {
      guard let line = Crowd.run(number, yields: yields) else {
        checks.check(false) {
          $0.write(decimal: number)
          $0.write(" tasks could not be started")
        }
        continue
      }
      lines.append(line)
      costs.append(line.cost)
    }
    let after = pagesFree()
    Console.write("tasks   of them ready   time stamps for a yield   pages for a task\n")
    for line in lines { line.write() }
    let least = costs.min() ?? 0
    let most = costs.max() ?? .max
    checks.check(lines.count == numbers.count, "all numbers of tasks were there at once")
    checks.check(most <= least + least / 4, "a switch among many costs at most a quarter more than among few")
    checks.check(before == after) {
      $0.write("pages free or this process's, before and after: ")
      $0.write(decimal: before)
      $0.write(" and ")
      $0.write(decimal: after)
    }
    return checks.conclude()
  }

  static func pagesFree() -> UInt32 {
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return ((try? Machine.memory())?.free ?? 0) + own
  }
}

/// What a measurement came to.
struct Line {
  let tasks: UInt32
  let ready: UInt32
  let cost: UInt64
  let pagesPerTask: UInt32

  func write() {
    Console.write {
      $0.write(decimal: tasks, width: 5)
      $0.write(decimal: ready, width: 16)
      $0.write(decimal: cost, width: 26)
      $0.write(decimal: pagesPerTask, width: 19)
      $0.write("\n")
    }
  }
}
