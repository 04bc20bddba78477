// Who reads what is typed: one job, the console's owner. At first that is the first process's; it gives the input on to the shell, and
// the shell to what it runs in the foreground. Whoever else reads waits, so nobody gets a line that was typed for another.
//
// Invariants:
// - There is an owner from the first process on, and it has tasks: where its last one has ended, the job around it is the owner.
// - The owner whom the attention key interrupted is kept, and has the input again when the shell that came by the key has ended.

import ABI
import Consoles
import Jobs
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// Who has the console's input.
struct ConsoleOwners: ~Copyable {
  /// Nil: the first process's job.
  var present: Reference<Job>?
  /// Who had it when the attention key was pressed.
  var interrupted: Reference<Job>?
  /// The task that waits for the attention key.
  var watchers = TaskQueue()
  var isAttentionAsked = false
  /// What the serial line brings before this moment is dropped: a sender had kept it back when attention was asked for.
  var silentUntil: UInt64 = 0
}

package struct ConsoleInput {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  // MARK: Interrupts

  package func receiveKeyboard() {
    context.consoles.console.receiveKeyboard()
    tell()
  }

  package func receiveSerial() {
    context.consoles.console.receiveSerial()
    let now = context.scheduler.now
    if tell() || now < context.objects.consoleOwners.silentUntil {
      context.objects.consoleOwners.silentUntil = now &+ Self.pause
      context.consoles.console.dropInput()
    }
  }

  /// How long the serial line has to be silent after it asked for attention, in nanoseconds: less than anybody takes to type on.
  private static var pause: UInt64 { 50_000_000 }

  /// Returns whether somebody asked for attention.
  @discardableResult
  private func tell() -> Bool {
    let isAsked = context.consoles.console.takeAttention()
    if isAsked {
      context.objects.consoleOwners.isAttentionAsked = true
      context.scheduler.wakeAll(reference(to: &context.objects.consoleOwners.watchers))
    }
    context.scheduler.wakeAll(reference(to: &context.consoles.console.readers))
    return isAsked
  }

  // MARK: Calls

  /// Whether a process is the one whose input is typed.
  func isOwner(_ process: Reference<Process>) -> Bool { owner == process.value.job }

  /// Gives the input to the job of a process.
  package func give(to process: Reference<Process>) throws(SystemError) {
    let giver = context.currentProcess.value.job
    guard owner.isInside(giver), process.value.job.isInside(giver) else { throw .notPermitted }
    replace(process.value.job)
    context.scheduler.wakeAll(reference(to: &context.consoles.console.readers))
  }

  /// Waits for the attention key. The first process, which calls this, is the owner then.
  package func waitForAttention() throws(SystemError) {
    guard let root = context.objects.root, context.currentProcess == root else { throw .notPermitted }
    while !context.objects.consoleOwners.isAttentionAsked {
      let reason = context.scheduler.block(
        .waitingForInput, on: reference(to: &context.objects.consoleOwners.watchers))
      if reason == .cancelled { throw .cancelled }
    }
    context.objects.consoleOwners.isAttentionAsked = false
    let interrupted = owner
    if context.objects.consoleOwners.interrupted == nil && interrupted != root.value.job {
      JobRecords(context).retain(interrupted)
      context.objects.consoleOwners.interrupted = interrupted
    }
    replace(root.value.job)
  }

  /// The owner; where the one that was has no tasks any more, the one that follows it.
  private var owner: Reference<Job> {
    guard let root = context.objects.root?.value.job else { panic("there is no first process, and somebody reads") }
    while let present = context.objects.consoleOwners.present, present.value.used.tasks == 0 {
      let around = present.value.parent ?? root
      if around == root, let interrupted = context.objects.consoleOwners.interrupted {
        context.objects.consoleOwners.interrupted = nil
        replace(interrupted)
        JobRecords(context).release(interrupted)
      } else {
        replace(around)
      }
    }
    return context.objects.consoleOwners.present ?? root
  }

  private func replace(_ owner: Reference<Job>) {
    JobRecords(context).retain(owner)
    let former = context.objects.consoleOwners.present
    context.objects.consoleOwners.present = owner
    if let former { JobRecords(context).release(former) }
  }
}
