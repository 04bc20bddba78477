// Priorities while tasks wait for each other's locks (LockInheritance.swift has the rules).
//
// Invariant: after each function here every task has the priority that the rules give it, and stands in the run queue
// by that one.

import Platform
import Primitives

extension Scheduler {
  /// Sets a task's own priority, wherever the task is.
  public func setPriority(of task: Reference<Task>, _ priority: UInt8) {
    task.value.basePriority = priority
    updatePriority(of: task)
  }

  /// Gives a task the priority it is to have now, and then those whose locks it waits for.
  public func updatePriority(of first: Reference<Task>) {
    var task = first
    // Each step settles one task; tasks that wait for each other in a circle settle on one priority.
    while true {
      let priority = task.inheritedPriority
      guard priority != task.value.priority else { return }
      apply(priority, to: task)
      guard let owner = task.value.lockOwner else { return }
      task = owner
    }
  }

  /// Raises the holder of a lock, and whoever it waits for, to the priority of a task that is about to wait for it.
  public func lend(_ priority: UInt8, to first: Reference<Task>) {
    var task = first
    while task.value.priority < priority {
      apply(priority, to: task)
      guard let owner = task.value.lockOwner else { return }
      task = owner
    }
  }

  private func apply(_ priority: UInt8, to task: Reference<Task>) {
    if task.value.state == .ready {
      state.value.ready.remove(task)
      task.value.priority = priority
      enqueue(task)
      return
    }
    task.value.priority = priority
    if task.value.state == .waitingForWord, let queue = task.value.queue {
      // Those who wait for words stand in the order of their urgency.
      queue.value.remove(task)
      queue.insert(task)
    }
    guard task == current, let best = state.value.ready.highestPriority else { return }
    if best > priority { processor.pendingWork |= PendingWork.reschedule }
    if best == priority { armTimer() }
  }
}
