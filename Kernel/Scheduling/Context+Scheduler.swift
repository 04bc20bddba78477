// The kernel's scheduler, for whoever has the right to its state.

import Platform
import Primitives

extension Context {
  package var schedulerState: SchedulerState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .scheduling)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .scheduling) }
  }

  /// Who runs.
  package var scheduler: Scheduler {
    @inline(__always) get { unsafe Scheduler(Reference(place(of: .scheduling)), on: processor) }
  }

  package var clock: Clock {
    @inline(__always) get { schedulerState.clock }
    @inline(__always) nonmutating set { schedulerState.clock = newValue }
  }
}

extension SchedulerState {
  /// A scheduler without room for tasks, which the kernel starts with before it has memory. `nowhere` is an address that is not 0.
  package init(withoutRoomAt nowhere: UInt) {
    unsafe self.init(
      tasks: TaskTable(storage: UnsafeMutablePointer(bitPattern: nowhere).unsafelyUnwrapped, capacity: 1),
      ready: RunQueue(storage: Reference(UnsafeMutablePointer(bitPattern: nowhere).unsafelyUnwrapped)),
      futexes: FutexTable(storage: UnsafeMutablePointer(bitPattern: nowhere).unsafelyUnwrapped),
      idle: Reference(UnsafeMutablePointer(bitPattern: nowhere).unsafelyUnwrapped))
  }
}
