// A task: what the scheduler runs. The first task of a process and every thread is one, in Ring 3 or Ring 0.
//
// Invariants:
// - A task is in at most one TaskQueue (the run queue's or a wait queue's); each of its timers is at most once in the
//   TimerQueue.
// - `state` is `.ready` exactly while it is in the run queue, `.running` exactly while it is the CPU's current task.
// - Its identity is never used again before 2^31 others were; a stale identity finds nothing, never another task.

import Primitives

/// Names a task for good: a number that only grows, so that a late `kill` cannot hit a newcomer.
public struct TaskIdentity: Equatable, Sendable {
  public var value: UInt32
  @inlinable public init(_ value: UInt32) { self.value = value }
  @inlinable public static var none: TaskIdentity { TaskIdentity(0) }
}

/// The processor's privilege level a task runs at, and, in Ring 0, whose stack the kernel works on for it.
public enum TaskMode: UInt8, Sendable {
  /// Ring 3: the kernel works on a kernel stack, to which the processor itself switches.
  case user
  /// Ring 0: the kernel entry switches to a kernel stack.
  case kernelSeparateStack
  /// Ring 0: the kernel works on the task's own stack.
  case kernelSharedStack

  @inlinable public var isRing0: Bool { self != .user }
}

public enum TaskState: UInt8, Sendable {
  case ready, running, sleeping, waitingForTask, waitingForInput, waitingForWord, waitingForMessage
  case waitingForReply, ended, waitingForEvent, waitingForLock, waitingForNotification, waitingForPipe, stopped

  /// Whether such a wait may come to nothing where the task is told of something. Who waits for a reply or a lock has begun what
  /// somebody else finishes.
  @inlinable
  public var isInterruptible: Bool {
    switch self {
    case .sleeping, .waitingForTask, .waitingForInput, .waitingForEvent, .waitingForNotification, .waitingForPipe: true
    case .ready, .running, .waitingForWord, .waitingForMessage, .waitingForReply, .ended, .waitingForLock, .stopped:
      false
    }
  }
}

/// Why a wait came back.
public enum WakeReason: UInt8, Sendable {
  case woken, timedOut, cancelled
  /// A server task was handed a request, or a caller its answer, by the other side, which switched to it.
  case handed
  /// Nobody has woken it: it waits in a call that ends with new contents of its registers. The other side may load them and go
  /// on in its code, without coming back to where it waits in the kernel (ipc.S).
  case inRegisters
}

/// How a task came to its end.
public enum TaskEnding: UInt8, Sendable {
  case exited, killed, faulted, outOfMemory, stuck, checkFailed
}

/// Which limit refused something to a task (Kernel/Jobs).
public struct RefusedLimit {
  /// The job's number; 0: the machine has no more.
  public let job: UInt32
  public let resource: UInt8
  public let limit: UInt32

  public init(job: UInt32, resource: UInt8, limit: UInt32) {
    self.job = job
    self.resource = resource
    self.limit = limit
  }
}

public struct Task: ~Copyable {
  // The first four are where the assembly expects them.
  /// Where on the stack the call into a linked module began; 0 while it is in none.
  public var moduleEdge: UInt32 = 0
  /// The address of the door by which that call came; means something only while there is one.
  public var moduleDoor: UInt32 = 0
  /// The address of the owning process's record; the kernel's `process` gives it its type.
  public var owner: UInt
  /// Where on its own stack the registers of its latest call or trap lie, for a task with a shared stack: below them the
  /// kernel works.
  public var callRegisters: UInt32 = 0
  /// The first address of the stack that its innermost call into a module runs on, where that is not one in registers on the
  /// processor's own stack for such calls; else 0.
  public var moduleStack: UInt32 = 0
  public var identity: TaskIdentity
  public var mode: TaskMode
  public var state: TaskState = .ready
  public var wakeReason: WakeReason = .woken
  /// 0 (lowest) to 31: what the scheduler goes by. Never under `basePriority`; over it while a more urgent task
  /// waits for a lock that this one holds (PriorityInheritingLock.swift).
  public var priority: UInt8
  public var basePriority: UInt8
  public var isThread: Bool
  public var isGuarded: Bool = false
  public var isDetached: Bool = false
  public var ending: TaskEnding = .exited
  /// What is to be seen to before its own code goes on (PendingWork.swift).
  public var pendingWork: UInt32 = 0
  public var status: Int32 = 0

  /// The address of the record of its address space; 0: it has none. `space` gives it its type.
  public var spaceRecord: UInt = 0
  /// The address of a space that it makes for a new process, which no process has yet; 0: it makes none.
  public var unfinishedSpace: UInt = 0

  /// Its neighbours among the threads of the same process.
  public var nextOfProcess: Reference<Task>?
  public var previousOfProcess: Reference<Task>?

  // What a switch needs: where the kernel stack pointer was left, the CR3 value of the address space, what the control
  // registers are set for, and where the task's direct calls enter the kernel.
  public var savedStackPointer: UInt32 = 0
  public var directory: UInt32 = 0
  public var protection: UInt32 = 0
  public var directEntry: UInt32 = 0
  /// The kernel stack, `start ..< end`; both 0 with a shared stack.
  public var kernelStackStart: UInt32 = 0
  public var kernelStackEnd: UInt32 = 0
  /// The task's own stack.
  public var stackStart: UInt32 = 0
  public var stackEnd: UInt32 = 0
  /// The base of segment GS.
  public internal(set) var threadPointer: UInt32 = 0
  /// The descriptor of that segment, which a switch stores as it is.
  public internal(set) var threadSegment: UInt64 = 0
  /// Where its x87 and SSE registers are saved; 0 until it uses them.
  public var floatState: UInt = 0

  /// The address of the record of the call it is making; 0 until it makes one.
  public var callRecord: UInt = 0
  /// Where in its memory requests go that do not fit into registers; means something while it receives in them.
  public var receivedMessage: UInt32 = 0
  /// Where pages that callers lend it appear, 0 until it asked for a place; the page table's first entry of the place; and
  /// the caller whose pages are there.
  public var lendingWindow: UInt32 = 0
  public var lendingEntries: UInt32 = 0
  public var lender: Reference<Task>?

  /// What it waits for, where that is a word of memory or another object: compared, never followed.
  public var waitKey: UInt64 = 0
  /// Processor time used, in time stamps (`RDTSC`); while it runs, less the stamp of when it was given the processor.
  var timeBalance: UInt64 = 0

  /// For how long it has kept interrupts off.
  public var masked = MaskedTime()

  // Links of the queue it is in.
  public var next: Reference<Task>?
  public var previous: Reference<Task>?
  public var queue: Reference<TaskQueue>?
  /// When to wake it from the wait it is in.
  public var wakeTimer = TaskTimer()

  /// Those who wait for locks that it holds, and those whose requests it has: all lend it their priority.
  public var lockWaiters = TaskQueue()
  public var servedCallers = TaskQueue()
  /// The holder of the lock that it waits for itself, or the task that has its request.
  public var lockOwner: Reference<Task>?

  // Its events, the kinds it waits for (0 while it does not), and its event timer.
  public var events = EventQueue()
  public var awaitedEvents: UInt8 = 0
  public var eventTimer = TaskTimer()
  /// The time between two timer events, in nanoseconds; 0: there is only one.
  public var eventPeriod: UInt64 = 0

  /// Its link in the list of a thing that it waits for, where that is one beside others.
  public var listener = Listener()

  /// The limit that it ran into most recently, where it has not asked which that was.
  public var refusedLimit: RefusedLimit?
  /// On whose time it runs; nil: on that of all who have none.
  public var share: Reference<Share>?
  /// Where the frame lies with which the call came that its personality is asked about; 0: there is none, or it came without.
  public var foreignFrame: UInt = 0
  /// Of which events its personality is told, a bit each (TaskEvent.bit), and of what else (`NoticeKinds` of the ABI).
  public var noticed: UInt8 = 0

  /// Whether what it is told of can end a wait: not inside a module, which waits for itself too.
  @inlinable
  public var isInterrupted: Bool {
    pendingWork & PendingWork.noticed != 0 && foreignFrame != 0 && moduleEdge == 0
  }

  /// The processor time it has used until `stamp`, which is now.
  public func timeUsed(until stamp: UInt64) -> UInt64 { state == .running ? timeBalance &+ stamp : timeBalance }
  @inline(__always)
  public mutating func startTime(_ stamp: UInt64) { timeBalance &-= stamp }
  @inline(__always)
  public mutating func stopTime(_ stamp: UInt64) { timeBalance &+= stamp }

  public mutating func setThreadSegment(base: UInt32, descriptor: UInt64) {
    threadPointer = base
    threadSegment = descriptor
  }

  public init(identity: TaskIdentity, mode: TaskMode, priority: UInt8, isThread: Bool, owner: UInt) {
    self.identity = identity
    self.mode = mode
    self.priority = priority
    basePriority = priority
    self.isThread = isThread
    self.owner = owner
  }
}
