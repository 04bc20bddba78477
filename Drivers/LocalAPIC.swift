// The processor's own interrupt controller, the local APIC (Intel SDM Vol. 3, chapter 11, "Advanced
// Programmable Interrupt Controller"; the section titles below are from there).
//
// Invariant: only the registers that table "Local APIC Register Address Map" lists as accessible are
// touched, each as one 32-bit access.

/// A local APIC whose registers are mapped at `base`.
public struct LocalAPIC<Memory: MemoryAccess> {
  /// The virtual address of the register page.
  public let base: UInt32

  public init(base: UInt32) { self.base = base }

  /// The physical address of the register page after reset (MSR IA32_APIC_BASE can move it).
  public static var defaultPhysicalBase: UInt32 { 0xfee0_0000 }

  /// What the timer divides the bus clock by ("APIC Timer", divide configuration register).
  public enum Divider: UInt32, Sendable {
    case by1 = 0b1011
    case by2 = 0b0000
    case by4 = 0b0001
    case by8 = 0b0010
    case by16 = 0b0011
    case by32 = 0b1000
    case by64 = 0b1001
    case by128 = 0b1010
  }

  /// One of the two pins through which the board reaches this processor.
  public enum Pin: UInt32, Sendable {
    /// LINT0, where the 8259 controllers are wired.
    case zero = 0x350
    /// LINT1, where the NMI line is wired.
    case one = 0x360
  }

  /// What a pin's signal means ("Local Vector Table", delivery mode).
  public enum PinMode: Sendable {
    /// Ask the 8259 for a vector (ExtINT).
    case external
    /// Raise a non-maskable interrupt.
    case nonMaskable
    /// Ignore the pin.
    case masked
  }

  private enum Register {
    static var identity: UInt32 { 0x020 }
    static var version: UInt32 { 0x030 }
    static var taskPriority: UInt32 { 0x080 }
    static var endOfInterrupt: UInt32 { 0x0b0 }
    static var spuriousVector: UInt32 { 0x0f0 }
    static var firstInService: UInt32 { 0x100 }
    static var firstRequest: UInt32 { 0x200 }
    static var errorStatus: UInt32 { 0x280 }
    static var command: UInt32 { 0x300 }
    static var commandTarget: UInt32 { 0x310 }
    static var timerEntry: UInt32 { 0x320 }
    static var initialCount: UInt32 { 0x380 }
    static var currentCount: UInt32 { 0x390 }
    static var divideConfiguration: UInt32 { 0x3e0 }
  }

  private static var masked: UInt32 { 1 &<< 16 }
  private static var softwareEnable: UInt32 { 1 &<< 8 }

  private func read(_ register: UInt32) -> UInt32 { Memory.read32(base &+ register) }
  private func write(_ register: UInt32, _ value: UInt32) { Memory.write32(base &+ register, value) }

  /// This processor's number on the interrupt bus.
  public var identifier: UInt8 { UInt8(truncatingIfNeeded: read(Register.identity) &>> 24) }

  /// Whether a local APIC answers at `base`: an integrated one has a version from 0x10 to 0x15
  /// ("Local APIC Version Register").
  public var isPresent: Bool {
    let version = read(Register.version) & 0xff
    return version >= 0x10 && version <= 0x15
  }

  /// Switches the controller on and lets interrupts of every priority through. `spuriousVector` is what
  /// it raises for a request that went away; that one owes no end of interrupt ("Spurious Interrupt").
  /// Old processors hold the vector's low four bits at one, so it should end in F.
  public func enable(spuriousVector: UInt8) {
    write(Register.taskPriority, 0)
    write(Register.timerEntry, Self.masked)
    write(Register.spuriousVector, Self.softwareEnable | UInt32(spuriousVector))
  }

  /// Whether the controller is switched on, as `enable` left it.
  public func isEnabled(spuriousVector: UInt8) -> Bool {
    read(Register.spuriousVector) & 0x1ff == Self.softwareEnable | UInt32(spuriousVector)
  }

  /// Raises `vector` on this processor ("Issuing Interprocessor Interrupts": the shorthand for itself, edge triggered),
  /// which takes it as soon as it lets interrupts come.
  public func requestSelf(vector: UInt8) { write(Register.command, 1 &<< 18 | 1 &<< 14 | UInt32(vector)) }

  /// Raises a non-maskable interrupt on this processor, which has no shorthand for itself then.
  public func requestNonMaskable() {
    write(Register.commandTarget, UInt32(identifier) &<< 24)
    write(Register.command, 1 &<< 14 | 4 &<< 8)
  }

  /// Whether `vector` waits for the processor to let interrupts come.
  public func isRequested(vector: UInt8) -> Bool {
    let group = UInt32(vector &>> 5)
    return read(Register.firstRequest &+ (group &<< 4)) & 1 &<< UInt32(vector & 31) != 0
  }

  /// Says what the signal on `pin` means. The vector field of these two modes is ignored.
  public func configure(_ pin: Pin, as mode: PinMode) {
    switch mode {
    case .external: write(pin.rawValue, 0x700)
    case .nonMaskable: write(pin.rawValue, 0x400)
    case .masked: write(pin.rawValue, Self.masked)
    }
  }

  /// Ends the interrupt of highest priority in service ("Signaling Interrupt Servicing Completion").
  public func endOfInterrupt() { write(Register.endOfInterrupt, 0) }

  /// The highest vector that the processor has accepted and not ended, or nil. A double-fault handler
  /// asks this to deliver the interrupt whose frame could not be pushed.
  public func inServiceVector() -> UInt8? {
    // Eight registers of 32 vectors each, 16 bytes apart; the highest vector has the highest priority.
    var group: UInt32 = 8
    while group > 0 {
      group &-= 1
      let bits = read(Register.firstInService &+ (group &<< 4))
      if bits != 0 {
        let highest = 31 &- UInt32(truncatingIfNeeded: bits.leadingZeroBitCount)
        return UInt8(truncatingIfNeeded: (group &<< 5) &+ highest)
      }
    }
    return nil
  }

  /// Raises `vector` once, after `count` ticks of the bus clock divided by `divider`. A count of zero
  /// stops the timer.
  public func startOneShot(vector: UInt8, divider: Divider, count: UInt32) {
    write(Register.divideConfiguration, divider.rawValue)
    write(Register.timerEntry, UInt32(vector))
    write(Register.initialCount, count)
  }

  /// Counts down from `count` without an interrupt, to measure the timer against another clock.
  public func startSilentCount(divider: Divider, count: UInt32) {
    write(Register.divideConfiguration, divider.rawValue)
    write(Register.timerEntry, Self.masked)
    write(Register.initialCount, count)
  }

  /// Starts the timer again with the vector and divider it has.
  public func restartTimer(count: UInt32) { write(Register.initialCount, count) }

  /// Stops the timer and masks it.
  public func stopTimer() {
    write(Register.timerEntry, Self.masked)
    write(Register.initialCount, 0)
  }

  /// The ticks left before the timer fires; zero once it has, or while it is stopped.
  public var timerCount: UInt32 { read(Register.currentCount) }

  /// The errors since the last call ("Error Handling"). The write before the read makes the controller
  /// publish what it collected.
  public func takeErrors() -> UInt32 {
    write(Register.errorStatus, 0)
    return read(Register.errorStatus)
  }
}
