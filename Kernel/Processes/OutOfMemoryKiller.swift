// What happens when no frame is left for a page that was promised: the job that has most memory ends, with all its processes,
// so that a program that takes all of it, in one process or in a thousand, does not bring down whoever touches the next page.
// Reserved jobs (of the first process, and of what it started itself: the shell, the manager) are never chosen; the last
// frames are theirs.
//
// Invariant: it is called for a task's own access, with nothing of the kernel's half done below it.

import ABI
import Consoles
import Diagnostics
import Jobs
import Memory
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct OutOfMemoryKiller {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// How long the task waits for the end of another one, in milliseconds.
  private static var patience: Int { 1000 }

  /// Ends the largest job and waits until its memory is back. Returns false where that is the current task's own job,
  /// or there is none: the task is then to end by itself.
  package func killLargest() -> Bool {
    let current = context.scheduler.current
    // An injected failure ends the task that it hits, not the largest job.
    guard context.memory.frames.freeFrames <= JobRecords.reservedFrames, let job = context.memory.jobs.largest() else {
      return false
    }
    let number = job.value.number
    end(job)
    guard !current.value.isEnding else { return false }
    for _ in 0..<Self.patience {
      // Its record may be gone once we have waited.
      guard let next = context.memory.jobs.next(after: number &- 1), next.value.number == number,
        next.value.used.pages > 0
      else { return true }
      if context.scheduler.block(.sleeping, deadline: context.scheduler.deadline(after: 1_000_000)) == .cancelled {
        return true
      }
    }
    return context.memory.frames.freeFrames > 0
  }

  /// Ends all processes of a job and says so, once.
  private func end(_ job: Reference<Job>) {
    let pages = job.value.used.memory
    var count: UInt32 = 0
    var last = TaskIdentity.none
    while let task = context.scheduler.tasks.next(after: last) {
      last = task.value.identity
      let process = task.value.process
      guard !task.value.isThread, process.value.space != nil, !process.value.isEnding,
        process.value.job.isInside(job)
      else { continue }
      count += 1
      if count == 1 { announce(task, pages: pages) }
      Exit(context).tellProcessToEnd(process, .outOfMemory, status: 0)
    }
    guard count > 1 else { return }
    var output = KernelOutput(context)
    output.write("memory: ")
    output.write(decimal: count &- 1)
    output.write(" more of its job ended with it\n")
  }

  private func announce(_ first: Reference<Task>, pages: UInt32) {
    var output = KernelOutput(context)
    output.write("memory: none is left; ")
    first.inReports.write(to: &output)
    output.write(" is ended, whose job has most of it: ")
    output.write(decimal: pages)
    output.write(" pages\n")
  }
}
