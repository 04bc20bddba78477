// Switching: from one task to the next, and away from one that has ended.
//
// Invariant: what the processor is to know of the next task is in place before the last step, in which the address space and the
// stack pointer change together.

import Platform
import Primitives

extension Scheduler {
  /// How much of a shared stack must be left for the kernel to work on.
  public static var sharedStackReserve: UInt32 { 12 * 1024 }

  /// Runs the next ready task. The current one has been put where it belongs: a queue, or the ready ones.
  public func reschedule() {
    let previous = current
    let stamp = processor.stamp
    guard let next = state.value.ready.pickNext(at: stamp) else {
      if previous != state.value.idle {
        state.value.ready.rest(at: stamp)
        run(state.value.idle, after: previous, stamp)
      }
      return
    }
    if next == previous {
      previous.value.state = .running
      processor.pendingWork &= ~PendingWork.reschedule
      return
    }
    beginSlice(stamp)
    run(next, after: previous, stamp)
  }

  /// Switches from the current task to `next`, which is in no queue. Comes back when the current one runs again.
  @inline(__always)
  func run(_ next: Reference<Task>, after previous: Reference<Task>, _ stamp: UInt64) {
    let change = prepare(next, after: previous, stamp)
    unsafe processor.switchTask(
      saving: &previous.value.savedStackPointer, to: next.value.savedStackPointer, directory: change.directory,
      changesProtection: change.protect)
  }

  /// The current task is gone, and its flow stands on the reaper stack: until the next is resumed it counts as idle.
  public func leaveCurrent() {
    let previous = current
    let idle = state.value.idle
    let stamp = processor.stamp
    previous.value.stopTime(stamp)
    idle.value.startTime(stamp)
    if processor.changeProtection(to: idle.value.protection) != 0 { processor.loadControls() }
    if previous.value.threadPointer != 0 { processor.setThreadSegment(idle.value.threadSegment) }
    processor.pendingWork = 0
    current = idle
  }

  /// Runs the next ready task; the current flow's stack is given up.
  public func resumeNext() -> Never {
    let stamp = processor.stamp
    let ready = state.value.ready.pickNext(at: stamp)
    if ready == nil { state.value.ready.rest(at: stamp) }
    let next = ready ?? state.value.idle
    beginSlice(stamp)
    let change = prepare(next, after: current, stamp)
    processor.resumeTask(
      at: next.value.savedStackPointer, directory: change.directory, changesProtection: change.protect)
  }

  /// The next task's time slice begins now, unless it goes on with that of the task that answered it.
  @inline(__always)
  func beginSlice(_ stamp: UInt64) {
    if state.value.continuesSlice {
      state.value.continuesSlice = false
    } else {
      state.value.sliceStarted = stamp
    }
  }

  /// What the last step of a switch has to load: the directory, or 0; and 1 where CR0 and CR4 change too.
  private typealias Change = (directory: UInt32, protect: UInt32)

  /// Everything of a switch but its last step: times, timer, what the processor knows of the task.
  @inline(__always)
  private func prepare(_ next: Reference<Task>, after previous: Reference<Task>, _ stamp: UInt64) -> Change {
    if previous.value.mode.isRing0 { processor.clearBreakpoints() }
    previous.value.stopTime(stamp)
    next.value.startTime(stamp)
    next.value.state = .running
    current = next
    state.value.switches &+= 1
    processor.pendingWork = next.value.pendingWork
    if !state.value.ready.isEmpty && !state.value.isSliceTimed { armTimer() }

    processor.setEntry(stackEnd: next.value.kernelStackEnd, directEntry: next.value.directEntry)
    if next.value.kernelStackEnd == 0 {
      processor.setSharedStack(
        floor: next.value.stackStart &+ Self.sharedStackReserve, end: next.value.stackEnd)
    }
    let protect = processor.changeProtection(to: next.value.protection)
    // Also where the base stays the same: the task before may have loaded another selector into GS.
    if next.value.threadPointer != previous.value.threadPointer {
      processor.setThreadSegment(next.value.threadSegment)
    } else {
      processor.reloadThreadSegment()
    }
    // The idle task has no address space of its own: the one that is loaded stays, unless the kernel's own memory is
    // read-only in it.
    if next.value.directory == 0 { return (previous.value.isGuarded ? processor.kernelDirectory : 0, protect) }
    guard next.value.directory != processor.loadedDirectory else { return (0, protect) }
    state.value.spaceChanges &+= 1
    return (next.value.directory, protect)
  }
}
