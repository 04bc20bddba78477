// Tasks as programs name them, and how they end.

import ABI
import Primitives
import Runtime

/// The identity of a task. The number of a task that ended is not given to another one for a long time.
public struct TaskIdentity: Equatable, Sendable {
  public let number: UInt32
  @inlinable public init(_ number: UInt32) { self.number = number }
  /// In a system call: the calling task.
  @inlinable public static var current: TaskIdentity { TaskIdentity(0) }

  /// Lets the job of this task read what is typed at the terminal that is the caller's input.
  public func giveInput() throws(SystemError) {
    _ = try checked(SystemCalls.terminalGive(StandardHandle.input, number))
  }
}

/// How a task ended.
public enum Outcome: Equatable, Sendable {
  case exited(status: Int32)
  case killed(status: Int32)
  /// A fault of the processor, with the exception's vector (Intel SDM Vol. 3, table 6-1).
  case faulted(vector: UInt32)
  case outOfMemory
  case stuck
  /// A check failed, of Swift's or one in the source.
  case checkFailed

  init(_ outcome: TaskOutcome) {
    switch OutcomeKind(rawValue: outcome.kind) {
    case .exited: self = .exited(status: outcome.status)
    case .faulted: self = .faulted(vector: UInt32(bitPattern: outcome.status))
    case .outOfMemory: self = .outOfMemory
    case .stuck: self = .stuck
    case .checkFailed: self = .checkFailed
    case .killed, nil: self = .killed(status: outcome.status)
    }
  }

  /// The status that a shell reports: the exit status, or a number over 127 that says what else ended the task.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): status & 0xff
    case .faulted(let vector): 128 &+ Int32(bitPattern: vector & 0x7f)
    case .killed: 137
    case .outOfMemory: 140
    case .stuck: 143
    case .checkFailed: 134
    }
  }

  /// Writes the rest of a sentence that begins with the task: `ended by page fault`.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .exited(let status):
      output.write("exited with status ")
      output.write(decimal: Int(status))
    case .killed(let status):
      output.write("was killed with status ")
      output.write(decimal: Int(status))
    case .faulted(let vector):
      output.write("was ended by ")
      output.write(Self.exceptionName(vector))
    case .outOfMemory: output.write("was ended because memory ran out")
    case .checkFailed: output.write("was ended by a failed check")
    case .stuck: output.write("was ended because it held the processor with interrupts off")
    }
  }

  /// The processor's name for an exception.
  public static func exceptionName(_ vector: UInt32) -> StaticString {
    switch vector {
    case 0: "a divide error"
    case 1: "a debug exception"
    case 3: "a breakpoint"
    case 4: "an overflow exception"
    case 5: "a bound range exception"
    case 6: "an invalid opcode"
    case 7: "a missing floating-point unit"
    case 8: "a double fault"
    case 10: "an invalid task state"
    case 11: "an absent segment"
    case 12: "a stack-segment fault"
    case 13: "a general protection fault"
    case 14: "a page fault"
    case 16: "a floating-point error"
    case 17: "an alignment check"
    case 19: "a SIMD floating-point error"
    default: "an exception"
    }
  }
}

extension TaskIdentity {
  /// Waits until this task, a child process or a thread of the caller's process, has ended.
  public func wait() throws(SystemError) -> Outcome {
    try Self.wait(for: number, []).outcome
  }

  /// Returns how this task ended, or nil while it runs.
  public func outcomeIfEnded() throws(SystemError) -> Outcome? {
    do throws(SystemError) {
      return try Self.wait(for: number, .noWait).outcome
    } catch {
      if error == .wouldBlock { return nil }
      throw error
    }
  }

  /// Waits for any child process.
  public static func waitForAnyChild(_ flags: WaitFlags = []) throws(SystemError) -> (
    task: TaskIdentity, outcome: Outcome
  ) {
    try wait(for: 0, flags)
  }

  private static func wait(for task: UInt32, _ flags: WaitFlags) throws(SystemError) -> (
    task: TaskIdentity, outcome: Outcome
  ) {
    var outcome = TaskOutcome()
    let ended = try checked(unsafe SystemCalls.wait(task, flags, &outcome))
    return (TaskIdentity(ended), Outcome(outcome))
  }

  /// Ends this task; `status` is the exit status it gets.
  public func kill(status: UInt32) throws(SystemError) {
    _ = try checked(SystemCalls.kill(number, status))
  }

  /// Stops the process of this first task: none of its tasks runs any of its own code until it is told to go on.
  public func stop() throws(SystemError) { _ = try checked(SystemCalls.processStop(number, 1)) }
  /// Lets the process go on.
  public func goOn() throws(SystemError) { _ = try checked(SystemCalls.processStop(number, 0)) }

  /// Describes this task.
  public func information() throws(SystemError) -> TaskInformation {
    var information = TaskInformation()
    _ = try checked(
      unsafe SystemCalls.taskInformation(
        number, &information, UInt32(MemoryLayout<TaskInformation>.size)))
    return information
  }

  /// Sets this task's priority, 0 (lowest) to 31.
  public func setPriority(_ priority: UInt32) throws(SystemError) {
    _ = try checked(SystemCalls.prioritySet(number, priority))
  }

  /// The task with the next identity, or nil after the last. Begin with `TaskIdentity(0)`.
  public var next: TaskIdentity? {
    let result = SystemCalls.taskNext(number)
    return result > 0 ? TaskIdentity(UInt32(result)) : nil
  }
}
