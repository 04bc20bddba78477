// A crowd of tasks: started, measured, and taken down again.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

final class Crowd {
  private var threads: [TaskIdentity] = []
  private var processes: [TaskIdentity] = []
  /// Opens for the threads to yield.
  private let gate = Semaphore(0)
  /// When the first thread began to yield and the last one had done so, in time stamps, and how many have.
  private let finished = Mutex((first: UInt64.max, last: UInt64(0), count: UInt32(0)))
  /// Opens for the threads to end.
  private let exit = Semaphore(0)

  /// Starts `count` tasks besides this one, lets the threads yield, and ends all. Returns nil where not all could be
  /// started.
  static func run(_ count: UInt32, yields: UInt64) -> Line? {
    let crowd = Crowd()
    let before = (try? Machine.memory())?.free ?? 0
    var isWhole = true
    for index in 0..<count - 1 where isWhole { isWhole = crowd.startOne(index, yields: yields) }
    let used = before &- ((try? Machine.memory())?.free ?? 0)
    let stamps = isWhole ? crowd.letYield() : 0
    crowd.end(isWhole: isWhole)
    guard isWhole else { return nil }
    let ready = UInt32(crowd.threads.count)
    return Line(
      tasks: count, ready: ready, cost: stamps / (UInt64(max(ready, 1)) * yields), pagesPerTask: used / count)
  }

  private func startOne(_ index: UInt32, yields: UInt64) -> Bool {
    switch index % 20 {
    case 18: startProcess([])
    case 19: startProcess(.ring0)
    case 14, 15: startThread(.ring0, yields)
    case 16, 17: startThread([.ring0, .sharedStack], yields)
    default: startThread([], yields)
    }
  }

  private func startThread(_ flags: StartFlags, _ yields: UInt64) -> Bool {
    var options = StartOptions(flags: flags)
    options.stackSize = 16384
    let thread = try? Thread.start(options) {
      self.gate.take()
      let start = read_time_stamp()
      for _ in 0..<yields { Thread.yield() }
      let end = read_time_stamp()
      self.finished.withLock { $0 = (min($0.first, start), max($0.last, end), $0.count + 1) }
      self.exit.take()
      return 0
    }
    guard let thread else { return false }
    threads.append(thread.task)
    return true
  }

  private func startProcess(_ flags: StartFlags) -> Bool {
    var words = WordList()
    words.append("scale")
    words.append("--wait")
    let process = try? Process.start(Bytes("/bin/scale"), arguments: words, options: StartOptions(flags: flags))
    guard let process else { return false }
    processes.append(process)
    return true
  }

  /// Lets all threads yield in turn. Returns how many time stamps they took for all of it.
  private func letYield() -> UInt64 {
    // All are at the gate, or in front of it, before it opens; then all are ready at once, behind this task.
    Thread.sleep(milliseconds: 50)
    for _ in 0..<threads.count { gate.give() }
    while finished.withLock({ $0.count }) < UInt32(threads.count) { Thread.sleep(milliseconds: 1) }
    return finished.withLock { $0.last &- $0.first }
  }

  private func end(isWhole: Bool) {
    for process in processes { try? process.askToStop() }
    for _ in 0..<threads.count { exit.give() }
    for thread in threads {
      if !isWhole { try? thread.kill(status: 1) }
      _ = try? thread.wait()
    }
    for process in processes { _ = try? process.wait() }
  }
}
