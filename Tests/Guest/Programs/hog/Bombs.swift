// Programs that take all they can get and never end, and what it costs those beside them:
//
//     hog bomb spinners|threads|tasks|processes|memory|regions|timers|messages|writes
//     hog latency        how late a sleeper of 1 ms wakes, at the most
//
// Invariant: a bomb goes on when it is refused something: it computes then, or tries again.

import ABI
import Primitives
import SDK
import UserSupport

enum Bombs {
  static func run(_ kind: Bytes) -> Int32 {
    if kind == "spinners" {
      for _ in 0..<100 { startSpinner() }
    } else if kind == "threads" {
      while startSpinner() {}
    } else if kind == "tasks" {
      var count: UInt32 = 0
      while startSleeper() { count += 1 }
      tell("all tasks", count)
    } else if kind == "processes" {
      while startChild() {}
    } else if kind == "memory" {
      tell("all memory but pages", takeMemory())
    } else if kind == "regions" {
      var isReadOnly = false
      while (try? Memory.map(4096, isReadOnly ? [.read] : [.read, .write])) != nil { isReadOnly = !isReadOnly }
    } else if kind == "timers" {
      for _ in 0..<300 {
        _ = try? Thread.start {
          try? Events.setTimer(after: 100_000, period: 100_000)
          while true { _ = try? Events.next(.timer) }
        }
      }
    } else if kind == "messages" {
      for _ in 0..<40 { _ = try? Thread.start { call() } }
    } else if kind == "writes" {
      let text = [UInt8](repeating: 0x20, count: 65536)
      for _ in 0..<4 { Console.write { $0.write(text) } }
    } else {
      return 2
    }
    spin()
  }

  @discardableResult
  private static func startSpinner() -> Bool { (try? Thread.start { spin() }) != nil }

  private static func startSleeper() -> Bool {
    let thread = try? Thread.start {
      Thread.sleep(milliseconds: 600_000)
      return 0
    }
    return thread != nil
  }

  private static func startChild() -> Bool {
    var arguments = WordList()
    arguments.append(ProgramInformation.argument(0))
    arguments.append("bomb")
    arguments.append("processes")
    return (try? Process.start(ProgramInformation.argument(0), arguments: arguments)) != nil
  }

  private static func spin() -> Never {
    while true { spin_hint() }
  }

  private static func tell(_ what: StaticString, _ count: UInt32) {
    Console.write {
      $0.write("hog: ")
      $0.write(what)
      $0.write(", ")
      $0.write(decimal: count)
      $0.write("\n")
    }
  }

  /// Takes pages as long as it is not ended for that. Returns how many are left.
  private static func takeMemory() -> UInt32 {
    while true {
      guard let free = try? Machine.memory().free, free > 56,
        let start = try? Memory.map((free - 52) * 4096, [.read, .write])
      else { return (try? Machine.memory().free) ?? 0 }
      // A table for every 512 of them comes out of what is left.
      for page in stride(from: start, to: start + (free - 52) / 2 * 4096, by: 4096) { volatile_write(page, 1) }
    }
  }

  private static func call() -> Never {
    guard let store = try? ServiceClient("store") else { spin() }
    while true { _ = try? store.callShort(0) }
  }

  static func latency() -> Int32 {
    var worst: UInt64 = 0
    for _ in 0..<8 {
      let before = Clock.sinceBoot
      Thread.sleep(milliseconds: 1)
      worst = max(worst, Clock.sinceBoot - before)
    }
    Console.write {
      $0.write("hog: 1 ms takes ")
      $0.write(decimal: (worst + 999_999) / 1_000_000)
      $0.write(" ms at the most\n")
    }
    return 0
  }
}
