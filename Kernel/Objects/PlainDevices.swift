// Two devices without hardware, `/dev/null` and `/dev/zero`: whatever is written to either vanishes. Nothing is ever read from the
// first, and any number of zeroes from the second.

import ABI
import Platform
import Primitives
import Scheduling
import VirtualMemory

enum PlainDevices {
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
    var zero = null
    zero.read = { (context, _, buffer) throws(SystemError) in
      let zeroes = unsafe UnsafeRawPointer(DirectMap.pointer(context.memory.pageOfZeroes, as: UInt8.self))
      var done: UInt32 = 0
      while done < buffer.length {
        let count = min(buffer.length &- done, pageSize)
        unsafe try buffer.copyOut(from: zeroes, offset: done, count: count)
        done &+= count
        if done < buffer.length { context.scheduler.preemptionPoint() }
      }
      return done
    }
    kinds.enter(.zeroDevice, zero)
  }
}
