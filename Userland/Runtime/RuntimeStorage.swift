// The runtime's own variables. They lie in storage of start.S that is zero when a program starts, because a Swift
// global would bring the code that initialises it at its first use into every program.
//
// Invariant: only the named users below touch their words.

import UserSupport

public enum RuntimeStorage {
  /// The heap's lock.
  static var heapLock: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! }
  /// Two words: where the pages that are mapped for the heap and not used yet begin, and where they end.
  static var freshPages: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 1 }
  /// Whether the heap has been made.
  static var hasHeap: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 3 }
  /// Two words: the state of the random generator.
  static var random: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 4 }
  /// How many thread-local variables there are.
  public static var threadKeys: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 6 }
  /// Two words: the first of the pages that the heap gave back and that are kept, and how many there are.
  static var keptPages: UnsafeMutablePointer<UInt32> { unsafe runtime_words()! + 7 }
}
