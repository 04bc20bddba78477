// The kernel's claims of I/O ports, each change followed by what comes of it for the keyboard.

import ABI
import DeviceClaims

enum DevicePorts {
  static func claim(_ first: UInt32, _ count: UInt32, for owner: DeviceOwner) throws(SystemError) {
    try kernel.ports.claim(first, count, for: owner)
    KeyboardLoan.settle()
  }

  static func release(_ first: UInt32, _ count: UInt32, of owner: DeviceOwner) {
    kernel.ports.release(first, count, of: owner)
    KeyboardLoan.settle()
  }

  static func releaseAll(of owner: DeviceOwner) {
    kernel.ports.releaseAll(of: owner)
    KeyboardLoan.settle()
  }
}
