// What threads of a process wait for each other with. Each object is one word that the kernel only hears of when
// somebody has to wait.

import ABI
import Runtime
import UserSupport

/// A word at a fixed address, zero at first.
@safe
final class SharedWord: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<UInt32>

  init() {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: 0)
  }
  deinit { unsafe pointer.deallocate() }

  var value: UInt32 { unsafe atomic_load(pointer) }
  /// Adds and returns what was there before.
  @discardableResult
  func add(_ amount: UInt32) -> UInt32 { unsafe atomic_add(pointer, amount) }
  /// Puts `desired` where `expected` is. Returns whether it did.
  func replace(_ expected: UInt32, by desired: UInt32) -> Bool {
    unsafe atomic_compare_exchange(pointer, expected, desired) == expected
  }
  func store(_ value: UInt32) { unsafe atomic_store(pointer, value) }

  /// Sleeps while the word is `expected`, until somebody wakes it; may return early.
  /// - Returns: false where `nanoseconds` ran out first.
  func wait(while expected: UInt32, nanoseconds: UInt64 = .max) -> Bool {
    let result = SystemCalls.wordWait(
      unsafe WordLock.address(pointer), expected, UInt32(truncatingIfNeeded: nanoseconds),
      UInt32(truncatingIfNeeded: nanoseconds &>> 32))
    return result != SystemError.timedOut.rawValue
  }

  func wake(_ count: UInt32) { _ = SystemCalls.wordWake(unsafe WordLock.address(pointer), count) }
}

/// A lock that owns what it protects: the value can only be reached while the lock is held. Where the thread that holds it is
/// ended, the next one gets the lock, and the value as it was left.
public final class Mutex<Value>: @unchecked Sendable {
  private let word = SharedWord()
  private var value: Value

  public init(_ value: Value) { self.value = value }

  /// Waits for the lock and calls `body` with the value.
  public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    unsafe WordLock.acquire(word.pointer)
    defer { unsafe WordLock.release(word.pointer) }
    return body(&value)
  }

  /// Calls `body` if the lock is free; returns nil otherwise.
  public func withLockIfFree<Result>(_ body: (inout Value) -> Result) -> Result? {
    guard unsafe WordLock.tryAcquire(word.pointer) else { return nil }
    defer { unsafe WordLock.release(word.pointer) }
    return body(&value)
  }

  /// Waits for the lock and then, with `condition`, until `isTrue` says so of the value; calls `body` with it.
  public func wait<Result>(
    _ condition: Condition, until isTrue: (Value) -> Bool, _ body: (inout Value) -> Result
  ) -> Result {
    unsafe WordLock.acquire(word.pointer)
    defer { unsafe WordLock.release(word.pointer) }
    while !isTrue(value) {
      let turn = condition.word.value
      unsafe WordLock.release(word.pointer)
      _ = condition.word.wait(while: turn)
      unsafe WordLock.acquire(word.pointer)
    }
    return body(&value)
  }
}

/// What `Mutex.wait` waits for. Whoever changes the value so that somebody may go on signals afterwards.
public final class Condition: @unchecked Sendable {
  /// Counts the signals, so that one between a waiter's look and its sleep is not lost.
  let word = SharedWord()
  public init() {}

  /// Wakes one of those who wait. If that one is ended before it runs, the others go on waiting: where threads may be ended,
  /// use `broadcast`.
  public func signal() {
    word.add(1)
    word.wake(1)
  }

  /// Wakes all who wait.
  public func broadcast() {
    word.add(1)
    word.wake(.max)
  }
}

/// A count of things that can be taken. What a thread took is gone with it when it is ended, and so is the wake-up that it was
/// given: a semaphore has no holder. Where threads may be ended, use `Mutex`.
public final class Semaphore: @unchecked Sendable {
  private let word = SharedWord()

  public init(_ count: UInt32) { word.store(count) }

  /// Waits until there is one and takes it.
  public func take() {
    while !takeIfThere() { _ = word.wait(while: 0) }
  }

  /// Waits for one until the time is over. Returns whether it took one.
  public func take(nanoseconds: UInt64) -> Bool {
    let end = Clock.sinceBoot &+ nanoseconds
    while !takeIfThere() {
      let now = Clock.sinceBoot
      guard now < end else { return false }
      _ = word.wait(while: 0, nanoseconds: end &- now)
    }
    return true
  }

  /// Takes one if there is one.
  public func takeIfThere() -> Bool {
    var count = word.value
    while count > 0 {
      if word.replace(count, by: count - 1) { return true }
      count = word.value
    }
    return false
  }

  /// Adds one.
  public func give() {
    word.add(1)
    word.wake(1)
  }
}

/// Something that is done once, by whoever comes first; the others wait until it is done. Where the thread that does it is
/// ended in the middle, the next one does it from the start.
public final class Once: @unchecked Sendable {
  private static var done: UInt32 { 1 }
  private let word = SharedWord()
  private let lock = SharedWord()

  public init() {}

  public func run(_ body: () -> Void) {
    if word.value == Self.done { return }
    unsafe WordLock.acquire(lock.pointer)
    defer { unsafe WordLock.release(lock.pointer) }
    if word.value == Self.done { return }
    body()
    word.store(Self.done)
  }
}
