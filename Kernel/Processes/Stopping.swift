// Processes that are stopped: none of their tasks runs any of its own code until they are told to go on.
//
// A task stops where it would go back to its own code (PendingWork), so that it holds nothing of the kernel's then. What it waits for
// may come meanwhile; it goes on with that later.
//
// Invariants:
// - `PendingWork.stopped` is set in all tasks of a stopped process, and in no others.
// - Whoever is stopped can be ended: that wakes it.

import ABI
import Objects
import Platform
import Primitives
import Scheduling

package struct Stopping {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  package func stop(_ process: Reference<Process>) {
    process.value.isStopped = true
    process.forEachTask { task in
      task.value.pendingWork |= PendingWork.stopped
      if task == context.scheduler.current { context.scheduler.processor.pendingWork |= PendingWork.stopped }
    }
  }

  package func goOn(_ process: Reference<Process>) {
    process.value.isStopped = false
    process.forEachTask { task in
      task.value.pendingWork &= ~PendingWork.stopped
      if task == context.scheduler.current { context.scheduler.processor.pendingWork &= ~PendingWork.stopped }
      if task.value.state == .stopped { context.scheduler.wake(task) }
    }
  }

  /// A new task of the process is ready to run.
  func begin(_ task: Reference<Task>, of process: Reference<Process>) {
    guard process.value.isStopped else { return context.scheduler.enqueue(task) }
    task.value.pendingWork |= PendingWork.stopped
    task.value.state = .stopped
  }

  /// Waits where the current task is stopped. Returns false where it is not.
  package func wait() -> Bool {
    guard context.scheduler.processor.pendingWork & PendingWork.stopped != 0 else { return false }
    _ = context.scheduler.block(.stopped)
    return true
  }
}

extension Reference where Value == Process {
  /// Those that have not ended.
  fileprivate func forEachTask(_ body: (Reference<Task>) -> Void) {
    if value.mainTask.value.state != .ended { body(value.mainTask) }
    var thread = value.firstThread
    while let task = thread {
      thread = task.value.nextOfProcess
      if task.value.state != .ended { body(task) }
    }
  }
}
