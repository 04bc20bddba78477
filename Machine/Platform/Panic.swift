// The end of the kernel's work where it finds itself in a state that it cannot go on from.

import MachineSupport

/// Says why, and stops the machine (Image/Panic.swift). Nothing of the caller's is undone.
public func panic(_ reason: StaticString) -> Never {
  stop_with_panic(reason.utf8Start, UInt32(truncatingIfNeeded: reason.utf8CodeUnitCount))
}
