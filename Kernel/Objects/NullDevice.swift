// The null device: whatever is written to it vanishes, and nothing is ever read from it.

import ABI
import Platform
import Primitives
import VirtualMemory

enum NullDevice {
  static func enter(into kinds: inout ObjectTable) {
    var null = ObjectOperations()
    null.read = { (_, _, _) throws(SystemError) in 0 }
    null.write = { (_, _, buffer) throws(SystemError) in
      // The bytes vanish, but they must be the caller's.
      try buffer.checkReadable()
      return buffer.length
    }
    null.states = ObjectOperations.ready
    null.isStream = true
    kinds.enter(.nullDevice, null)
  }
}
