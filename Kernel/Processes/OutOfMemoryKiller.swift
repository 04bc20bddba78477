// What happens when no frame is left for a page that was promised: the process that has most memory ends, so that a program that takes
// all of it does not bring down whoever touches the next page. The first process is never chosen, and those that it started itself
// (the shell, the manager) only when there is no other; orphans that it adopted are not spared.
//
// Invariant: it is called for a task's own access, with nothing of the kernel's half done below it.

import ABI
import Consoles
import Diagnostics
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

  /// Ends the largest process and waits until its memory is back. Returns false where that is the current task's own
  /// process, which is then to end by itself.
  package func killLargest() -> Bool {
    let current = context.scheduler.current
    // An injected failure ends the task that it hits, not the largest process.
    guard context.memory.frames.freeFrames == 0 else { return false }
    guard let largest = largest(sparingSystem: true) ?? largest(sparingSystem: false),
      largest != current.value.process
    else { return false }
    if !largest.value.isEnding {
      announce(largest)
      Exit(context).tellProcessToEnd(largest, .outOfMemory, status: 0)
    }
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

  /// The process with the most pages. Never the first process.
  private func largest(sparingSystem: Bool) -> Reference<Process>? {
    var best: Reference<Process>?
    var most: UInt32 = 0
    var last = TaskIdentity.none
    while let task = context.scheduler.tasks.next(after: last) {
      last = task.value.identity
      let process = task.value.process
      guard !task.value.isThread, process != context.objects.root, let space = process.value.space,
        !sparingSystem || !process.value.wasStartedByFirst, space.value.residentPages > most
      else { continue }
      best = process
      most = space.value.residentPages
    }
    return best
  }

  private func announce(_ process: Reference<Process>) {
    var output = KernelOutput(context)
    output.write("memory: none is left; ")
    process.value.mainTask.inReports.write(to: &output)
    output.write(" is ended, which has most of it: ")
    output.write(decimal: process.value.space?.value.residentPages ?? 0)
    output.write(" pages\n")
  }
}
