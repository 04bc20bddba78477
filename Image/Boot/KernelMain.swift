// The start of the kernel: one list of stages, in the order in which each needs the ones before it.

import Boot
import Consoles
import Devices
import Drivers
import Executables
import IPC
import LinkedModules
import Machine
import MachineSupport
import Memory
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

/// Called by boot.S in the upper half, on the boot stack, interrupts off. `magic` and `information` are what the boot
/// loader left in EAX and EBX.
@c(kernel_main) public func kernelMain(_ magic: UInt32, _ information: UInt32) {
  let context = Context()
  Startup(context).makeState()  // every library's state, as it is before anything is known
  context.clock.start()  // time zero
  context.consoles.console.start()  // serial ports and text screen: from here on everything is explained
  Startup(context).readSymbols()  // the kernel's own symbols, for early panics
  DescriptorTables.install()  // segments, task states, traps: faults are explained, not resets
  let boot = Startup(context).readBootInformation(magic, information)
  Screen(context).start(boot.framebuffer)  // where there is no text mode
  Startup(context).greet(boot)
  Startup(context).enableProcessor()  // no-execute, global pages, SMEP, SMAP, x87 and SSE
  KernelMemory(context).start(boot) { BootArchives(context).check(boot, lieIn: $0) }  // frames, from the loader's map
  Screen(context).setFlags()  // of its pages, now that the processor is known
  KernelMemory(context).protect()  // final permissions of the kernel half
  KernelMemory(context).mapDevices()  // the local interrupt controller, windows
  Board(context).find(boot)  // the firmware's tables: the other interrupt controller, clocks
  KernelMemory(context).makePermanentParts()  // the system-call page
  IdleTask(context).start()  // the boot flow becomes the idle task
  context.devices.interrupts.start()  // controllers, routing
  let clocks = BoardClocks(context.devices.board, context)
  context.clock.calibrate(context.devices.interrupts.local, clocks, context)
  Watchdog(context).start(on: clocks)  // what ends tasks that turn interrupts off
  context.clock.readRealTime(context)
  Startup(context).startInput()  // keyboard and serial input
  BootArchives(context).open(boot)  // the files that came with the kernel
  ModuleDirectory(context).start(boot)  // the table of linked modules
  Startup(context).startFirstProcess(boot)
  context.counters.firstTaskStamp = read_time_stamp()
  IdleTask(context).run()  // the rest of the boot stack is given back
}
