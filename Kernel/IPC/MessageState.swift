// The state of this library: the names of services, and how modules that serve are called.

import ABI
import Modules
import Platform
import Primitives

package struct MessageState: ~Copyable {
  package var services = ServiceTable()
  private var linked: LinkedServers

  package init(linked: LinkedServers) { self.linked = linked }

  /// The operations of modules that serve, where they lie: read as a part of the value, all of them would be copied first.
  @inline(__always)
  private mutating func operations() -> UnsafeMutablePointer<LinkedServers> {
    unsafe withUnsafeMutablePointer(to: &linked) { unsafe $0 }
  }

  @inline(__always)
  mutating func serve(
    _ server: LinkedServer, _ record: Reference<CallRecord>, _ context: Context
  ) throws(SystemError) -> Int32 {
    try unsafe operations().pointee.serve(context, server, record)
  }

  @inline(never)
  mutating func wait(
    _ server: LinkedServer, for service: Reference<Service>, deadline: UInt64?, _ context: Context
  ) throws(SystemError) -> Int32 {
    try unsafe operations().pointee.wait(context, server, service, deadline)
  }

  mutating func wakeKept(_ server: LinkedServer, _ context: Context) {
    unsafe operations().pointee.wakeKept(context, server)
  }

  mutating func isLive(_ server: LinkedServer, _ context: Context) -> Bool {
    unsafe operations().pointee.isLive(context, server)
  }

  mutating func inside(_ server: LinkedServer, _ context: Context) -> Reference<ModuleInside> {
    unsafe operations().pointee.inside(context, server)
  }
}

extension Context {
  package var messages: MessageState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .messages)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .messages) }
  }
}
