// The two chained 8259A interrupt controllers (Intel 8259A data sheet, order number 231468; ICW and OCW
// are its words for initialisation and operation command words).
//
// Invariants: the mask kept here is what the controllers hold; the cascade line is open exactly while a
// line of the second controller is; an end of interrupt names its line, so it can never end another one.

/// Whether a line that called really has an interrupt in service.
public enum InterruptArrival: Equatable, Sendable {
  /// The line is in service: handle it and then call `endOfInterrupt`.
  case genuine
  /// The request went away before the processor asked (data sheet, "Interrupt Sequence"): nothing is in
  /// service and no end of interrupt is owed.
  case spurious
}

/// The pair of 8259A controllers of a PC.
public struct PIC8259<Ports: PortAccess> {
  /// One bit for each line; a set bit keeps the line from interrupting.
  public private(set) var mask: UInt16 = 0xffff
  /// The number of spurious interrupts seen on lines 7 and 15.
  public private(set) var spuriousCount: UInt32 = 0

  public init() {}

  /// The vector of line 0; line n has this vector plus n. Intel reserves the vectors below 0x20.
  public static var firstVector: UInt8 { 0x20 }

  /// The line whose interrupt has `vector`, or nil for another source's vector.
  public static func line(ofVector vector: UInt8) -> InterruptLine? {
    guard vector >= firstVector else { return nil }
    return InterruptLine(vector &- firstVector)
  }

  /// The vector that `line` raises.
  public static func vector(of line: InterruptLine) -> UInt8 { firstVector &+ line.number }

  private static var firstCommand: UInt16 { 0x20 }
  private static var firstData: UInt16 { 0x21 }
  private static var secondCommand: UInt16 { 0xa0 }
  private static var secondData: UInt16 { 0xa1 }
  /// Written to give an old controller time to settle; it belongs to the firmware's progress display.
  private static var delayPort: UInt16 { 0x80 }

  /// Moves the lines to the vectors 0x20 to 0x2F and masks all of them.
  public mutating func initialise() {
    // ICW1: edge triggered, cascaded, ICW4 follows.
    writeSlowly(Self.firstCommand, 0x11)
    writeSlowly(Self.secondCommand, 0x11)
    // ICW2: the vector of the first line of each.
    writeSlowly(Self.firstData, Self.firstVector)
    writeSlowly(Self.secondData, Self.firstVector &+ 8)
    // ICW3: the second controller hangs on line 2 of the first.
    writeSlowly(Self.firstData, 0x04)
    writeSlowly(Self.secondData, 0x02)
    // ICW4: 8086 mode, the end of interrupt is written by hand.
    writeSlowly(Self.firstData, 0x01)
    writeSlowly(Self.secondData, 0x01)
    maskAll()
  }

  private func writeSlowly(_ port: UInt16, _ value: UInt8) {
    Ports.write8(port, value)
    Ports.write8(Self.delayPort, 0)
  }

  /// Keeps every line from interrupting.
  public mutating func maskAll() {
    mask = 0xffff
    Ports.write8(Self.firstData, 0xff)
    Ports.write8(Self.secondData, 0xff)
  }

  /// Keeps `line` from interrupting. Masking the last open line of the second controller closes the
  /// cascade too.
  public mutating func mask(_ line: InterruptLine) { change(mask | line.bit) }

  /// Lets `line` interrupt; a line of the second controller opens the cascade too.
  public mutating func unmask(_ line: InterruptLine) { change(mask & ~line.bit) }

  public func isMasked(_ line: InterruptLine) -> Bool { mask & line.bit != 0 }

  /// Writes (as OCW1) the halves of `wanted` that differ from what the controllers hold.
  private mutating func change(_ wanted: UInt16) {
    let cascade = InterruptLine.cascade.bit
    let whole = wanted & 0xff00 == 0xff00 ? wanted | cascade : wanted & ~cascade
    let difference = whole ^ mask
    mask = whole
    if difference & 0xff00 != 0 {
      Ports.write8(Self.secondData, UInt8(truncatingIfNeeded: whole &>> 8))
    }
    if difference & 0x00ff != 0 {
      Ports.write8(Self.firstData, UInt8(truncatingIfNeeded: whole))
    }
  }

  /// Ends the interrupt of `line` with a specific end of interrupt (OCW2, 0x60 plus the level). A line
  /// of the second controller ends the cascade line too.
  public func endOfInterrupt(_ line: InterruptLine) {
    if line.isOnSecond {
      Ports.write8(Self.secondCommand, 0x60 | line.level)
      Ports.write8(Self.firstCommand, 0x60 | InterruptLine.cascade.level)
    } else {
      Ports.write8(Self.firstCommand, 0x60 | line.level)
    }
  }

  /// Tells a real interrupt of `line` from a spurious one. Only the lines 7 and 15 can be spurious, so
  /// only they cost port accesses. A spurious line 15 left the cascade line of the first controller in
  /// service: that is ended here.
  public mutating func arrival(of line: InterruptLine) -> InterruptArrival {
    guard line.level == 7 else { return .genuine }
    let inService = line.isOnSecond ? readInService(Self.secondCommand) : readInService(Self.firstCommand)
    if inService & 0x80 != 0 { return .genuine }
    if spuriousCount < .max { spuriousCount &+= 1 }
    if line.isOnSecond { endOfInterrupt(.cascade) }
    return .spurious
  }

  /// The line of highest priority that the processor has accepted and not ended, or nil. A double-fault
  /// handler asks this, because the interrupt whose frame could not be pushed counts as accepted and
  /// would otherwise be lost. It is the cascade line where the second controller called for a request
  /// that went away; that too must be ended.
  public func inServiceLine() -> InterruptLine? {
    let first = readInService(Self.firstCommand)
    guard first != 0 else { return nil }
    let level = UInt8(truncatingIfNeeded: first.trailingZeroBitCount)
    guard level == InterruptLine.cascade.level else { return .first(level: level) }
    let second = readInService(Self.secondCommand)
    guard second != 0 else { return .cascade }
    return .second(level: UInt8(truncatingIfNeeded: second.trailingZeroBitCount))
  }

  /// Reads the in-service register (ISR), selected by OCW3.
  private func readInService(_ command: UInt16) -> UInt8 {
    Ports.write8(command, 0x0b)
    return Ports.read8(command)
  }
}
