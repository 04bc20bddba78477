// What the firmware's tables say of clocks and of interrupt routing: the ACPI timer's port, the high precision event
// timer, the I/O APIC, and the pin that the interval timer is wired to; and of what reaches all of the machine: the ports that put
// it to sleep or call the firmware, and the memory that configures the PCI bus (ACPI 6.4, 5.2.5 to 5.2.12).
//
// Invariants: a table is believed only after its checksum; what a broken one would have said is missing, and a problem
// tells so; nothing here traps, allocates or reads outside of a table, whatever the tables hold.

import Primitives

/// A place where a device answers.
public struct FirmwareDevices: Equatable, Sendable {
  /// The port of the ACPI timer, and whether it counts 32 bits instead of 24.
  public var timerPort: UInt16?
  public var isTimerWide = false
  /// Where the registers of the high precision event timer lie.
  public var highPrecisionTimer: UInt64?
  /// Where the registers of the I/O APIC with the first pins lie.
  public var ioapic: UInt64?
  /// The pin of the I/O APIC that interrupt line 0, the interval timer's, is wired to.
  public var intervalTimerPin: UInt32 = 0
  /// Whether there is a table that describes the routing of interrupts.
  public var hasInterruptTable = false
  /// The ports that put the machine to sleep, or switch it off; the second pair is there on few machines.
  public var sleepPort: UInt16?
  public var secondSleepPort: UInt16?
  /// The port that calls the firmware's system management mode.
  public var firmwarePort: UInt16?
  /// Where configuration space of the PCI bus lies as memory, 1 MiB for each bus.
  public var configurationMemory: UInt64?
  public var configurationBuses: UInt32 = 0

  public init() {}
}

extension FirmwareDevices {
  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - rootPointer: where the boot loader says that the first one lies; nil: it is searched for.
  ///   - problem: is called for each table that is not believed.
  public static func read(
    _ memory: inout some FirmwareMemory, rootPointer: UInt64? = nil, problem: (FirmwareProblem) -> Void
  ) -> FirmwareDevices {
    var devices = FirmwareDevices()
    guard let pointer = rootPointer ?? search(&memory) else {
      problem(.noRootPointer)
      return devices
    }
    do throws(FirmwareProblem) {
      let list = try TableList(pointer: pointer, in: &memory)
      for index in 0..<list.count {
        guard let address = list.table(index, in: &memory) else { break }
        do throws(FirmwareProblem) { try devices.take(address, &memory) } catch { problem(error) }
      }
    } catch { problem(error) }
    return devices
  }

  /// The pointer to the tables lies on a 16-byte boundary in the first KiB of the extended BIOS data, or in the BIOS's
  /// last 128 KiB (ACPI 6.4, 5.2.5.1).
  private static func search(_ memory: inout some FirmwareMemory) -> UInt64? {
    if let segment = memory.number(at: 0x40e, bytes: 2), segment >= 0x400 {
      let start = (segment &<< 4) & ~15
      if start < 0xa_0000, let found = search(&memory, start..<(start &+ 1024)) { return found }
    }
    return search(&memory, 0xe_0000..<0x10_0000)
  }

  private static func search(_ memory: inout some FirmwareMemory, _ range: Range<UInt64>) -> UInt64? {
    var address = range.lowerBound
    while address < range.upperBound {
      // The first letter tells nearly always, and the search is a good part of the start.
      if memory.byte(at: address) == 0x52, memory.hasText(FirmwareTableKind.rootPointer.signature, at: address),
        memory.sum(from: address, bytes: FirmwareTableKind.rootPointer.minimum) == 0
      {
        return address
      }
      address &+= 16
    }
    return nil
  }

  private mutating func take(_ address: UInt64, _ memory: inout some FirmwareMemory) throws(FirmwareProblem) {
    if memory.hasText(FirmwareTableKind.fixed.signature, at: address) {
      try takeFixed(FirmwareTable(.fixed, at: address, in: &memory), &memory)
    } else if memory.hasText(FirmwareTableKind.interrupts.signature, at: address) {
      try takeInterrupts(FirmwareTable(.interrupts, at: address, in: &memory), &memory)
    } else if memory.hasText(FirmwareTableKind.highPrecisionTimer.signature, at: address) {
      try takeHighPrecisionTimer(FirmwareTable(.highPrecisionTimer, at: address, in: &memory), &memory)
    } else if memory.hasText(FirmwareTableKind.configuration.signature, at: address) {
      try takeConfiguration(FirmwareTable(.configuration, at: address, in: &memory), &memory)
    }
  }

  /// The fixed description table, FADT (5.2.9): SMI_CMD, PM1a_CNT_BLK, PM1b_CNT_BLK, PM_TMR_BLK, PM_TMR_LEN, the flag TMR_VAL_EXT,
  /// X_PM_TMR_BLK.
  private mutating func takeFixed(
    _ table: FirmwareTable, _ memory: inout some FirmwareMemory
  ) throws(FirmwareProblem) {
    let flags = table.number(at: 112, bytes: 4, in: &memory)
    // A machine without the old hardware has no such timer, whatever the fields hold (HW_REDUCED_ACPI).
    guard flags & 1 &<< 20 == 0 else { return }
    firmwarePort = Self.port(table.number(at: 48, bytes: 4, in: &memory))
    sleepPort = Self.port(table.number(at: 64, bytes: 4, in: &memory))
    secondSleepPort = Self.port(table.number(at: 68, bytes: 4, in: &memory))
    guard table.number(at: 91, bytes: 1, in: &memory) == 4 else { return }
    var port = table.number(at: 76, bytes: 4, in: &memory)
    let extended = Place(table, at: 208, &memory)
    if extended.address != 0 {
      guard extended.space == Place.ports else {
        throw .unusablePlace(.fixed, space: extended.space, address: extended.address)
      }
      port = extended.address
    }
    guard port != 0 else { return }
    // Four ports, all of them below 2^16.
    guard port <= 0xfffc else { throw .unusablePlace(.fixed, space: Place.ports, address: port) }
    timerPort = UInt16(truncatingIfNeeded: port)
    isTimerWide = flags & 1 &<< 8 != 0
  }

  /// A port that a table names; nil where that is none.
  private static func port(_ number: UInt64) -> UInt16? { number == 0 ? nil : UInt16(exactly: number) }

  /// The memory mapped configuration space table, MCFG (PCI Firmware Specification 3.0, 4.1.2): its first entry, from byte 44 on.
  private mutating func takeConfiguration(
    _ table: FirmwareTable, _ memory: inout some FirmwareMemory
  ) throws(FirmwareProblem) {
    let address = table.number(at: 44, bytes: 8, in: &memory)
    let first = table.number(at: 54, bytes: 1, in: &memory)
    let last = table.number(at: 55, bytes: 1, in: &memory)
    guard address & 0xf_ffff == 0, address >= 1 &<< 20, address <= 0xf000_0000, first <= last else {
      throw .unusablePlace(.configuration, space: Place.memory, address: address)
    }
    // The address is that of bus 0, whichever the first one is.
    configurationMemory = address
    configurationBuses = UInt32(truncatingIfNeeded: last &+ 1)
  }

  /// The multiple APIC description table, MADT (5.2.12): from byte 44 on entries, each with its kind and length.
  private mutating func takeInterrupts(
    _ table: FirmwareTable, _ memory: inout some FirmwareMemory
  ) throws(FirmwareProblem) {
    hasInterruptTable = true
    var offset = FirmwareTableKind.interrupts.minimum
    while offset < table.length {
      let kind = table.number(at: offset, bytes: 1, in: &memory)
      let length = table.number(at: offset &+ 1, bytes: 1, in: &memory)
      guard length >= 2, offset &+ length <= table.length else {
        throw .cutShort(.interrupts, address: table.address, offset: offset)
      }
      if kind == 1, length >= 12, table.number(at: offset &+ 8, bytes: 4, in: &memory) == 0 {
        // An I/O APIC whose first pin is global interrupt 0 (5.2.12.3).
        let address = table.number(at: offset &+ 4, bytes: 4, in: &memory)
        guard address & 0xfff == 0, address >= 1 &<< 20 else {
          throw .unusablePlace(.interrupts, space: Place.memory, address: address)
        }
        ioapic = address
      } else if kind == 2, length >= 10, table.number(at: offset &+ 3, bytes: 1, in: &memory) == 0 {
        // An override for line 0 of bus 0 (5.2.12.5).
        intervalTimerPin = UInt32(truncatingIfNeeded: table.number(at: offset &+ 4, bytes: 4, in: &memory))
      }
      offset &+= length
    }
  }

  /// The table of the high precision event timer (IA-PC HPET specification 1.0a, 3.2.4).
  private mutating func takeHighPrecisionTimer(
    _ table: FirmwareTable, _ memory: inout some FirmwareMemory
  ) throws(FirmwareProblem) {
    let place = Place(table, at: 40, &memory)
    guard place.space == Place.memory, place.address & 0x3ff == 0, place.address >= 1 &<< 20,
      place.address <= 0xffff_fc00
    else { throw .unusablePlace(.highPrecisionTimer, space: place.space, address: place.address) }
    highPrecisionTimer = place.address
  }

  /// A generic address (5.2.3.2).
  private struct Place {
    static var memory: UInt8 { 0 }
    static var ports: UInt8 { 1 }
    let space: UInt8
    let address: UInt64

    init(_ table: FirmwareTable, at offset: UInt64, _ memory: inout some FirmwareMemory) {
      space = UInt8(truncatingIfNeeded: table.number(at: offset, bytes: 1, in: &memory))
      address = table.number(at: offset &+ 4, bytes: 8, in: &memory)
    }
  }
}

/// The addresses of all tables: XSDT, or RSDT.
private struct TableList {
  private let table: FirmwareTable
  private let width: UInt64

  var count: UInt64 { (table.length &- table.kind.minimum) / width }

  init(pointer: UInt64, in memory: inout some FirmwareMemory) throws(FirmwareProblem) {
    let kind = FirmwareTableKind.rootPointer
    guard let sum = memory.sum(from: pointer, bytes: kind.minimum) else {
      throw .unreachable(kind, address: pointer)
    }
    guard memory.hasText(kind.signature, at: pointer) else { throw .wrongSignature(kind, address: pointer) }
    guard sum == 0 else { throw .wrongSum(kind, address: pointer, sum: sum) }
    // From revision 2 on there is a second, longer part with a second sum (5.2.5.3).
    if let revision = memory.byte(at: pointer &+ 15), revision >= 2 {
      let extended = memory.number(at: pointer &+ 24, bytes: 8) ?? 0
      if memory.number(at: pointer &+ 20, bytes: 4) == 36, memory.sum(from: pointer, bytes: 36) == 0, extended != 0 {
        table = try FirmwareTable(.extendedRoot, at: extended, in: &memory)
        width = 8
        return
      }
    }
    table = try FirmwareTable(.root, at: memory.number(at: pointer &+ 16, bytes: 4) ?? 0, in: &memory)
    width = 4
  }

  func table(_ index: UInt64, in memory: inout some FirmwareMemory) -> UInt64? {
    memory.number(at: table.address &+ table.kind.minimum &+ index &* width, bytes: width)
  }
}
