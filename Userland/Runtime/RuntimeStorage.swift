// The runtime's own variables. They lie in storage of start.S that is zero when a program starts, because a Swift
// global would bring the code that initialises it at its first use into every program.
//
// Invariant: only the named users below touch their words.

import UserSupport

public enum RuntimeStorage {
  /// The heap's lock.
  static var heapLock: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! }
  /// Two words: where the heap's current piece of fresh memory begins, and where it ends.
  static var freshMemory: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 1 }
  /// The size of the piece of fresh memory that the heap asked for last, in bytes.
  static var lastGrowth: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 3 }
  /// Two words: the state of the random generator.
  static var random: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 4 }
  /// How many thread-local variables there are.
  public static var threadKeys: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 6 }
  /// `SizeClass.count` words: the first free block of each size.
  static var freeBlocks: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 8 }
}
