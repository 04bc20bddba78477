// Page faults. Most are not errors: the first touch of a page that was promised and is now needed.

import ABI
import Machine
import MachineSupport
import Primitives
import Scheduling

enum PageFaults {
  static func handle(_ frame: TrapFrame) {
    let address = read_cr2()
    kernel.counters.pageFaults &+= 1
    if frame.isKernel { ModuleFaults.refuseWithoutRoom(frame) }
    if address < AddressLayout.kernelStart, kernel.scheduler.current != kernel.scheduler.idle,
      let space = kernel.scheduler.current.value.process.value.space
    {
      let resolution = space.resolve(address: address, error: PageFaultCode(rawValue: frame.pointee.error))
      if resolution == .resolved { return }
      // The kernel's own access is a copy for the task; its call fails with an error that says which it was.
      if frame.isKernel {
        kernel.memory.copyRanOut = resolution == .outOfMemory
      } else if resolution == .outOfMemory {
        if MemoryShortage.makeRoom() { return }
        FaultReporter.writeOutOfMemory(frame: frame, address: address)
        Exit.endCurrent(.outOfMemory, status: 0)
      }
    }
    if frame.isKernel { return Faults.inKernel(frame, address: address) }
    Faults.end(frame, address: address)
  }
}

/// The error code of a page fault (Intel SDM Vol. 3, 4.7).
struct PageFaultCode: OptionSet {
  var rawValue: UInt32
  /// The page is there; the access is not allowed. Else: it is not there.
  static var protection: PageFaultCode { .init(rawValue: 1) }
  static var write: PageFaultCode { .init(rawValue: 2) }
  static var user: PageFaultCode { .init(rawValue: 4) }
  static var reserved: PageFaultCode { .init(rawValue: 8) }
  static var execute: PageFaultCode { .init(rawValue: 16) }
}
