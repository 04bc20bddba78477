// The keyboard controller: an i8042 (Intel UPI-41 as the IBM PS/2 Hardware Interface Technical Reference,
// "Keyboard and Auxiliary Device Controller", describes it) at the ports 0x60 and 0x64.
//
// Invariants: every wait is bounded, so a machine without a controller, or with one that never answers,
// boots on and says so in one line; the keyboard sends scan-code set 1 (the controller translates).

import Primitives

/// How the search for a keyboard ended.
public enum KeyboardStatus: Equatable, Sendable {
  /// The keyboard answered and scans its keys.
  case ready
  /// Nothing drives the ports: no controller.
  case controllerAbsent
  /// The controller never took the command `command`.
  case controllerBusy(command: UInt8)
  /// The controller never gave the answer to `command`.
  case controllerSilent(command: UInt8)
  /// The controller's self test answered `answer` in place of 0x55.
  case selfTestFailed(answer: UInt8)
  /// The test of the keyboard's wires answered `answer` in place of 0.
  case wiresFailed(answer: UInt8)
  /// The controller works, and no keyboard answers it. One that is plugged in later is heard.
  case keyboardSilent
  /// The keyboard answered `answer` to `command` in place of 0xFA.
  case keyboardRefused(command: UInt8, answer: UInt8)

  /// Whether the controller works, so that the keyboard's interrupt line is worth opening.
  public var canReceive: Bool {
    switch self {
    case .ready, .keyboardSilent, .keyboardRefused: true
    default: false
    }
  }

  /// Writes one sentence for the boot log.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .ready: output.write("keyboard: ready")
    case .controllerAbsent: output.write("keyboard: no controller at port 0x60")
    case .controllerBusy(let command):
      output.write("keyboard: the controller does not take command ")
      output.write(hexadecimal: UInt32(command), digits: 2)
    case .controllerSilent(let command):
      output.write("keyboard: the controller does not answer command ")
      output.write(hexadecimal: UInt32(command), digits: 2)
    case .selfTestFailed(let answer):
      output.write("keyboard: the controller's self test answered ")
      output.write(hexadecimal: UInt32(answer), digits: 2)
      output.write(" instead of 0x55")
    case .wiresFailed(let answer):
      output.write("keyboard: the interface test answered ")
      output.write(hexadecimal: UInt32(answer), digits: 2)
      output.write(" instead of 0x00")
    case .keyboardSilent: output.write("keyboard: the controller works, no keyboard answers")
    case .keyboardRefused(let command, let answer):
      output.write("keyboard: command ")
      output.write(hexadecimal: UInt32(command), digits: 2)
      output.write(" was answered with ")
      output.write(hexadecimal: UInt32(answer), digits: 2)
      output.write(" instead of 0xfa")
    }
  }
}

/// The i8042 keyboard controller.
public struct KeyboardController<Ports: PortAccess> {
  public init() {}

  public static var dataPort: UInt16 { 0x60 }
  /// Status when read, commands when written.
  public static var statusPort: UInt16 { 0x64 }
  /// The keyboard's interrupt line.
  public static var line: UInt32 { UInt32(InterruptLine.keyboard.number) }

  /// The output buffer holds a byte for the processor (OBF).
  private static var outputFull: UInt8 { 0x01 }
  /// The input buffer still holds the processor's last byte (IBF).
  private static var inputFull: UInt8 { 0x02 }
  /// The byte comes from the second port, the mouse.
  private static var fromSecondPort: UInt8 { 0x20 }

  /// A keyboard answers within 20 ms and a port read takes about a microsecond on the slowest bus; this
  /// many reads are well past it and still pass unnoticed at boot.
  private static var spinLimit: Int { 100_000 }

  /// Brings the controller and the keyboard to a known state and lets the keyboard interrupt on line 1.
  /// Interrupts must be off, or the keyboard's line masked, since the answers are read here.
  public func initialise() -> KeyboardStatus {
    do throws(Failure) {
      try initialiseController()
      return startKeyboard()
    } catch {
      return error.status
    }
  }

  /// What ends the initialisation early.
  private struct Failure: Error { let status: KeyboardStatus }

  private func initialiseController() throws(Failure) {
    if Ports.read8(Self.statusPort) == 0xff { throw Failure(status: .controllerAbsent) }
    // Both devices off, so that a key or a mouse does not talk between the answers.
    try command(0xad)
    try command(0xa7)
    flush()
    // Command byte: interrupts of both ports off, translation to set 1 on.
    let configuration = try ask(0x20) & ~0x03 | 0x40
    try command(0x60, parameter: configuration)
    let selfTest = try ask(0xaa)
    guard selfTest == 0x55 else { throw Failure(status: .selfTestFailed(answer: selfTest)) }
    let wires = try ask(0xab)
    guard wires == 0 else { throw Failure(status: .wiresFailed(answer: wires)) }
    // Some controllers forget the command byte in their self test. Bits 4 and 5 disable a port: the
    // keyboard's is open, the mouse's shut.
    try command(0x60, parameter: configuration & ~0x10 | 0x20)
    try command(0xae)
  }

  /// Asks the keyboard for its defaults and to scan, then opens its interrupt whatever it answered.
  private func startKeyboard() -> KeyboardStatus {
    var status = send(0xf6)
    if status == .ready { status = send(0xf4) }
    do throws(Failure) {
      let configuration = try ask(0x20)
      try command(0x60, parameter: configuration | 0x01)
      return status
    } catch {
      return error.status
    }
  }

  /// Sends one command to the keyboard, again up to three times where it asks for that with FE.
  private func send(_ request: UInt8) -> KeyboardStatus {
    var answer: UInt8 = 0
    for _ in 0..<3 {
      guard waitUntilWritable() else { return .controllerBusy(command: request) }
      Ports.write8(Self.dataPort, request)
      guard let byte = waitForAnswer() else { return .keyboardSilent }
      answer = byte
      if answer == 0xfa { return .ready }
      if answer != 0xfe { break }
    }
    return .keyboardRefused(command: request, answer: answer)
  }

  /// The keyboard's answer, past the bytes of up to seven keys that somebody pressed meanwhile; the last
  /// byte where none of them is an answer, and nil where none came.
  private func waitForAnswer() -> UInt8? {
    var last: UInt8?
    for _ in 0..<8 {
      guard let byte = waitForByte() else { break }
      last = byte
      if byte == 0xfa || byte == 0xfe { break }
    }
    return last
  }

  /// Takes the next byte of the keyboard, or nil where none waits. Bytes of a mouse are thrown away, at
  /// most 16 of them.
  public func read() -> UInt8? {
    for _ in 0..<16 {
      let status = Ports.read8(Self.statusPort)
      // A controller that went away reads as ones for ever.
      guard status != 0xff, status & Self.outputFull != 0 else { return nil }
      let byte = Ports.read8(Self.dataPort)
      if status & Self.fromSecondPort == 0 { return byte }
    }
    return nil
  }

  /// Handles the keyboard's interrupt: decodes what waits, at most 16 bytes so that the interrupt stays
  /// short, into `ring`. Returns the number of bytes taken.
  @discardableResult
  public func receive(decoder: inout KeyboardDecoder, into ring: inout ByteRing) -> Int {
    var taken = 0
    while taken < 16, let byte = read() {
      decoder.decode(byte, into: &ring)
      taken &+= 1
    }
    return taken
  }

  /// Throws away what waits: the controller holds one byte and a keyboard at most 17 more.
  private func flush() {
    for _ in 0..<32 {
      guard Ports.read8(Self.statusPort) & Self.outputFull != 0 else { return }
      _ = Ports.read8(Self.dataPort)
    }
  }

  private func command(_ command: UInt8) throws(Failure) {
    guard waitUntilWritable() else { throw Failure(status: .controllerBusy(command: command)) }
    Ports.write8(Self.statusPort, command)
  }

  private func command(_ command: UInt8, parameter: UInt8) throws(Failure) {
    try self.command(command)
    guard waitUntilWritable() else { throw Failure(status: .controllerBusy(command: command)) }
    Ports.write8(Self.dataPort, parameter)
  }

  private func ask(_ command: UInt8) throws(Failure) -> UInt8 {
    try self.command(command)
    guard let answer = waitForByte() else { throw Failure(status: .controllerSilent(command: command)) }
    return answer
  }

  private func waitUntilWritable() -> Bool {
    for _ in 0..<Self.spinLimit where Ports.read8(Self.statusPort) & Self.inputFull == 0 { return true }
    return false
  }

  private func waitForByte() -> UInt8? {
    for _ in 0..<Self.spinLimit where Ports.read8(Self.statusPort) & Self.outputFull != 0 {
      return Ports.read8(Self.dataPort)
    }
    return nil
  }
}
