// Page faults. Most are not errors: the first touch of a page that was promised and is now needed.

import ABI
import Diagnostics
import FaultReports
import LinkedModules
import MachineSupport
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

struct PageFaults {
  let context: Context

  init(_ context: Context) { self.context = context }

  func handle(_ frame: TrapFrame) {
    let address = read_cr2()
    context.counters.pageFaults &+= 1
    if frame.isKernel { ModuleFaults(context).refuseWithoutRoom(frame) }
    let task = context.scheduler.current
    if address < AddressLayout.kernelStart, task != context.scheduler.idle {
      let resolution = task.value.space.resolve(address: address, error: PageFaultCode(rawValue: frame.pointee.error))
      if resolution == .resolved { return }
      // The kernel's own access is a copy for the task; its call fails with an error that says which it was.
      if frame.isKernel {
        context.memory.copyFailure = resolution.copyFailure
      } else if resolution != .forbidden {
        if resolution == .outOfMemory, OutOfMemoryKiller(context).killLargest() { return }
        FaultReporter(context).writeOutOfMemory(address: address, isAtLimit: resolution == .limitReached)
        Exit(context).endCurrent(.outOfMemory, status: 0)
      }
    }
    if frame.isKernel { return Faults(context).inKernel(frame, address: address) }
    Faults(context).end(frame, address: address)
  }
}
