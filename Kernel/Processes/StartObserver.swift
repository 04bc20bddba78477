// What somebody else does around a start and an end: nothing, but in the kernel of the two-cures test (Image/Boot/EarlyChange.swift).

import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct StartObserver {
  /// The first frame of a new process's task is about to be made, and has been made.
  package var beginProcess: (Context, Reference<AddressSpace>) -> Void = { _, _ in }
  package var endProcess: (Context) -> Void = { _ in }
  /// The same for a thread, which gets a stack of its own in the space of its process.
  package var beginThread: (Context, Reference<Task>, Reference<AddressSpace>) -> Void = { _, _, _ in }
  package var endThread: (Context, Reference<Task>, Reference<AddressSpace>) -> Void = { _, _, _ in }
  /// A task leaves its own stack for good.
  package var end: (Context) -> Void = { _ in }

  package init() {}
}

/// What is done when a task ends by those who keep something for tasks and stand above this library.
package struct EndingSteps {
  /// The task runs for the last time, and may have left the processor in any state.
  package var taskEnds: (Context, Reference<Task>) -> Void = { _, _ in }
  /// Nothing runs on its stacks any more.
  package var taskEnded: (Context, Reference<Task>) -> Void = { _, _ in }
  /// All that it had is given back, and the next task is about to run.
  package var isDone: (Context) -> Void = { _ in }

  package init() {}
}
