// Whose meaning a call has: that of this system, or what the process's personality says. It is known before any number is looked at.

import ABI
import LinkedModules
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling

package struct CallDecoder {
  private let context: Context

  @inline(__always)
  package init(_ context: Context) { self.context = context }

  /// The value of a call.
  @inline(__always)
  package func result(of registers: CallRegisters) -> Int32 {
    unsafe ForeignCalls(context)?.result(of: registers) ?? NativeCalls(context).result(of: registers)
  }

  /// Remembers the frame of a call that came through the gate, for who is copied by it. Returns false where there is nothing to do.
  @inline(__always)
  package func take(_ frame: TrapFrame) -> Bool {
    guard ForeignCalls(context) != nil else {
      return unsafe frame.pointee.registers.eax != SystemCall.null.rawValue
    }
    context.scheduler.current.value.foreignFrame = UInt(bitPattern: frame)
    return true
  }
}
