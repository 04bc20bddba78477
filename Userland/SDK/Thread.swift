// Threads: tasks that run a function of this program in the same address space, in either ring.

import ABI
import Runtime
import UserSupport

/// A thread that was started. Whoever holds it waits for it once, with `join`, unless it was started detached.
public struct Thread {
  public let task: TaskIdentity

  /// Starts a thread that runs `body`; what that returns is the thread's exit status.
  public static func start(
    _ options: StartOptions = StartOptions(), body: @escaping () -> Int32
  ) throws(SystemError) -> Thread {
    let start = unsafe Unmanaged.passRetained(ThreadStart(body: body))
    var request = ThreadRequest()
    request.entry = thread_trampoline_address()
    request.argument = unsafe address(start.toOpaque())
    request.flags = options.flags
    request.stackSize = options.stackSize
    request.priority = options.priority
    let result = unsafe SystemCalls.threadStart(&request, UInt32(MemoryLayout<ThreadRequest>.size))
    if result < 0 { unsafe start.release() }
    return Thread(task: TaskIdentity(try checked(result)))
  }

  /// Waits until the thread has ended.
  public func join() throws(SystemError) -> Outcome { try task.wait() }

  /// Lets the other ready tasks of the same priority run first.
  @inlinable public static func yield() { _ = SystemCalls.yield() }

  /// Waits for at least the given time.
  public static func sleep(milliseconds: UInt32) {
    let nanoseconds = UInt64(milliseconds) &* 1_000_000
    _ = SystemCalls.sleep(
      UInt32(truncatingIfNeeded: nanoseconds), UInt32(truncatingIfNeeded: nanoseconds &>> 32))
  }
}

/// The clocks of the machine.
public enum Clock {
  /// Nanoseconds since boot.
  public static var sinceBoot: UInt64 { reading.sinceBoot.value }
  /// Seconds since 1970 when the machine booted; 0 where it has no clock.
  public static var bootTime: UInt64 { reading.bootTime.value }

  private static var reading: ClockReading {
    var reading = ClockReading()
    _ = unsafe SystemCalls.clock(&reading)
    return reading
  }
}
