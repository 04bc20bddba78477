// Thread-local storage: a value of which every thread has its own.
//
// The block at the base of segment GS has one word for the program's use: the address of the thread's values, made when
// the thread first sets one and released by the runtime when the thread returns.

import Runtime
import UserSupport

/// A variable with a value for each thread.
public final class ThreadLocal<Value> {
  private let initial: () -> Value
  private let key = ThreadKeys.next()

  /// - Parameter initial: makes the value of a thread that reads it first.
  public init(_ initial: @escaping () -> Value) { self.initial = initial }

  /// The calling thread's value.
  public var value: Value {
    get { box.value }
    set { box.value = newValue }
  }

  private var box: ThreadBox<Value> {
    let values = ThreadValues.current
    if let box = values.value(key) { return unsafe unsafeDowncast(box, to: ThreadBox<Value>.self) }
    let box = ThreadBox(initial())
    values.set(key, box)
    return box
  }
}

private final class ThreadBox<Value>: ThreadValue {
  var value: Value
  init(_ value: Value) { self.value = value }
}

/// Numbers for thread-local variables; never used twice.
private enum ThreadKeys {
  static func next() -> Int { unsafe Int(atomic_add(RuntimeStorage.threadKeys, 1)) }
}
