// What a thread keeps for itself. The SDK's ThreadLocal stores its values here; the runtime releases them at the end
// of the thread.
//
// Invariant: a thread's word is 0 or the address of its own retained ThreadValues.

import UserSupport

/// A thread's value of one thread-local variable.
open class ThreadValue {
  public init() {}
}

/// All values of a thread, by the variables' numbers.
public final class ThreadValues {
  private var values: [ThreadValue?] = []

  /// Those of the calling thread.
  public static var current: ThreadValues {
    let word = thread_word()
    if let address = unsafe UnsafeRawPointer(bitPattern: UInt(word)) {
      return unsafe Unmanaged<ThreadValues>.fromOpaque(address).takeUnretainedValue()
    }
    let made = ThreadValues()
    let address = unsafe UInt(bitPattern: Unmanaged.passRetained(made).toOpaque())
    set_thread_word(UInt32(truncatingIfNeeded: address))
    return made
  }

  public func value(_ key: Int) -> ThreadValue? { key < values.count ? values[key] : nil }

  public func set(_ key: Int, _ value: ThreadValue) {
    while values.count <= key { values.append(nil) }
    values[key] = value
  }

  /// Gives back the calling thread's values.
  static func release() {
    guard let address = unsafe UnsafeRawPointer(bitPattern: UInt(thread_word())) else { return }
    set_thread_word(0)
    unsafe Unmanaged<ThreadValues>.fromOpaque(address).release()
  }
}
