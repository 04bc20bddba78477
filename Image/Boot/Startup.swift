// The stages of the start that are not a subsystem's own.

import ABI
import Boot
import Diagnostics
import Drivers
import Files
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

enum Startup {
  static func makeKernel() {
    DirectMap.pointer(address_of_kernel_storage(), as: Kernel.self).initialize(to: Kernel())
  }

  static func readSymbols() {
    let start = address_of___symbols_start()
    let length = address_of___symbols_end() &- start
    guard length > 0 else { return }
    let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(start)), count: Int(length))
    do throws(SymbolTableError) {
      kernel.symbols = try SymbolTable(bytes: bytes)
    } catch {
      var output = KernelOutput()
      output.write("symbols: ")
      error.describe(to: &output)
      output.write("\n")
    }
  }

  static func greet(_ boot: borrowing BootInformation) {
    // The kernel's state must fit the room that the image keeps for it.
    guard MemoryLayout<Kernel>.size <= Int(kernel_storage_size()) else {
      panic("the kernel value has outgrown its place")
    }
    var output = KernelOutput()
    output.write("Megha, a 32-bit operating system in Swift\n")
    boot.describeUnknownOptions(to: &output)
  }

  static func enableProcessor() {
    kernel.features = .detect()
    kernel.features.enable()
    guard kernel.features.hasLocalController else {
      panic("this processor has no local interrupt controller (APIC), which Megha needs")
    }
    ProcessorState.prepare()
    if kernel.features.hasSupervisorAccessPrevention { patchAccessPrevention() }
  }

  /// Puts STAC and CLAC where the assembly left room. Text is not yet write-protected.
  private static func patchAccessPrevention() {
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

  static func readBootInformation(_ magic: UInt32, _ address: UInt32) -> BootInformation {
    guard
      let mapped = PhysicalRange(start: PhysicalAddress(0), length: UInt64(DirectMap.length)),
      let base = UnsafeRawPointer(bitPattern: UInt(DirectMap.start))
    else { panic("the direct map is empty") }
    do throws(BootError) {
      return try BootInformation(
        magic: magic, address: PhysicalAddress(UInt64(address)), memory: BootMemory(mapping: mapped, at: base))
    } catch {
      var output = KernelOutput()
      output.write("boot: ")
      error.describe(to: &output)
      output.write("\n")
      panic("what the boot loader left cannot be used")
    }
  }

  static func startInput() {
    let status = kernel.console.startInput()
    guard status != .ready else {
      var output = LogOutput()
      status.describe(to: &output)
      return output.write("\n")
    }
    // Whoever sits there would find a prompt that does not answer.
    var output = KernelOutput()
    status.describe(to: &output)
    output.write("; Megha has no driver for keyboards on USB, ")
    output.write(
      kernel.console.hasSerialPort
        ? "so type on the first serial port\n" : "and there is no serial port, so nothing can be typed\n")
  }

  static func startFirstProcess(_ boot: borrowing BootInformation) {
    var output = KernelOutput()
    output.write("memory: ")
    output.write(decimal: kernel.memory.frames.totalFrames / 256)
    output.write(" MiB, ")
    output.write(decimal: kernel.memory.frames.freeFrames)
    output.write(" pages free\n")
    let path: StaticString = "/bin/init"
    do throws(SystemError) {
      try ProcessStart.startFirst(path: path)
    } catch {
      if error == .notFound { BootArchives.explainMissing(path, boot) }
      output.write("start: /bin/init is there and cannot be started; the log says why\n")
      panic("there is no first process")
    }
    if let root = kernel.root { Modules.checkLayouts(of: root) }
    kernel.console.tellHost("ready")
  }
}
