// The kernel's claims of I/O ports, each change followed by what comes of it for the keyboard.

import ABI
import DeviceClaims
import Objects
import Platform
import Primitives

package struct DevicePorts {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes handles of I/O ports known; their words are the first port and how many there are.
  package static func enter(into kinds: inout ObjectTable) {
    var operations = ObjectOperations()
    operations.isCopyable = false
    operations.close = { context, target, process in
      DevicePorts(context).release(target.object, target.detail, of: .process(process.value.identity))
    }
    kinds.enter(.ports, operations)
  }

  package func claim(_ first: UInt32, _ count: UInt32, for owner: DeviceOwner) throws(SystemError) {
    try context.devices.ports.claim(first, count, for: owner)
    KeyboardLoan(context).settle()
  }

  package func release(_ first: UInt32, _ count: UInt32, of owner: DeviceOwner) {
    context.devices.ports.release(first, count, of: owner)
    KeyboardLoan(context).settle()
  }

  package func releaseAll(of owner: DeviceOwner) {
    context.devices.ports.releaseAll(of: owner)
    KeyboardLoan(context).settle()
  }
}
