// What the firmware's tables say of clocks and interrupt controllers, read once at boot, and the pages through which the
// kernel reaches them.
//
// Invariant: a table lies anywhere in memory: what is not in the direct map is read through one page, which is mapped for
// that and taken away again.

import ABI
import Boot
import Consoles
import Drivers
import Firmware
import Memory
import Platform
import Primitives
import VirtualMemory

/// What the board has, found by the firmware's tables.
package struct Board {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Reads the tables, and maps the I/O APIC and the HPET.
  package func find(_ boot: borrowing BootInformation) {
    var memory = PhysicalBytes(context)
    var devices = FirmwareDevices.read(&memory, rootPointer: boot.firmwarePointer?.value) { problem in
      var output = LogOutput(context)
      output.write("firmware: ")
      problem.describe(to: &output)
      output.write("\n")
    }
    memory.end()
    // Where nobody says otherwise, line 0 is wired to pin 2.
    if !devices.hasInterruptTable {
      devices.intervalTimerPin = IOAPIC<MachineMemory>.timerPin
    }
    context.devices.board = devices
    map(
      KernelLayout.ioapic,
      devices.ioapic ?? UInt64(IOAPIC<MachineMemory>.defaultPhysicalBase))
    if let address = devices.highPrecisionTimer { map(KernelLayout.highPrecisionTimer, address) }
  }

  private func map(_ address: UInt32, _ physical: UInt64) {
    do throws(PageTableError) {
      try KernelMemory(context).map(address, to: PhysicalAddress(physical).frame, [.write, .uncached])
    } catch { panic("no memory to map the machine's clocks and interrupt controllers") }
  }
}

/// The clocks of the board that the firmware's tables name, and that answer.
package struct BoardClocks {
  let powerManagementTimer: PowerManagementTimer<MachinePorts>?
  private(set) var precisionTimer: HighPrecisionTimer<MachineMemory>?

  package init(_ devices: FirmwareDevices, _ context: Context) {
    powerManagementTimer = devices.timerPort.map { PowerManagementTimer(port: $0, isWide: devices.isTimerWide) }
    guard let address = devices.highPrecisionTimer else { return }
    let offset = UInt32(truncatingIfNeeded: address) & (pageSize - 1)
    var timer = HighPrecisionTimer<MachineMemory>(base: KernelLayout.highPrecisionTimer + offset)
    do throws(HighPrecisionTimerError) {
      try timer.initialise()
      precisionTimer = timer
    } catch {
      var output = LogOutput(context)
      output.write("clock: ")
      error.describe(to: &output)
      output.write("\n")
    }
  }
}

/// Bytes of physical memory below 4 GiB.
private struct PhysicalBytes: FirmwareMemory {
  private let context: Context
  /// The frame that the page shows.
  private var shown: FrameNumber?

  init(_ context: Context) { self.context = context }

  mutating func byte(at address: UInt64) -> UInt8? {
    guard address < 1 << 32 else { return nil }
    let frame = PhysicalAddress(address).frame
    if frame.value < min(context.memory.frames.frameCount, DirectMap.endFrame.value) {
      return unsafe DirectMap.pointer(DirectMap.address(of: PhysicalAddress(address)), as: UInt8.self).pointee
    }
    if shown != frame {
      end()
      do throws(PageTableError) {
        try KernelMemory(context).map(KernelLayout.firmwareTable, to: frame, [.uncached])
      } catch {
        return nil
      }
      shown = frame
    }
    let offset = UInt32(truncatingIfNeeded: address) & (pageSize - 1)
    return unsafe DirectMap.pointer(KernelLayout.firmwareTable + offset, as: UInt8.self).pointee
  }

  mutating func end() {
    if shown != nil { _ = KernelMemory(context).unmap(KernelLayout.firmwareTable) }
    shown = nil
  }
}
