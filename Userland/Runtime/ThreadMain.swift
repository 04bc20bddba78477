// The Swift side of a thread's beginning: start.S calls `threadMain` on the new thread's stack.

import UserSupport

/// What a new thread runs. The starter gives one reference away, and the thread takes it.
public final class ThreadStart {
  let body: () -> Int32
  public init(body: @escaping () -> Int32) { self.body = body }
}

/// Runs the body, gives back the thread's values and returns its exit status. `start` is a retained `ThreadStart`.
@c(thread_main)
public func threadMain(_ start: UnsafeRawPointer) -> Int32 {
  let status = unsafe Unmanaged<ThreadStart>.fromOpaque(start).takeRetainedValue().body()
  ThreadValues.release()
  return status
}
