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
    let count = ProgramInformation.argumentCount
    let role = count > 1 ? ProgramInformation.argument(1) : Bytes("")
    if role == "--wait" { return (try? Events.next(.stopAsked)) == nil ? 1 : 0 }
    if role == "--warm", count == 3, let number = ProgramInformation.argument(2).number {
      return Crowd.run(number, yields: 1) == nil ? 1 : 0
    }
    let first = role == "--measure" ? 2 : 1
    var numbers: [UInt32] = []
    for index in first..<max(count, first) {
      guard let number = ProgramInformation.argument(index).number, number >= 10 else {
        Console.complain("usage: scale [TASKS...], each 10 or more\n")
        return 2
      }
      numbers.append(number)
    }
    if numbers.isEmpty { numbers = [10, 100, 1_000, 4_000] }
    return first == 2 ? measure(numbers) : compare(numbers)
  }

  /// Lets a child measure, whose heap and page tables are gone afterwards.
  private static func compare(_ numbers: [UInt32]) -> Int32 {
    var checks = Checklist("scale")
    // Once for the kernel's caches and its page tables for kernel stacks.
    checks.check(child("--warm", [numbers.max() ?? 10]) == .exited(status: 0), "the largest number of tasks was there")
    let before = pagesFree()
    checks.check(child("--measure", numbers) == .exited(status: 0), "all were, and a switch costs the same among all")
    let after = pagesFree()
    checks.check(before == after) {
      $0.write("pages free or this process's, before and after: ")
      $0.write(decimal: before)
      $0.write(" and ")
      $0.write(decimal: after)
    }
    return checks.conclude()
  }

  private static func pagesFree() -> UInt32 {
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return ((try? Machine.memory())?.free ?? 0) + own
  }

  private static func child(_ role: StaticString, _ numbers: [UInt32]) -> Outcome? {
    var words = WordList()
    words.append("scale")
    words.append(role)
    for number in numbers {
      var digits = ByteWriter()
      digits.write(decimal: number)
      words.append(digits.bytes)
    }
    guard let child = try? Process.start(Bytes("/bin/scale"), arguments: words) else { return nil }
    return try? child.wait()
  }

  private static func measure(_ numbers: [UInt32]) -> Int32 {
    var lines: [Line] = []
    for number in numbers {
      guard let line = Crowd.run(number, yields: yields) else {
        Console.write {
          $0.write(decimal: number)
          $0.write(" tasks could not be started\n")
        }
        return 1
      }
      lines.append(line)
    }
    var least = UInt64.max
    var most: UInt64 = 0
    Console.write("tasks   of them ready   time stamps for a yield   pages for a task\n")
    for line in lines {
      line.write()
      least = min(least, line.cost)
      most = max(most, line.cost)
    }
    // A switch among many costs at most a tenth more than one among few.
    return most <= least + least / 10 ? 0 : 1
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
