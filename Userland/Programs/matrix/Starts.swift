// The sixteen pairs: a starter of each kind starts a task of each kind, and both sides check what they see.

import ABI
import Primitives
import SDK
import UserSupport

enum Starts {
  /// Lets a task of the kind `starter` start all four kinds. Returns a bit for each that went wrong.
  static func all(by starter: Kind, _ discipline: StartFlags) -> UInt32 {
    let isShared = discipline.contains(.sharedStack)
    let outcome: Outcome?
    if starter.isThread {
      let thread = try? Thread.start(starter.options(discipline)) {
        read_code_segment() & 3 == starter.ring ? Int32(bitPattern: fromHere(discipline)) : 255
      }
      outcome = try? thread?.join()
    } else {
      outcome = Roles.start(
        "--starter", isShared ? 1 : 0, starter.ring, starter.options(discipline)
      ).flatMap { try? $0.wait() }
    }
    guard case .exited(let status) = outcome else { return 15 }
    return UInt32(bitPattern: status) & 15
  }

  /// Starts all four kinds from the calling task.
  static func fromHere(_ discipline: StartFlags) -> UInt32 {
    guard let own = try? TaskIdentity.current.information() else { return 15 }
    var failures: UInt32 = 0
    for (index, kind) in Kind.all.enumerated() where !startOne(kind, own, discipline) { failures |= 1 << index }
    return failures
  }

  private static func startOne(_ kind: Kind, _ own: TaskInformation, _ discipline: StartFlags) -> Bool {
    if kind.isThread {
      let thread = try? Thread.start(kind.options(discipline)) {
        guard let task = try? TaskIdentity.current.information() else { return 1 }
        let isRight =
          isAsAsked(kind, task) && task.process == own.process && task.addressSpace == own.addressSpace
          && task.isThread == 1
        return isRight ? 0 : 1
      }
      return (try? thread?.join()) == .exited(status: 0)
    }
    // A thread's process becomes the parent: it is told whom to expect.
    let child = Roles.start("--started", kind.ring, own.process, kind.options(discipline))
    guard let child, let task = try? child.information() else { return false }
    let isSeparate = task.addressSpace != own.addressSpace && task.parent == own.process && task.isThread == 0
    return (try? child.wait()) == .exited(status: 0) && isSeparate
  }

  /// Whether the processor, the kernel and the starter agree on where this task runs.
  static func isAsAsked(_ kind: Kind, _ task: TaskInformation) -> Bool {
    let stack = read_stack_pointer()
    return read_code_segment() & 3 == kind.ring && task.ring == kind.ring && current_task() == task.task
      && stack > task.stackStart && stack <= task.stackEnd
      && (task.flags.contains(.sharedStack) == (task.kernelStackEnd == 0))
  }
}
