// The kernel's state, as one value: every subsystem owns its part of it.
//
// Invariants:
// - It is touched with interrupts off only: the kernel runs to completion between entry and exit, except where it
//   waits on purpose (Scheduler.block). With more processors this value becomes what the kernel lock owns.
// - A part is not borrowed across a call that may switch tasks.

import Boot
import Diagnostics
import Drivers
import Files
import Firmware
import Machine
import MachineSupport
import Memory
import Primitives
import Tasks

struct Kernel: ~Copyable {
  var features = ProcessorFeatures()
  var console = Console()
  /// Off while the screen is in text mode (Screen.swift).
  var pixels = PixelScreen<MachineMemory>()
  /// What the firmware says of the machine.
  var devices = FirmwareDevices()
  var interrupts = Interrupts()
  var clock = Clock()
  var counters = Counters()
  var memory = KernelMemory()
  var scheduler = SchedulerState()
  var watchdog = WatchdogState()
  var archives = ArchiveSet()
  var services = ServiceTable()
  var modules = ModuleTable.none
  /// I/O ports and interrupt lines that modules and processes have.
  var ports = PortClaims()
  var lines = InterruptClaims()
  /// Memory that devices reach by themselves.
  var deviceRuns = DeviceRuns()
  /// The kernel's own symbols; nil where the image carries none.
  var symbols: SymbolTable?
  var recentFailure = RecentFailure()
  /// The first process: orphans become its children.
  var root: Reference<Process>?
}

/// What the machine did since boot.
struct Counters {
  var addressSpaceChanges: UInt64 = 0
  var taskSwitches: UInt64 = 0
  var tlbFlushes: UInt64 = 0
  var pageFaults: UInt64 = 0
  var bytesCopied: UInt64 = 0
  var interrupts: UInt64 = 0
  /// The time stamp where the first process was about to run.
  var firstTaskStamp: UInt64 = 0
}

/// The one kernel value, at its fixed place in the image.
var kernel: Kernel {
  @inline(__always) unsafeAddress {
    UnsafePointer(DirectMap.pointer(address_of_kernel_storage()))
  }
  @inline(__always) unsafeMutableAddress {
    DirectMap.pointer(address_of_kernel_storage())
  }
}

/// This CPU's area, which the assembly knows too.
var cpu: cpu_area {
  @inline(__always) unsafeAddress { UnsafePointer(current_cpu_area()) }
  @inline(__always) unsafeMutableAddress { current_cpu_area() }
}
