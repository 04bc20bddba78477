// The console: the first serial port and the screen for output, the same port and the keyboard for input, and the
// second serial port as a channel to whoever started the machine.
//
// Invariants: output never waits for long and never allocates, so that a panic can use it; input that nobody reads is
// never queued without bound: the serial port's sender has to wait, keys are dropped, and what is lost is counted and said.

import Drivers
import Platform
import Primitives
import Scheduling

package struct Console: ~Copyable {
  private var serial = SerialPort<MachinePorts>(base: SerialPort<MachinePorts>.firstBase)
  private var host = SerialPort<MachinePorts>(base: SerialPort<MachinePorts>.secondBase)
  private var screen: TextConsole<ScreenCells>
  private var keyboard = KeyboardController<MachinePorts>()
  private var decoder = KeyboardDecoder()
  /// Whether the keyboard is not lent (KeyboardLoan.swift).
  package var hasKeyboard = true
  private var input = ByteRing()
  /// How much of the input was lost when that was last said.
  private var lossSaid: UInt32 = 0

  package init(_ context: Context) { screen = TextConsole(ScreenCells(context)) }

  /// At how few bytes of input the serial port's sender may go on.
  private static var lowInput: Int { ByteRing.capacity / 4 }

  /// Finds the serial ports and clears the screen. Afterwards everything can be printed.
  package mutating func start() {
    do throws(SerialPortError) { try serial.initialise() } catch {}
    do throws(SerialPortError) { try host.initialise() } catch {}
    clearScreen()
  }

  package mutating func clearScreen() { screen.clear() }

  package mutating func startInput() -> KeyboardStatus {
    if serial.isPresent { serial.enableReceiveInterrupt() }
    return startKeyboard()
  }

  /// Brings the keyboard into a known state, with no key held, and listens to it.
  package mutating func startKeyboard() -> KeyboardStatus {
    hasKeyboard = true
    decoder = KeyboardDecoder()
    return keyboard.initialise()
  }

  package var hasSerialPort: Bool { serial.isPresent }

  mutating func write(byte: UInt8) {
    send(byte)
    screen.write(byte: byte)
  }

  package mutating func write(_ bytes: Span<UInt8>) {
    for index in bytes.indices { send(bytes[index]) }
    screen.write(bytes)
  }

  /// Sends a byte, and takes what comes meanwhile: a port holds 16 bytes, which is less than a long text takes.
  private mutating func send(_ byte: UInt8) {
    guard serial.isPresent else { return }
    serial.write(byte: byte)
    if serial.hasReceived { receiveSerial() }
  }

  /// Tells the host one line: a word, and a number or a text behind it.
  package mutating func tellHost(_ word: StaticString, _ number: Int32? = nil) {
    guard host.isPresent else { return }
    host.write(word)
    if let number {
      host.write(byte: 0x20)
      host.write(decimal: Int(number))
    }
    host.write(byte: 0x0a)
  }

  package mutating func tellHost(_ word: StaticString, _ text: Span<UInt8>) {
    guard host.isPresent else { return }
    host.write(word)
    host.write(byte: 0x20)
    host.write(text)
    host.write(byte: 0x0a)
  }

  /// Waits until the ports have sent everything, before the machine ends.
  package mutating func finish() {
    serial.finish()
    host.finish()
  }

  /// Takes what the serial port received.
  package mutating func receiveSerial() { _ = serial.receive(into: &input) }

  /// Takes what the keyboard sent.
  package mutating func receiveKeyboard() { _ = keyboard.receive(decoder: &decoder, into: &input) }

  /// Whether somebody asked for attention since this was last asked.
  package mutating func takeAttention() -> Bool {
    let (byPort, byKey) = (serial.takeAttention(), decoder.takeAttention())
    return byPort || byKey
  }

  /// Forgets what waits, and lets a sender that waits go on.
  package mutating func dropInput() {
    input.removeAll()
    serial.resume()
  }

  /// Drops the bytes of input in front of the first for which `condition` holds, where there is one.
  package mutating func dropInput(before condition: (UInt8) -> Bool) -> Bool {
    let isFound = input.removeAll(before: condition)
    if isFound { resumeSender() }
    return isFound
  }

  package mutating func takeInput() -> UInt8? {
    let byte = input.pop()
    resumeSender()
    return byte
  }

  /// Whether input waits.
  package var hasInput: Bool { !input.isEmpty }

  private mutating func resumeSender() {
    if serial.isPaused, input.count <= Self.lowInput { serial.resume() }
  }

  /// Whether a line feed also goes to the first column of the screen. What is behind the serial port decides by itself.
  package mutating func setLineFeedReturns(_ returns: Bool) { screen.returnsAtLineFeed = returns }

  /// How many bytes of input were lost since this was last asked: keys that found no room, and on the serial port bytes
  /// that were damaged or came too fast.
  package mutating func takeLoss() -> UInt32 {
    let lost = input.droppedCount &+ serial.overrunCount &+ serial.damagedCount
    defer { lossSaid = lost }
    return lost &- lossSaid
  }
}
