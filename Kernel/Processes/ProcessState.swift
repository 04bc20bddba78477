// The state of this library: whose x87 registers the processor holds, and what others do when a task ends.

import Platform
import Primitives
import Scheduling

package struct ProcessState: ~Copyable {
  /// The task whose x87 and SSE registers the processor holds.
  package var floatOwner: Reference<Task>?
  /// What the current task is about to go on with.
  package var replacement: Replacement?
  package let endings: EndingSteps
  package let observer: StartObserver

  package init(endings: EndingSteps, observer: StartObserver) {
    self.endings = endings
    self.observer = observer
  }
}

extension Context {
  package var processes: ProcessState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .processes)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .processes) }
  }
}
