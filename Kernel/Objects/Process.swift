// A process: an address space, its tasks, its handles, its rights, and its place in the tree of processes.
//
// Invariants:
// - Every process but the first has a parent, and until it is waited for it is in one of that parent's two lists: of
//   the children that live, or of those that have ended, in the order in which they ended.
// - `liveTasks` counts its tasks that have not ended; when it falls to zero the address space goes, and the record
//   stays until the parent has taken the outcome.
// - Threads own nothing: their children belong to their process.

import ABI
import Jobs
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Process: ~Copyable {
  /// First, because module_door.S looks for its doors.
  package var handles: HandleTable
  package var mainTask: Reference<Task>
  /// Nil once the last task has ended.
  package var space: Reference<AddressSpace>?
  /// Who pays for what it has; of its last charges it ends with the record.
  package let job: Reference<Job>
  package var parent: Reference<Process>?
  package var children = ProcessList()
  package var endedChildren = ProcessList()
  /// Its neighbours in its parent's list.
  var nextSibling: Reference<Process>?
  var previousSibling: Reference<Process>?
  /// The threads, also ended ones that nobody has waited for; linked through `Task.nextOfProcess`.
  package var firstThread: Reference<Task>?
  package var liveTasks = 1
  package var isEnding = false
  package var isStopped = false
  package var rights: Rights
  package var name = Name()
  /// Tasks of this process that wait for a child or a thread.
  package var waiters = TaskQueue()
  /// Those that wait for a child and for other things too.
  package var childListeners = ListenerList()
  /// The records of its calls, where it is traced.
  package var trace: Reference<TraceRing>?
  /// The service that says what its system calls mean; none: they are native. It has a reference to it.
  package var personality = HandleTarget.none
  /// What others told it of that its personality has not learned yet.
  package var told = Told()
  /// Nil: the root.
  var workingDirectory: Reference<WorkingDirectory>?
  /// Where the program's file lies in memory, for its symbols.
  package var image: (start: UInt32, length: UInt32) = (0, 0)

  package init(mainTask: Reference<Task>, space: Reference<AddressSpace>, rights: Rights, job: Reference<Job>) {
    handles = HandleTable(owner: mainTask.value.identity)
    self.mainTask = mainTask
    self.space = space
    self.job = job
    self.rights = rights
  }

  package var identity: TaskIdentity { mainTask.value.identity }
  package var hasEnded: Bool { liveTasks == 0 }
}

/// What processes tell another one of: sets to which only is added.
package struct Told {
  /// `TerminalSignals` of the ABI.
  package var keys: UInt32 = 0
  /// What its personality gives a meaning.
  package var low: UInt32 = 0
  package var high: UInt32 = 0

  package init() {}
  package var isEmpty: Bool { keys | low | high == 0 }
}

/// Processes of one parent, linked through themselves: joining and leaving take constant time and no memory.
package struct ProcessList {
  package private(set) var first: Reference<Process>?
  private var last: Reference<Process>?

  package var isEmpty: Bool { first == nil }

  package mutating func append(_ process: Reference<Process>) {
    process.value.nextSibling = nil
    process.value.previousSibling = last
    if let last { last.value.nextSibling = process } else { first = process }
    last = process
  }

  package mutating func remove(_ process: Reference<Process>) {
    let next = process.value.nextSibling
    let previous = process.value.previousSibling
    if let previous { previous.value.nextSibling = next } else { first = next }
    if let next { next.value.previousSibling = previous } else { last = previous }
    process.value.nextSibling = nil
    process.value.previousSibling = nil
  }
}

extension Task {
  /// The process it belongs to. The idle task has none and never asks.
  package var process: Reference<Process> {
    unsafe Reference(UnsafeMutablePointer<Process>(bitPattern: owner).unsafelyUnwrapped)
  }
}

extension Reference where Value == Process {
  package func addChild(_ child: Reference<Process>) {
    child.value.parent = self
    if child.value.hasEnded { value.endedChildren.append(child) } else { value.children.append(child) }
  }

  package func removeChild(_ child: Reference<Process>) {
    if child.value.hasEnded { value.endedChildren.remove(child) } else { value.children.remove(child) }
    child.value.parent = nil
  }

  package func addThread(_ thread: Reference<Task>) {
    thread.value.nextOfProcess = value.firstThread
    thread.value.previousOfProcess = nil
    value.firstThread?.value.previousOfProcess = thread
    value.firstThread = thread
  }

  package func removeThread(_ thread: Reference<Task>) {
    let next = thread.value.nextOfProcess
    let previous = thread.value.previousOfProcess
    if let previous { previous.value.nextOfProcess = next } else { value.firstThread = next }
    next?.value.previousOfProcess = previous
    thread.value.nextOfProcess = nil
    thread.value.previousOfProcess = nil
  }

  /// The live task of this process whose own stack holds `address`, or whose guard pages do.
  package func task(withStackNear address: UInt32) -> Reference<Task>? {
    func holds(_ task: Reference<Task>) -> Bool {
      let start = task.value.stackStart
      return start != 0 && address &+ pageSize >= start && address < task.value.stackEnd &+ pageSize
    }
    if holds(value.mainTask) { return value.mainTask }
    var thread = value.firstThread
    while let candidate = thread {
      if holds(candidate) { return candidate }
      thread = candidate.value.nextOfProcess
    }
    return nil
  }

  /// The task whose stack begins next above an address.
  package func task(withStackAbove address: UInt32) -> Reference<Task>? {
    var nearest = value.mainTask.value.stackStart > address ? Optional(value.mainTask) : nil
    var thread = value.firstThread
    while let candidate = thread {
      let start = candidate.value.stackStart
      if start > address, start < nearest?.value.stackStart ?? .max { nearest = candidate }
      thread = candidate.value.nextOfProcess
    }
    return nearest
  }
}

extension Context {
  /// The process of the task that runs.
  package var currentProcess: Reference<Process> {
    @inline(__always) get { scheduler.current.value.process }
  }
}
