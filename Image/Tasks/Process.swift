// A process: an address space, its tasks, its handles, its rights, and its place in the tree of processes.
//
// Invariants:
// - Every process but the first has a parent, and is in that parent's list of children, until it is waited for.
// - `liveTasks` counts its tasks that have not ended; when it falls to zero the address space goes, and the record
//   stays until the parent has taken the outcome.
// - Threads own nothing: their children belong to their process.

import ABI
import Memory
import Primitives
import Tasks

struct Process: ~Copyable {
  var mainTask: Reference<Task>
  /// Nil once the last task has ended.
  var space: Reference<AddressSpace>?
  var parent: Reference<Process>?
  var firstChild: Reference<Process>?
  var nextSibling: Reference<Process>?
  /// The threads, also ended ones that nobody has waited for; linked through `Task.nextOfProcess`.
  var firstThread: Reference<Task>?
  var liveTasks = 1
  var isEnding = false
  var rights: Rights
  var handles = HandleTable()
  var name = Name()
  /// Tasks of this process that wait for a child or a thread.
  var waiters = TaskQueue()
  /// Where the program's file lies in memory, for its symbols.
  var image: (start: UInt32, length: UInt32) = (0, 0)

  init(mainTask: Reference<Task>, space: Reference<AddressSpace>, rights: Rights) {
    self.mainTask = mainTask
    self.space = space
    self.rights = rights
  }

  var identity: TaskIdentity { mainTask.value.identity }
  var hasEnded: Bool { liveTasks == 0 }
}

extension Task {
  /// The process it belongs to. The idle task has none and never asks.
  var process: Reference<Process> {
    Reference(UnsafeMutablePointer<Process>(bitPattern: owner).unsafelyUnwrapped)
  }
}

extension Reference where Value == Process {
  func addChild(_ child: Reference<Process>) {
    child.value.parent = self
    child.value.nextSibling = value.firstChild
    value.firstChild = child
  }

  func removeChild(_ child: Reference<Process>) {
    if value.firstChild == child {
      value.firstChild = child.value.nextSibling
    } else {
      var previous = value.firstChild
      while let candidate = previous, candidate.value.nextSibling != child { previous = candidate.value.nextSibling }
      previous?.value.nextSibling = child.value.nextSibling
    }
    child.value.nextSibling = nil
    child.value.parent = nil
  }

  func addThread(_ thread: Reference<Task>) {
    thread.value.nextOfProcess = value.firstThread
    value.firstThread = thread
  }

  func removeThread(_ thread: Reference<Task>) {
    if value.firstThread == thread {
      value.firstThread = thread.value.nextOfProcess
    } else {
      var previous = value.firstThread
      while let candidate = previous, candidate.value.nextOfProcess != thread {
        previous = candidate.value.nextOfProcess
      }
      previous?.value.nextOfProcess = thread.value.nextOfProcess
    }
    thread.value.nextOfProcess = nil
  }

  /// The live task of this process whose own stack holds `address`, or whose guard pages do.
  func task(withStackNear address: UInt32) -> Reference<Task>? {
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
}
