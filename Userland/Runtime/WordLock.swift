// A lock in one word: 0 while it is free, else the identity of the task that holds it, with the highest bit set while
// somebody may wait. Taking and releasing it costs no system call while nobody waits; who waits lends the holder its
// priority.
//
// A lock whose holder was ended goes to the next who wants it: what it protects may then be half changed, but nobody
// waits for ever.

import ABI
import UserSupport

/// The algorithm; the word belongs to the caller and stays where it is.
public enum WordLock {
  /// Waits until the lock is free and takes it. A thread that takes a lock which it holds ends its program.
  public static func acquire(_ word: UnsafeMutablePointer<UInt32>) {
    guard unsafe !tryAcquire(word) else { return }
    let result = SystemCalls.lockAcquire(address(word), .max, .max)
    if result < 0 { Failure.end("lock: a thread took a lock that it holds already, or its word was overwritten\n") }
  }

  /// Takes the lock if it is free. Returns whether it did.
  public static func tryAcquire(_ word: UnsafeMutablePointer<UInt32>) -> Bool {
    unsafe atomic_compare_exchange(word, 0, current_task()) == 0
  }

  /// Gives the lock up, to the most urgent of those who wait.
  public static func release(_ word: UnsafeMutablePointer<UInt32>) {
    let task = current_task()
    guard unsafe atomic_compare_exchange(word, task, 0) != task else { return }
    let result = SystemCalls.lockRelease(address(word))
    if result < 0 { Failure.end("lock: a thread released a lock that it does not hold\n") }
  }

  /// The number under which the kernel knows the word.
  @inlinable
  public static func address(_ word: UnsafeMutablePointer<UInt32>) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt(bitPattern: word))
  }
}

/// The end of a program that cannot go on.
public enum Failure {
  /// Writes the sentence and ends the process.
  public static func end(_ sentence: StaticString) -> Never {
    _ = unsafe SystemCalls.write(
      StandardHandle.error, sentence.utf8Start, UInt32(sentence.utf8CodeUnitCount))
    SystemCalls.abort(134)
  }
}
