// The serial port: a 16550 UART (National Semiconductor PC16550D data sheet; the section numbers below
// are its own).
//
// Invariants: nothing here waits without a bound; a port that is absent or failed its self test is never
// written to; a transmitter that stops costs one long wait, after which bytes are dropped and counted
// until it moves again. No received byte is taken that has nowhere to go: the port then asks the sender to
// wait (request to send, low), and what is lost all the same is counted. The line status is read at one
// place, since reading it forgets its errors. A break, or the sequence that stands for one, is noticed also while
// the sender has to wait: it drops what waits.

import Primitives

/// Why a serial port cannot be used.
public enum SerialPortError: Error, Equatable {
  /// The scratch register at `base` + 7 does not hold what is written to it: no UART is there.
  case absent(base: UInt16)
  /// A byte sent in loopback mode never came back.
  case loopbackSilent(base: UInt16)
  /// A byte sent in loopback mode came back as another one.
  case loopbackMismatch(base: UInt16, sent: UInt8, received: UInt8)

  /// Writes one sentence that says what is wrong.
  public func describe(to output: inout some TextOutput) {
    output.write("serial port ")
    switch self {
    case .absent(let base):
      output.write(hexadecimal: UInt32(base), digits: 3)
      output.write(": absent")
    case .loopbackSilent(let base):
      output.write(hexadecimal: UInt32(base), digits: 3)
      output.write(": the loopback test received nothing")
    case .loopbackMismatch(let base, let sent, let received):
      output.write(hexadecimal: UInt32(base), digits: 3)
      output.write(": the loopback test sent ")
      output.write(hexadecimal: UInt32(sent), digits: 2)
      output.write(" and received ")
      output.write(hexadecimal: UInt32(received), digits: 2)
    }
  }
}

/// One 16550 UART at eight consecutive ports.
public struct SerialPort<Ports: PortAccess>: TextOutput {
  /// The first of the port's eight registers.
  public let base: UInt16
  /// Whether the port may be used: it passed its self test, or was adopted.
  public private(set) var isPresent: Bool
  /// Whether a line feed is sent as a carriage return and a line feed. Off until asked for.
  public var sendsReturnBeforeLineFeed = false
  /// The number of bytes not sent because the transmitter did not take them.
  public private(set) var lostCount: UInt32 = 0
  /// The number of received bytes thrown away because of a parity, framing or break condition.
  public private(set) var damagedCount: UInt32 = 0
  /// The number of times that bytes came faster than they were taken, so that at least one was lost.
  public private(set) var overrunCount: UInt32 = 0
  /// Whether a received byte waited when the line status was last read.
  public private(set) var hasReceived = false
  /// Whether the sender is asked to wait.
  public private(set) var isPaused = false
  /// Whether the last wait for the transmitter ran out; the next byte then looks only once.
  private var isStalled = false
  /// Errors of the byte that waits, which the line status showed once.
  private var heldErrors: UInt8 = 0
  private var attention = AttentionSequence()
  /// Whether a break has come that nobody has seen to.
  private var hasBreak = false
  /// Whether attention was asked for since that was last taken.
  private var asksForAttention = false

  /// A port that has not been initialised; until it is, writes go nowhere.
  public init(base: UInt16) {
    self.base = base
    isPresent = false
  }

  /// A port that somebody else initialised before, for the panic printer: no self test, so that bytes
  /// still in the transmitter are not lost.
  public init(adopting base: UInt16) {
    self.base = base
    isPresent = true
  }

  /// The base of COM1.
  public static var firstBase: UInt16 { 0x3f8 }
  /// The base of COM2.
  public static var secondBase: UInt16 { 0x2f8 }

  // Register offsets (table II). Offsets 0 and 1 are the divisor while `divisorAccess` is set.
  private var dataRegister: UInt16 { base }
  private var interruptEnableRegister: UInt16 { base &+ 1 }
  private var fifoControlRegister: UInt16 { base &+ 2 }
  private var lineControlRegister: UInt16 { base &+ 3 }
  private var modemControlRegister: UInt16 { base &+ 4 }
  private var lineStatusRegister: UInt16 { base &+ 5 }
  private var scratchRegister: UInt16 { base &+ 7 }

  // Line status bits (8.4).
  private static var dataReady: UInt8 { 0x01 }
  private static var overrun: UInt8 { 0x02 }
  private static var receiveErrors: UInt8 { 0x1c }
  private static var breakCondition: UInt8 { 0x10 }
  private static var transmitterHoldingEmpty: UInt8 { 0x20 }
  private static var transmitterEmpty: UInt8 { 0x40 }
  /// What the line status reads as where no device drives the bus.
  private static var floatingBus: UInt8 { 0xff }

  // Modem control (8.7): data terminal ready, and OUT 2, which lets the interrupt line out of the port;
  // request to send.
  private static var ready: UInt8 { 0x09 }
  private static var requestToSend: UInt8 { 0x02 }

  /// The most bytes taken at once, so that an interrupt stays short.
  private static var batch: Int { 64 }

  /// A full FIFO of 16 bytes needs 17 ms at 9,600 baud; a port read takes about a microsecond on the
  /// slowest bus, so this many reads are well past it.
  private static var spinLimit: Int { 65_536 }

  /// Sets 8 data bits, no parity, 1 stop bit and the speed 115,200 / `divisor` baud, clears the FIFOs,
  /// and sends a byte to itself. Interrupts are off afterwards.
  public mutating func initialise(divisor: UInt16 = 1) throws(SerialPortError) {
    isPresent = false
    isStalled = false
    guard scratchHolds(0x5a), scratchHolds(0xa5) else { throw .absent(base: base) }
    // What the firmware still has under way would be lost by the loopback test.
    _ = waitForStatus(Self.transmitterEmpty, limit: Self.spinLimit)
    Ports.write8(interruptEnableRegister, 0)
    Ports.write8(lineControlRegister, 0x80)
    Ports.write8(dataRegister, UInt8(truncatingIfNeeded: divisor == 0 ? 1 : divisor))
    Ports.write8(interruptEnableRegister, UInt8(truncatingIfNeeded: divisor &>> 8))
    Ports.write8(lineControlRegister, 0x03)
    // FIFOs on and cleared, receive interrupt at the first byte (8.5).
    Ports.write8(fifoControlRegister, 0x07)
    try testLoopback()
    Ports.write8(modemControlRegister, Self.ready | Self.requestToSend)
    // What came before was for the firmware.
    (overrunCount, heldErrors, hasReceived, isPaused) = (0, 0, false, false)
    isPresent = true
  }

  private func scratchHolds(_ pattern: UInt8) -> Bool {
    Ports.write8(scratchRegister, pattern)
    return Ports.read8(scratchRegister) == pattern
  }

  /// Sends a byte with the transmitter wired to the receiver (8.7, bit 4).
  private mutating func testLoopback() throws(SerialPortError) {
    let sent: UInt8 = 0xae
    Ports.write8(modemControlRegister, 0x1e)
    Ports.write8(dataRegister, sent)
    guard waitForStatus(Self.dataReady, limit: Self.spinLimit) else {
      Ports.write8(modemControlRegister, 0)
      throw .loopbackSilent(base: base)
    }
    let received = Ports.read8(dataRegister)
    guard received == sent else {
      Ports.write8(modemControlRegister, 0)
      throw .loopbackMismatch(base: base, sent: sent, received: received)
    }
  }

  /// Reads the line status and keeps of it what the next reading would not show any more.
  private mutating func lineStatus() -> UInt8 {
    let status = Ports.read8(lineStatusRegister)
    hasReceived = status != Self.floatingBus && status & Self.dataReady != 0
    if hasReceived {
      if status & Self.overrun != 0 { Self.increment(&overrunCount) }
      heldErrors |= status & Self.receiveErrors
    }
    return status
  }

  /// Reads the line status until one of `bits` is set, at most `limit` times.
  private mutating func waitForStatus(_ bits: UInt8, limit: Int) -> Bool {
    var attempts = 0
    while attempts < limit {
      if lineStatus() & bits != 0 { return true }
      attempts &+= 1
    }
    return false
  }

  /// Sends `byte`. Where the transmitter does not take it in time the byte is dropped and counted.
  public mutating func write(byte: UInt8) {
    guard isPresent else { return }
    if byte == 0x0a && sendsReturnBeforeLineFeed { transmit(0x0d) }
    transmit(byte)
  }

  private mutating func transmit(_ byte: UInt8) {
    guard waitForStatus(Self.transmitterHoldingEmpty, limit: isStalled ? 1 : Self.spinLimit) else {
      isStalled = true
      Self.increment(&lostCount)
      return
    }
    isStalled = false
    Ports.write8(dataRegister, byte)
  }

  /// Waits until everything has been sent, but not for long: what follows may end the machine.
  public mutating func finish() {
    guard isPresent, !isStalled else { return }
    _ = waitForStatus(Self.transmitterEmpty, limit: Self.spinLimit)
  }

  /// Takes the next intact byte that has arrived, or nil where there is none.
  public mutating func read() -> UInt8? {
    guard isPresent else { return nil }
    // Twice the FIFO: a port that reports damaged bytes for ever must not hold the reader.
    for _ in 0..<32 {
      _ = lineStatus()
      guard hasReceived else { return nil }
      let byte = Ports.read8(dataRegister)
      let errors = heldErrors
      (heldErrors, hasReceived) = (0, false)
      if errors == 0 { return byte }
      if errors & Self.breakCondition != 0 { hasBreak = true } else { Self.increment(&damagedCount) }
    }
    return nil
  }

  /// Moves what has arrived into `ring`, as much as it can hold; when it is full the sender has to wait until
  /// `resume`. Returns the number of bytes taken.
  @discardableResult
  public mutating func receive(into ring: inout ByteRing) -> Int {
    guard isPresent else { return 0 }
    if isPaused {
      // A sender that has to wait can still send a break.
      _ = lineStatus()
      guard heldErrors & Self.breakCondition != 0 else { return 0 }
      // What the port holds came before the break.
      Ports.write8(fifoControlRegister, 0x03)
      (heldErrors, hasReceived) = (0, false)
      ask(dropping: &ring)
      resume()
      return 0
    }
    var taken = 0
    while taken < Self.batch, ring.room > 0, let byte = read() {
      if hasBreak { ask(dropping: &ring) }
      ring.push(byte)
      if attention.completes(with: byte) { ask(dropping: &ring) }
      taken &+= 1
    }
    if hasBreak { ask(dropping: &ring) }
    if ring.room == 0 {
      isPaused = true
      listenForBreaks()
      Ports.write8(modemControlRegister, Self.ready)
    } else if taken == Self.batch {
      // More may wait. The line is still up then, and the controller of edges hears only one that rises.
      disableInterrupts()
      enableReceiveInterrupt()
    }
    return taken
  }

  /// Attention is asked for; what was typed before that was for somebody else.
  private mutating func ask(dropping ring: inout ByteRing) {
    hasBreak = false
    asksForAttention = true
    ring.removeAll()
  }

  /// Whether attention was asked for since this was last asked.
  public mutating func takeAttention() -> Bool {
    defer { asksForAttention = false }
    return asksForAttention
  }

  /// Lets the sender go on, once there is room again. What waits in the port raises its interrupt at once.
  public mutating func resume() {
    guard isPaused else { return }
    isPaused = false
    Ports.write8(modemControlRegister, Self.ready | Self.requestToSend)
    enableReceiveInterrupt()
  }

  /// Lets the port raise its interrupt when a byte arrives (8.6, bit 0).
  public func enableReceiveInterrupt() {
    guard isPresent else { return }
    Ports.write8(interruptEnableRegister, 0x01)
  }

  /// Lets the port raise its interrupt for what is wrong with the line, and no byte (8.6, bit 2).
  private func listenForBreaks() { Ports.write8(interruptEnableRegister, 0x04) }

  /// Stops the port from raising its interrupt.
  public func disableInterrupts() {
    guard isPresent else { return }
    Ports.write8(interruptEnableRegister, 0x00)
  }

  private static func increment(_ counter: inout UInt32) {
    if counter < .max { counter &+= 1 }
  }
}
