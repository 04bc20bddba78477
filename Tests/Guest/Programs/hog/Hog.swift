// Takes as much as it can of one thing, for tests of jobs and their limits.
//
//     hog processes|threads|regions|pages      until a call is refused; says how many there were and with what error
//     hog storm [jobs]                          processes that take memory and start more of their kind, until they are ended;
//                                               with `jobs` each is a job of its own
//     hog stale                                 a thread waits for a word of a page that is unmapped, another one for the same
//                                               word of the next page; says which of them a wake reaches
//     hog timers N                              N threads with the shortest timer there is; says how late a sleeper of their
//                                               priority wakes
//     hog bomb KIND, hog latency                see Bombs.swift
//
// Invariant: what it took is given back before it ends by itself.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Hog: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 1 else { return 2 }
    let kind = ProgramInformation.argument(1)
    if kind == "processes" { return processes() }
    if kind == "threads" { return threads() }
    if kind == "regions" { return regions() }
    if kind == "pages" { return pages() }
    if kind == "storm" { return storm(ownJobs: ProgramInformation.argumentCount > 2) }
    if kind == "timers", ProgramInformation.argumentCount > 2, let count = ProgramInformation.argument(2).number {
      return timers(count)
    }
    if kind == "stale" { return stale() }
    if kind == "bomb", ProgramInformation.argumentCount > 2 { return Bombs.run(ProgramInformation.argument(2)) }
    if kind == "latency" { return Bombs.latency() }
    if kind == "wait" { Thread.sleep(milliseconds: 600_000) }
    return 2
  }

  private static func report(_ kind: StaticString, _ count: Int, _ error: SystemError) -> Int32 {
    Console.write {
      $0.write("hog: ")
      $0.write(decimal: count)
      $0.write(" ")
      $0.write(kind)
      $0.write(", then: ")
      error.describe(to: &$0)
      $0.write("\n")
    }
    return error == .limitReached ? 0 : 1
  }

  private static func child(_ role: StaticString, ownJob: Bool = false) throws(Refusal) -> TaskIdentity {
    var arguments = WordList()
    arguments.append(ProgramInformation.argument(0))
    arguments.append(role)
    if ownJob { arguments.append("jobs") }
    var options = StartOptions()
    if ownJob { options.flags.insert(.ownJob) }
    return try Process.start(ProgramInformation.argument(0), arguments: arguments, options: options)
  }

  private static func processes() -> Int32 {
    var children: [TaskIdentity] = []
    while true {
      do throws(Refusal) { children.append(try child("wait")) } catch {
        for child in children {
          try? child.kill(status: 1)
          _ = try? child.wait()
        }
        return report("processes", children.count, error.error)
      }
    }
  }

  private static func threads() -> Int32 {
    var threads: [Thread] = []
    while true {
      do throws(SystemError) {
        threads.append(
          try Thread.start {
            Thread.sleep(milliseconds: 600_000)
            return 0
          })
      } catch {
        for thread in threads {
          try? thread.task.kill(status: 1)
          _ = try? thread.join()
        }
        return report("threads", threads.count, error)
      }
    }
  }

  /// Regions that cannot be joined, because each allows something else than its neighbours.
  private static func regions() -> Int32 {
    var places: [UInt32] = []
    while true {
      do throws(SystemError) {
        places.append(try Memory.map(4096, places.count % 2 == 0 ? [.read] : [.read, .write]))
      } catch {
        for place in places { try? Memory.unmap(place, 4096) }
        return report("regions", places.count, error)
      }
    }
  }

  /// Pages that the kernel fills: it can say that there are no more, where a program's own access only ends it.
  private static func pages() -> Int32 {
    let length: UInt32 = 256 << 20
    guard let start = try? Memory.map(length, [.read, .write]) else { return 1 }
    var count = 0
    for page in stride(from: start, to: start + length, by: 4096) {
      let result = unsafe SystemCalls.clock(UnsafeMutablePointer(bitPattern: UInt(page)).unsafelyUnwrapped)
      guard result >= 0 else {
        try? Memory.unmap(start, length)
        return report("pages", count, SystemError(rawValue: result) ?? .unknownCall)
      }
      count += 1
    }
    return 1
  }

  private static func storm(ownJobs: Bool) -> Int32 {
    let length: UInt32 = 64 * 4096
    while true {
      if let start = try? Memory.map(length, [.read, .write]) {
        for page in stride(from: start, to: start + length, by: 4096) { volatile_write(page, 1) }
      }
      _ = try? child("storm", ownJob: ownJobs)
    }
  }

  private static func stale() -> Int32 {
    func waiter() -> (thread: Thread, page: UInt32)? {
      guard let page = try? Memory.map(4096, [.read, .write]) else { return nil }
      volatile_write(page, 0)
      let thread = try? Thread.start { SystemCalls.wordWait(page, 0, .max, .max) == 0 ? 1 : 2 }
      Thread.sleep(milliseconds: 20)
      return thread.map { ($0, page) }
    }
    guard let old = waiter() else { return 1 }
    try? Memory.unmap(old.page, 4096)
    guard let new = waiter() else { return 1 }
    let woken = SystemCalls.wordWake(new.page, 1)
    Thread.sleep(milliseconds: 20)
    try? old.thread.task.kill(status: 1)
    let first = try? old.thread.join()
    var isRight = (try? new.thread.join()) == .exited(status: 1)
    if case .killed = first {} else { isRight = false }
    Console.write {
      $0.write("hog: ")
      $0.write(decimal: Int(woken))
      $0.write(isRight ? " woken, the right one\n" : " woken, the wrong one\n")
    }
    return 0
  }

  private static func timers(_ count: UInt32) -> Int32 {
    var threads: [Thread] = []
    for index in 0..<count {
      let thread = try? Thread.start {
        try? Events.setTimer(after: 100_000, period: 100_000)
        // Half of them take their events as fast as they come.
        while index % 2 == 0 { _ = try? Events.next(.timer) }
        Thread.sleep(milliseconds: 600_000)
        return 0
      }
      if let thread { threads.append(thread) }
    }
    var worst: UInt64 = 0
    for _ in 0..<20 {
      let before = Clock.sinceBoot
      Thread.sleep(milliseconds: 1)
      worst = max(worst, Clock.sinceBoot - before)
    }
    for thread in threads {
      try? thread.task.kill(status: 1)
      _ = try? thread.join()
    }
    Console.write {
      $0.write("hog: beside ")
      $0.write(decimal: threads.count)
      $0.write(" timers 1 ms takes ")
      $0.write(decimal: (worst + 999_999) / 1_000_000)
      $0.write(" ms at the most\n")
    }
    return 0
  }
}
