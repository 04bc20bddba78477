// Waiting for children and threads, and taking their outcome.
//
// Invariant: an outcome is taken exactly once; with it the record of the ended task goes.

import ABI
import Diagnostics
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Wait {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Waits for a child process or a thread of the caller's process. `identity` 0: any child process.
  package func wait(
    for identity: TaskIdentity, flags: WaitFlags, outcome: UserBuffer?
  ) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    while true {
      if let ended = try find(identity, in: process) {
        var result = TaskOutcome()
        result.task = ended.value.identity.value
        result.kind = outcomeKind(ended.value.ending).rawValue
        result.status = ended.value.status
        try outcome?.write(result)
        if ended.value.isThread {
          process.removeThread(ended)
          TaskRecords(context).free(ended, of: process.value.job)
        } else {
          Exit(context).destroy(ended.value.process)
        }
        return Int32(bitPattern: result.task)
      }
      if flags.contains(.noWait) { throw .wouldBlock }
      context.scheduler.current.value.waitKey = UInt64(identity.value)
      let reason = context.scheduler.block(.waitingForTask, on: reference(to: &process.value.waiters))
      if reason == .cancelled { throw .cancelled }
    }
  }

  /// A child or a thread of a process has ended: wakes those who wait for it, or for any child.
  func announce(_ identity: TaskIdentity, to process: Reference<Process>) {
    var candidate = process.value.waiters.first
    while let waiter = candidate {
      candidate = waiter.value.next
      if waiter.value.waitKey == 0 || waiter.value.waitKey == UInt64(identity.value) {
        context.scheduler.wake(waiter)
      }
    }
    context.scheduler.wakeListeners(process.value.childListeners)
  }

  /// The ended task that a wait would take, or nil where one must be waited for.
  private func find(
    _ identity: TaskIdentity, in process: Reference<Process>
  ) throws(SystemError) -> Reference<Task>? {
    if identity == .none {
      if let ended = process.value.endedChildren.first { return ended.value.mainTask }
      guard !process.value.children.isEmpty else { throw .noChild }
      return nil
    }
    guard let task = context.scheduler.tasks.find(identity), task != context.scheduler.current else { throw .noChild }
    if task.value.isThread {
      guard task.value.process == process, !task.value.isDetached else { throw .noChild }
      return task.value.state == .ended ? task : nil
    }
    guard task.value.process.value.parent == process else { throw .noChild }
    return task.value.process.value.hasEnded ? task : nil
  }

  private func outcomeKind(_ ending: TaskEnding) -> OutcomeKind {
    switch ending {
    case .exited: .exited
    case .killed: .killed
    case .faulted: .faulted
    case .outOfMemory: .outOfMemory
    case .stuck: .stuck
    case .checkFailed: .checkFailed
    }
  }
}
