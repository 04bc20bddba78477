// Which rights it takes to drive what on this machine: what DeviceClaims knows of every PC, and what the firmware and the PCI bus
// tell of this one.
//
// Invariants:
// - What the kernel itself drives nobody gets, whatever rights it has.
// - Looking at the bus leaves its address register as it was: whoever has its ports may be in the middle of an access.

import ABI
import DeviceClaims
import Drivers
import Firmware
import Memory
import Platform
import Primitives
import VirtualMemory

package struct DeviceAccess {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The rights to all devices that have some of these ports.
  package func rights(forPorts first: UInt32, _ count: UInt32) -> Rights {
    var rights = DeviceRights.needed(forPorts: first, count)
    guard !rights.isEmpty else { return rights }
    let board = context.devices.board
    if reachesFirmware(first, count, board.sleepPort, 2) || reachesFirmware(first, count, board.secondSleepPort, 2)
      || reachesFirmware(first, count, board.firmwarePort, 1)
    {
      rights.insert(.reset)
    }
    // Where the bus puts ports of devices. Those of a controller of disks take the right to it, not to all devices.
    if rights == .devices, first >= 0x1000, count <= 256,
      ConfigurationSpace<MachinePorts>.classOfDevice(withPorts: first, count) == 1
    {
      return .disk
    }
    return rights
  }

  private func reachesFirmware(_ first: UInt32, _ count: UInt32, _ place: UInt16?, _ width: UInt32) -> Bool {
    guard let place, place != 0 else { return false }
    return first < UInt32(place) &+ width && UInt32(place) < first &+ count
  }

  /// The rights to memory of devices, by pages; nil where some of it is memory, or of what the kernel drives.
  package func rights(forFrames first: UInt32, _ count: UInt32) -> Rights? {
    let board = context.devices.board
    for frame in first..<first &+ count {
      if frame == 0xfee00 || frame == 0xfec00 || isPage(frame, board.ioapic) || isPage(frame, board.highPrecisionTimer)
      {
        return nil
      }
      switch context.memory.frames.owner(of: FrameNumber(frame)) {
      case .absent, .reserved: break
      default: return nil
      }
    }
    var rights = DeviceRights.needed(forFrames: first, count)
    if let start = board.configurationMemory {
      let space = UInt32(truncatingIfNeeded: start &>> 12)
      // 256 pages for each bus (PCI Firmware Specification 3.0, 4.1.2).
      if first < space &+ board.configurationBuses &* 256, space < first &+ count { rights.insert(.pci) }
    }
    return rights
  }

  private func isPage(_ frame: UInt32, _ place: UInt64?) -> Bool {
    guard let place else { return false }
    return UInt64(frame) == place &>> 12
  }
}
