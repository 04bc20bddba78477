// The kernel's state, as one value: every subsystem owns its part of it.
//
// Invariants:
// - It is touched with interrupts off only: the kernel runs to completion between entry and exit, except where it
//   waits on purpose (Scheduler.block). With more processors this value becomes what the kernel lock owns.
// - A part is not borrowed across a call that may switch tasks.

import Boot
import DeviceClaims
import Diagnostics
import Drivers
import Files
import Firmware
import Machine
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling

struct Kernel: ~Copyable {
  var features = ProcessorFeatures()
  var console = Console()
  /// Off while the screen is in text mode (Screen.swift).
  var pixels = PixelScreen<MachineMemory>()
  /// What the firmware says of the machine.
  var devices = FirmwareDevices()
  var interrupts = Interrupts()
  var counters = Counters()
  var memory = KernelMemory()
  var schedulerState = SchedulerState()
  /// The task whose x87 and SSE registers the processor holds.
  var floatOwner: Reference<Task>?
  // The registers of a task that is ended through a task gate, and the address of its page fault.
  var lostState = task_state_segment()
  var lostAddress: UInt32 = 0
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

extension Kernel {
  /// Who runs.
  var scheduler: Scheduler {
    @inline(__always) mutating get { Scheduler(reference(to: &schedulerState), on: Processor()) }
  }

  var clock: Clock {
    @inline(__always) get { schedulerState.clock }
    @inline(__always) set { schedulerState.clock = newValue }
  }
}

extension SchedulerState {
  /// A scheduler without room for tasks: what the kernel value starts with, before there is memory.
  init() {
    let nowhere = address_of_kernel_storage()
    self.init(
      tasks: TaskTable(storage: DirectMap.pointer(nowhere), capacity: 1),
      ready: RunQueue(storage: DirectMap.pointer(nowhere)), futexes: FutexTable(storage: DirectMap.pointer(nowhere)),
      idle: Reference(DirectMap.pointer(nowhere, as: Task.self)))
  }
}

/// What the machine did since boot; what the scheduler did, it counts itself.
struct Counters {
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
