// A lock in one word: 0 free, 1 held, 2 held and somebody waits. Taking and releasing it costs no system call
// while nobody waits.

import ABI
import UserSupport

/// The algorithm; the word belongs to the caller and stays where it is.
public enum WordLock {
  /// Waits until the lock is free and takes it.
  public static func acquire(_ word: UnsafeMutablePointer<UInt32>) {
    guard unsafe atomic_compare_exchange(word, 0, 1) != 0 else { return }
    while unsafe atomic_exchange(word, 2) != 0 {
      _ = SystemCalls.wordWait(address(word), 2, .max, .max)
    }
  }

  /// Takes the lock if it is free. Returns whether it did.
  public static func tryAcquire(_ word: UnsafeMutablePointer<UInt32>) -> Bool {
    unsafe atomic_compare_exchange(word, 0, 1) == 0
  }

  /// Gives the lock up and wakes one of those who wait.
  public static func release(_ word: UnsafeMutablePointer<UInt32>) {
    if unsafe atomic_exchange(word, 0) == 2 {
      _ = SystemCalls.wordWake(address(word), 1)
    }
  }

  /// The number under which the kernel knows the word.
  @inlinable
  public static func address(_ word: UnsafeMutablePointer<UInt32>) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt(bitPattern: word))
  }
}
