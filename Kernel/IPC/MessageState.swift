// The state of this library: the names of services, and how modules that serve are called.

import Platform
import Primitives

package struct MessageState: ~Copyable {
  package var services = ServiceTable()
  package var linked: LinkedServers

  package init(linked: LinkedServers) { self.linked = linked }
}

extension Context {
  package var messages: MessageState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .messages)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .messages) }
  }
}
