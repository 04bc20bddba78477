// Locks that threads hold: who waits for one lends its priority to the holder, through any number of locks, for as long
// as it waits; and a holder that ends does not take its lock along.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

@main
struct LocksCheck: Program {
  static func run() -> Int32 {
    var checks = Checklist("locks")
    inversion(&checks)
    chain(&checks)
    timeouts(&checks)
    holders(&checks)
    once(&checks)
    threadValues(&checks)
    return checks.conclude()
  }

  static func milliseconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000 }

  static func options(priority: UInt32, _ flags: StartFlags = []) -> StartOptions {
    var options = StartOptions(flags: flags)
    options.priority = priority
    return options
  }

  /// How long this task waits for a lock whose holder is less urgent than a third task that computes for 100 ms.
  private static func waitingTime(take: @escaping () -> Void, release: @escaping () -> Void) -> UInt64 {
    let isHeld = Semaphore(0)
    let holder = try? Thread.start(options(priority: 4)) {
      take()
      isHeld.give()
      compute(milliseconds: 5)
      release()
      return 0
    }
    isHeld.take()
    let rival = try? Thread.start(options(priority: 8)) {
      compute(milliseconds: 100)
      return 0
    }
    let start = Clock.sinceBoot
    take()
    let time = Clock.sinceBoot &- start
    release()
    _ = try? rival?.join()
    _ = try? holder?.join()
    return time
  }

  private static func inversion(_ checks: inout Checklist) {
    let lock = LockWord()
    let time = waitingTime(take: { lock.acquire() }, release: { lock.release() })
    checks.check(time < 20_000_000) {
      $0.write("with inheritance the urgent task waited ")
      $0.write(decimal: milliseconds(time))
      $0.write(" ms for a lock held for 5 ms")
    }
    // The control: a semaphore has no holder, so nobody inherits.
    let semaphore = Semaphore(1)
    let control = waitingTime(take: { semaphore.take() }, release: { semaphore.give() })
    checks.check(control >= 90_000_000) {
      $0.write("without inheritance it waited ")
      $0.write(decimal: milliseconds(control))
      $0.write(" ms, behind a task it should not have waited for")
    }
  }

  private static func compute(milliseconds: UInt64) {
    // Its own processor time, not that of others.
    let end = processorTime() &+ milliseconds &* 1_000_000
    while processorTime() < end { compute_a_while() }
  }

  private static func processorTime() -> UInt64 { (try? TaskIdentity.current.information())?.nanoseconds.value ?? 0 }

  static func priority(_ task: TaskIdentity?) -> UInt32 { (try? task?.information())?.priority ?? 99 }

  /// This task waits for a lock whose holder waits for another: both holders become as urgent as this task.
  private static func chain(_ checks: inout Checklist) {
    let first = LockWord()
    let second = LockWord()
    let canGoOn = Semaphore(0)
    let last = try? Thread.start(options(priority: 3)) {
      first.acquire()
      canGoOn.take()
      first.release()
      return 0
    }
    Thread.sleep(milliseconds: 1)
    let middle = try? Thread.start(options(priority: 5)) {
      second.acquire()
      first.acquire()
      first.release()
      second.release()
      return 0
    }
    Thread.sleep(milliseconds: 1)
    checks.check(priority(last?.task) == 5 && priority(middle?.task) == 5, "the first holder has the second's priority")
    let urgent = try? Thread.start(options(priority: 20)) {
      second.acquire()
      second.release()
      return 0
    }
    Thread.yield()
    checks.check(
      priority(last?.task) == 20 && priority(middle?.task) == 20, "both have the priority of the one behind them")
    canGoOn.give()
    for thread in [last, middle, urgent] { _ = try? thread?.join() }
    checks.check(first.isFree && second.isFree, "all locks are free again")
  }

  private static func timeouts(_ checks: inout Checklist) {
    let lock = LockWord()
    let canGoOn = Semaphore(0)
    let holder = try? Thread.start(options(priority: 3)) {
      lock.acquire()
      canGoOn.take()
      lock.release()
      return 0
    }
    Thread.sleep(milliseconds: 1)
    let start = Clock.sinceBoot
    let result = lock.acquire(nanoseconds: 2_000_000)
    let waited = Clock.sinceBoot &- start
    checks.check(
      result == SystemError.timedOut.rawValue && waited >= 2_000_000 && waited < 2_500_000,
      "a wait of 2 ms for a lock ends after 2 ms")
    checks.check(priority(holder?.task) == 3, "and the holder has its own priority again")
    canGoOn.give()
    _ = try? holder?.join()
  }

  private static func holders(_ checks: inout Checklist) {
    let lock = LockWord()
    let holder = try? Thread.start(options(priority: 20)) {
      lock.acquire()
      Thread.sleep(milliseconds: 60_000)
      return 0
    }
    try? holder?.task.kill(status: 1)
    _ = try? holder?.join()
    checks.check(lock.acquire(nanoseconds: .max) == 1, "the lock of a killed holder is taken over, and that is told")
    checks.check(lock.acquire(nanoseconds: .max) == SystemError.busy.rawValue, "its own lock is refused a second time")
    lock.release()
    checks.check(
      lock.releaseAnyway() == SystemError.notPermitted.rawValue, "a lock that is not held cannot be released")
  }

  private static func once(_ checks: inout Checklist) {
    let once = Once()
    let hasBegun = Semaphore(0)
    let first = try? Thread.start {
      once.run {
        hasBegun.give()
        Thread.sleep(milliseconds: 60_000)
      }
      return 0
    }
    hasBegun.take()
    let second = try? Thread.start {
      var ran: Int32 = 0
      once.run { ran = 7 }
      return ran
    }
    Thread.sleep(milliseconds: 1)
    try? first?.task.kill(status: 1)
    _ = try? first?.join()
    checks.check(
      (try? second?.join()) == .exited(status: 7), "what a killed thread was to do once is done by the one that waited")
    var isRepeated = false
    once.run { isRepeated = true }
    checks.check(!isRepeated, "and then not again")
  }

  private static func threadValues(_ checks: inout Checklist) {
    let value = ThreadLocal<UInt32> { 7 }
    value.value = 1
    var threads: [Thread] = []
    for number in UInt32(10)..<18 {
      let thread = try? Thread.start(StartOptions(flags: number % 2 == 0 ? .ring0 : [])) {
        var isRight = value.value == 7
        value.value = number
        for _ in 0..<50 {
          Thread.yield()
          if value.value != number { isRight = false }
        }
        return isRight ? 0 : 1
      }
      if let thread { threads.append(thread) }
    }
    var areRight = threads.count == 8
    for thread in threads where (try? thread.join()) != .exited(status: 0) { areRight = false }
    checks.check(
      areRight && value.value == 1, "each thread, in both rings, has its own value of a thread-local variable")
  }
}

/// A lock's word, with the steps of `WordLock` one by one.
final class LockWord {
  private let word: UnsafeMutablePointer<UInt32>

  init() {
    unsafe word = .allocate(capacity: 1)
    unsafe word.initialize(to: 0)
  }
  deinit { unsafe word.deallocate() }

  func acquire() { unsafe WordLock.acquire(word) }
  func release() { unsafe WordLock.release(word) }
  var isFree: Bool { unsafe atomic_load(word) == 0 }

  /// Asks the kernel without a look at the word.
  func acquire(nanoseconds: UInt64) -> Int32 {
    SystemCalls.lockAcquire(
      unsafe WordLock.address(word), UInt32(truncatingIfNeeded: nanoseconds),
      UInt32(truncatingIfNeeded: nanoseconds &>> 32))
  }

  func releaseAnyway() -> Int32 { SystemCalls.lockRelease(unsafe WordLock.address(word)) }
}
