// What happens when no frame is left for a page that was promised: whoever has most memory ends, so that a program that takes
// all of it, in one process or in a thousand, does not bring down whoever touches the next page. That is one process of the
// largest job, where it has more than half of the job's memory, and else the whole job.
// Reserved jobs (of the first process, and of what it started itself: the shell, the manager) are never chosen; the last
// frames are theirs.
//
// Invariant: it is called for a task's own access, or on the way out of a call that found no memory, with nothing of the
// kernel's half done below it.

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

  /// Ends whoever has most memory and waits until some of it is back. Returns false where that is the current task's own
  /// process, or there is nobody: the task is then to end by itself.
  package func killLargest() -> Bool {
    // An injected failure ends the task that it hits, not the largest job.
    guard context.memory.frames.freeFrames <= JobRecords.reservedFrames, let job = context.memory.jobs.largest(),
      let largest = largestProcess(of: job)
    else { return false }
    if !largest.value.isEnding {
      if pages(of: largest) > job.value.used.memory / 2 { endAlone(largest) } else { end(job, with: largest) }
    }
    guard !context.scheduler.current.value.isEnding else { return false }
    let identity = largest.value.identity
    for _ in 0..<Self.patience {
      // Its record may be gone once we have waited.
      guard let task = context.scheduler.tasks.find(identity), task.value.process.value.space != nil else {
        return true
      }
      if context.scheduler.block(.sleeping, deadline: context.scheduler.deadline(after: 1_000_000)) == .cancelled {
        return true
      }
    }
    return context.memory.frames.freeFrames > 0
  }

  /// Ends whoever has most memory where a call of the current task's found none. Returns false where none did.
  package func seeToShortage() -> Bool {
    guard context.scheduler.processor.pendingWork & PendingWork.shortage != 0 else { return false }
    context.scheduler.processor.pendingWork &= ~PendingWork.shortage
    _ = killLargest()
    return true
  }

  private func pages(of process: Reference<Process>) -> UInt32 { process.value.space?.value.residentPages ?? 0 }

  private func largestProcess(of job: Reference<Job>) -> Reference<Process>? {
    var best: Reference<Process>?
    forEachProcess(of: job) { process in
      if pages(of: process) > best.map({ pages(of: $0) }) ?? 0 { best = process }
    }
    return best
  }

  private func forEachProcess(of job: Reference<Job>, _ body: (Reference<Process>) -> Void) {
    var last = TaskIdentity.none
    while let task = context.scheduler.tasks.next(after: last) {
      last = task.value.identity
      let process = task.value.process
      if !task.value.isThread, process.value.space != nil, process.value.job.isInside(job) { body(process) }
    }
  }

  private func endAlone(_ process: Reference<Process>) {
    announce(process, others: 0, pages: pages(of: process))
    Exit(context).tellProcessToEnd(process, .outOfMemory, status: 0)
  }

  private func end(_ job: Reference<Job>, with largest: Reference<Process>) {
    var count: UInt32 = 0
    forEachProcess(of: job) { _ in count &+= 1 }
    announce(largest, others: count &- 1, pages: job.value.used.memory)
    forEachProcess(of: job) { process in
      if !process.value.isEnding { Exit(context).tellProcessToEnd(process, .outOfMemory, status: 0) }
    }
  }

  private func announce(_ process: Reference<Process>, others: UInt32, pages: UInt32) {
    var output = KernelOutput(context)
    output.write("memory: none is left; ")
    process.value.mainTask.inReports.write(to: &output)
    if others > 0 {
      output.write(" and ")
      output.write(decimal: others)
      output.write(" more are ended, whose job has most of it: ")
    } else {
      output.write(" is ended, which has most of it: ")
    }
    output.write(decimal: pages)
    output.write(" pages\n")
  }
}
