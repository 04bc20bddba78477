// The board's interrupt controller, the I/O APIC (Intel 82093AA data sheet, order number 290566; the
// section numbers below are its own). It can deliver a device's line as an ordinary vector or as a
// non-maskable interrupt: the second is how a task that switched interrupts off is still interrupted.
//
// Invariants: a pin is checked against the count the hardware reports before anything is written; an
// entry is masked while its two halves are written, so that no half-written entry can fire.

import Primitives

/// Why an I/O APIC or one of its pins cannot be used.
public enum IOAPICError: Error, Equatable {
  /// The version register reads as `version`, as it does where nothing answers.
  case absent(version: UInt32)
  /// The controller has the pins 0 to `limit` - 1.
  case pinOutOfRange(pin: UInt32, limit: UInt32)
  /// A fixed vector is below 0x10, which the processor refuses as illegal.
  case vectorReserved(vector: UInt8, lowest: UInt8)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .absent(let version):
      output.write("no I/O APIC answers: its version register reads ")
      output.write(hexadecimal: version)
    case .pinOutOfRange(let pin, let limit):
      output.write("I/O APIC pin ")
      output.write(decimal: pin)
      output.write(" does not exist: it has ")
      output.write(decimal: limit)
      output.write(" pins")
    case .vectorReserved(let vector, let lowest):
      output.write("I/O APIC vector ")
      output.write(hexadecimal: UInt32(vector), digits: 2)
      output.write(" is reserved: the lowest is ")
      output.write(hexadecimal: UInt32(lowest), digits: 2)
    }
  }
}

/// An I/O APIC whose registers are mapped at `base`.
public struct IOAPIC<Memory: MemoryAccess> {
  /// The virtual address of the register window.
  public let base: UInt32
  /// The number of pins; zero until `initialise` found the controller.
  public private(set) var pinCount: UInt32 = 0

  public init(base: UInt32) { self.base = base }

  /// The physical address of the first I/O APIC on every PC.
  public static var defaultPhysicalBase: UInt32 { 0xfec0_0000 }
  /// The pin of the interval timer; its line 0 arrives here as a rule (ACPI, "Interrupt Source
  /// Override").
  public static var timerPin: UInt32 { 2 }

  /// How a pin's signal reaches the processor (3.2.4, bits 10 to 8).
  public enum Delivery: Equatable, Sendable {
    /// As an ordinary interrupt with this vector.
    case fixed(vector: UInt8)
    /// As a non-maskable interrupt; this must be edge triggered.
    case nonMaskable
  }

  /// What makes a pin call (3.2.4, bits 15 and 13).
  public enum Trigger: Equatable, Sendable {
    case edgeActiveHigh
    case levelActiveLow
  }

  // The two windows of the register file (3.1): an index, and the register it selects.
  private func read(_ register: UInt32) -> UInt32 {
    Memory.write32(base, register)
    return Memory.read32(base &+ 0x10)
  }
  private func write(_ register: UInt32, _ value: UInt32) {
    Memory.write32(base, register)
    Memory.write32(base &+ 0x10, value)
  }

  private static var versionRegister: UInt32 { 0x01 }
  private static var masked: UInt32 { 1 &<< 16 }
  private static var nonMaskable: UInt32 { 0b100 &<< 8 }
  private func lowRegister(_ pin: UInt32) -> UInt32 { 0x10 &+ (pin &<< 1) }
  private func highRegister(_ pin: UInt32) -> UInt32 { 0x11 &+ (pin &<< 1) }

  /// Finds how many pins there are and masks all of them.
  public mutating func initialise() throws(IOAPICError) {
    pinCount = 0
    let version = read(Self.versionRegister)
    // Bits 31 to 24 are reserved and read as zero; a floating bus reads as ones (3.2.2).
    let highestPin = (version &>> 16) & 0xff
    guard version & 0xff00_0000 == 0, version & 0xff != 0, highestPin < 240 else {
      throw .absent(version: version)
    }
    pinCount = highestPin &+ 1
    var pin: UInt32 = 0
    while pin < pinCount {
      write(lowRegister(pin), Self.masked)
      pin &+= 1
    }
  }

  /// Sends `pin` to the processor whose local APIC has the number `destination`, and opens it unless
  /// `isMasked`.
  public func program(
    pin: UInt32, delivery: Delivery, trigger: Trigger = .edgeActiveHigh, destination: UInt8,
    isMasked: Bool = false
  ) throws(IOAPICError) {
    try check(pin)
    var low: UInt32 = isMasked ? Self.masked : 0
    switch delivery {
    case .fixed(let vector):
      guard vector >= 0x10 else { throw .vectorReserved(vector: vector, lowest: 0x10) }
      low |= UInt32(vector)
      if trigger == .levelActiveLow { low |= 1 &<< 15 | 1 &<< 13 }
    case .nonMaskable:
      low |= Self.nonMaskable
    }
    write(lowRegister(pin), Self.masked)
    write(highRegister(pin), UInt32(destination) &<< 24)
    write(lowRegister(pin), low)
  }

  /// Keeps `pin` from calling; the rest of its entry stays.
  public func mask(pin: UInt32) throws(IOAPICError) {
    try check(pin)
    write(lowRegister(pin), read(lowRegister(pin)) | Self.masked)
  }

  /// Lets `pin` call with the entry it has.
  public func unmask(pin: UInt32) throws(IOAPICError) {
    try check(pin)
    write(lowRegister(pin), read(lowRegister(pin)) & ~Self.masked)
  }

  /// Whether `pin` is open and raises a non-maskable interrupt at `destination` by edges. Bits 12 and 14 are states.
  public func isNonMaskable(pin: UInt32, destination: UInt8) -> Bool {
    guard pin < pinCount else { return false }
    return read(lowRegister(pin)) & 0x1_af00 == Self.nonMaskable
      && read(highRegister(pin)) &>> 24 == UInt32(destination)
  }

  private func check(_ pin: UInt32) throws(IOAPICError) {
    guard pin < pinCount else { throw .pinOutOfRange(pin: pin, limit: pinCount) }
  }
}
