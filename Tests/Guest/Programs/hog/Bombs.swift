// Programs that take all they can get and never end, and what it costs those beside them:
//
//     hog bomb spinners|threads|processes|regions|timers|messages|writes
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
    } else if kind == "processes" {
      while startChild() {}
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
