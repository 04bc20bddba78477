// The state of this library: what can be done with handles, the boot archives, the root of the tree of processes, and who reads what
// is typed.

import Files
import Platform
import Primitives

package struct ObjectState: ~Copyable {
  package var kinds = ObjectTable()
  package var archives = ArchiveSet()
  /// The first process: orphans become its children.
  package var root: Reference<Process>?
  /// The console's terminal; nil before input is started.
  var console: Reference<Terminal>?
  var consoleOwners = ConsoleOwners()

  /// With the kinds of objects that are this library's own.
  @inline(never)
  package init() {
    Terminals.enter(into: &kinds)
    PlainDevices.enter(into: &kinds)
    OpenFiles.enter(into: &kinds)
    Notifications.enter(into: &kinds)
    Pipes.enter(into: &kinds)
  }
}

extension Context {
  package var objects: ObjectState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .objects)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .objects) }
  }
}
