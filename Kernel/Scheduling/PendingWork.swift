// What the kernel sees to before it goes back to a task's own code: bits of `cpu_area.pending_work`, of which those that are
// the task's own are kept in its record while it does not run.

/// The bits.
public enum PendingWork {
  /// Another task should run.
  @inlinable public static var reschedule: UInt32 { 1 }
  /// The task is to end.
  @inlinable public static var ending: UInt32 { 2 }
  /// The watchdog found the kernel at work for the task and wants to know of its interrupt flag (InterruptFlagWatch.swift).
  @inlinable public static var watched: UInt32 { 4 }
  /// A call of the task's found no memory: whoever has most of it is to end.
  @inlinable public static var shortage: UInt32 { 8 }
  /// The task's process is stopped.
  @inlinable public static var stopped: UInt32 { 16 }
  /// The personality of the task's process is to be told of something.
  @inlinable public static var noticed: UInt32 { 32 }
}

extension Task {
  /// It is to end as soon as it would go back to its own code, or wait.
  @inlinable
  public var isEnding: Bool {
    @inline(__always) get { pendingWork & PendingWork.ending != 0 }
    @inline(__always) set {
      if newValue { pendingWork |= PendingWork.ending } else { pendingWork &= ~PendingWork.ending }
    }
  }
}
