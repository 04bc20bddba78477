// The state of the traps: the watchdog, and what a task gate leaves behind.

import Devices
import MachineSupport
import Platform
import Primitives

struct TrapState {
  // The registers of a task that is ended through a task gate, and the address of its page fault.
  var lostState = task_state_segment()
  var lostAddress: UInt32 = 0
  var watchdog = WatchdogState()
}

extension Context {
  var traps: TrapState {
    @inline(__always) unsafeAddress { UnsafePointer(place(of: .traps)) }
    @inline(__always) nonmutating unsafeMutableAddress { place(of: .traps) }
  }
}

/// This CPU's area, which the assembly knows too.
var cpu: cpu_area {
  @inline(__always) unsafeAddress { UnsafePointer(current_cpu_area()) }
  @inline(__always) unsafeMutableAddress { current_cpu_area() }
}
