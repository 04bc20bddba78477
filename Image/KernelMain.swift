// The start of the kernel: one list of stages, in the order in which each needs the ones before it.

import Boot
import Diagnostics
import Drivers
import Files
import Machine
import MachineSupport
import Primitives
import Scheduling

/// Called by boot.S in the upper half, on the boot stack, interrupts off. `magic` and `information` are what the boot
/// loader left in EAX and EBX.
@c(kernel_main) public func kernelMain(_ magic: UInt32, _ information: UInt32) {
  Startup.makeKernel()  // the kernel value in its initial state
  kernel.clock.start()  // time zero
  kernel.console.start()  // serial ports and text screen: from here on everything is explained
  Startup.readSymbols()  // the kernel's own symbols, for early panics
  DescriptorTables.install()  // segments, task states, traps: faults are explained, not resets
  let boot = Startup.readBootInformation(magic, information)
  Screen.start(boot.framebuffer)  // where there is no text mode
  Startup.greet(boot)
  Startup.enableProcessor()  // no-execute, global pages, SMEP, SMAP, x87 and SSE
  KernelMemory.start(boot)  // frames, from the boot loader's memory map
  KernelMemory.protect()  // final permissions of the kernel half
  KernelMemory.mapDevices()  // the local interrupt controller, windows
  Devices.find(boot)  // the firmware's tables: the other interrupt controller, clocks
  KernelMemory.makePermanentParts()  // the system-call page
  IdleTask.start()  // the boot flow becomes the idle task
  kernel.interrupts.start()  // controllers, routing
  let clocks = BoardClocks(kernel.devices)
  kernel.clock.calibrate(kernel.interrupts.local, clocks)
  Watchdog.start(on: clocks)  // what ends tasks that turn interrupts off
  kernel.clock.readRealTime()
  Startup.startInput()  // keyboard and serial input
  BootArchives.open(boot)  // the files that came with the kernel
  Modules.start(boot)  // the table of linked modules
  Startup.startFirstProcess(boot)
  kernel.counters.firstTaskStamp = read_time_stamp()
  IdleTask.run()  // the rest of the boot stack is given back
}
