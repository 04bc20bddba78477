// The stages of the start that are not a subsystem's own.

import ABI
import Boot
import Consoles
import Devices
import Diagnostics
import Drivers
import FaultReports
import IPC
import LinkedModules
import Machine
import MachineSupport
import Memory
import Mounts
import Objects
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

struct Startup {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// Gives every library its first state, with what the ones above it do for it.
  func makeState() {
    context.start(.platform, PlatformState())
    context.start(.consoles, ConsoleState(context))
    context.start(.scheduling, SchedulerState(withoutRoomAt: UInt(address_of_kernel_storage())))
    context.start(.memory, MemoryState(context))
    context.start(.objects, ObjectState())
    context.start(.messages, MessageState(linked: .entered))
    context.start(.mounts, MountState())
    context.start(.devices, DeviceState(context))
    context.start(.processes, ProcessState(endings: endings, observer: EarlyChange.observer))
    context.start(.faultReports, FaultReportState(moduleMeaning: { _, _, _ in nil }, moduleImage: { _, _ in nil }))
    context.start(.traps, TrapState())
    Services.enter(into: &context.objects.kinds)
    Mounts.enter(into: &context.objects.kinds)
    DeviceInterrupts.enter(into: &context.objects.kinds)
    DevicePorts.enter(into: &context.objects.kinds)
  }

  /// What is done when a task ends.
  private var endings: EndingSteps {
    var endings = EndingSteps()
    endings.taskEnds = { context, task in
      if task.value.mode.isRing0 { _ = ProcessorState(context).restore(after: task) }
    }
    endings.taskEnded = { context, task in
      ModuleCall(context).taskEnded(task)
      context.traps.watchdog.flags.forget(task)
      // It may have stopped what the watchdog runs on.
      if task.value.mode.isRing0 { Watchdog(context).repair() }
    }
    endings.isDone = { context in Watchdog(context).resume() }
    return endings
  }

  func readSymbols() {
    let start = address_of___symbols_start()
    let length = address_of___symbols_end() &- start
    guard length > 0 else { return }
    let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(start)), count: Int(length))
    do throws(SymbolTableError) {
      context.consoles.symbols = try SymbolTable(bytes: bytes)
    } catch {
      var output = KernelOutput(context)
      output.write("symbols: ")
      error.describe(to: &output)
      output.write("\n")
    }
  }

  func greet(_ boot: borrowing BootInformation) {
    var output = KernelOutput(context)
    output.write("Megha, a 32-bit operating system in Swift\n")
    boot.describeUnknownOptions(to: &output)
  }

  func enableProcessor() {
    context.features = .detect()
    context.features.enable()
    guard context.features.hasLocalController else {
      panic("this processor has no local interrupt controller (APIC), which Megha needs")
    }
    ProcessorState(context).prepare()
    if context.features.hasSupervisorAccessPrevention { patchAccessPrevention() }
  }

  /// Puts STAC and CLAC where the assembly left room. Text is not yet write-protected.
  private func patchAccessPrevention() {
    write_cr0(read_cr0() & ~ControlBits.writeProtect)
    let entries = DirectMap.pointer(address_of_smap_patches(), as: UInt32.self)
    let count = Int((address_of_smap_patches_end() &- address_of_smap_patches()) / 8)
    for index in 0..<count {
      let place = DirectMap.pointer(entries[index * 2], as: UInt8.self)
      place[0] = 0x0f
      place[1] = 0x01
      place[2] = UInt8(truncatingIfNeeded: entries[index * 2 + 1])
    }
    write_cr0(read_cr0() | ControlBits.writeProtect)
  }

  func readBootInformation(_ magic: UInt32, _ address: UInt32) -> BootInformation {
    guard
      let mapped = PhysicalRange(start: PhysicalAddress(0), length: UInt64(DirectMap.length)),
      let base = UnsafeRawPointer(bitPattern: UInt(DirectMap.start))
    else { panic("the direct map is empty") }
    do throws(BootError) {
      return try BootInformation(
        magic: magic, address: PhysicalAddress(UInt64(address)), memory: BootMemory(mapping: mapped, at: base))
    } catch {
      var output = KernelOutput(context)
      output.write("boot: ")
      error.describe(to: &output)
      output.write("\n")
      panic("what the boot loader left cannot be used")
    }
  }

  func startInput() {
    Terminals(context).startConsole()
    let status = context.consoles.console.startInput()
    guard status != .ready else {
      var output = LogOutput(context)
      status.describe(to: &output)
      return output.write("\n")
    }
    // Whoever sits there would find a prompt that does not answer.
    var output = KernelOutput(context)
    status.describe(to: &output)
    output.write("; Megha has no driver for keyboards on USB, ")
    output.write(
      context.consoles.console.hasSerialPort
        ? "so type on the first serial port\n" : "and there is no serial port, so nothing can be typed\n")
  }

  func startFirstProcess(_ boot: borrowing BootInformation) {
    var output = KernelOutput(context)
    output.write("memory: ")
    output.write(decimal: context.memory.frames.totalFrames / 256)
    output.write(" MiB, ")
    output.write(decimal: context.memory.frames.freeFrames)
    output.write(" pages free\n")
    let path: StaticString = "/bin/init"
    do throws(SystemError) {
      try ProcessStart(context).startFirst(path: path)
    } catch {
      if error == .notFound { BootArchives(context).explainMissing(path, boot) }
      output.write("start: /bin/init is there and cannot be started; the log says why\n")
      panic("there is no first process")
    }
    if let root = context.objects.root { ModuleDirectory(context).checkLayouts(of: root) }
    context.consoles.console.tellHost("ready")
  }
}
