// The console: the first serial port and the screen for output, the same port and the keyboard for input, and the
// second serial port as a channel to whoever started the machine.
//
// Invariants: output never waits for long and never allocates, so that a panic can use it; input that nobody reads
// is dropped and counted, never queued without bound.

import Diagnostics
import Drivers
import Machine
import MachineSupport
import Primitives
import Tasks

/// The cells of the text screen, at 0xB8000 in the direct map.
enum ScreenCells: CellMemory {
  @inline(__always) static func read(_ index: Int) -> UInt16 {
    memory_read16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2))
  }
  @inline(__always) static func write(_ index: Int, _ cell: UInt16) {
    memory_write16(DirectMap.start &+ 0xb_8000 &+ UInt32(truncatingIfNeeded: index &* 2), cell)
  }
}

struct Console: ~Copyable {
  private var serial = SerialPort<MachinePorts>(base: SerialPort<MachinePorts>.firstBase)
  private var host = SerialPort<MachinePorts>(base: SerialPort<MachinePorts>.secondBase)
  private var screen = TextConsole<ScreenCells, MachinePorts>()
  private var keyboard = KeyboardController<MachinePorts>()
  private var decoder = KeyboardDecoder()
  /// Whether the keyboard is not lent (KeyboardLoan.swift).
  var hasKeyboard = true
  private var input = ByteRing()
  /// Tasks that wait for a byte of input.
  var readers = TaskQueue()

  /// Finds the serial ports and clears the screen. Afterwards everything can be printed.
  mutating func start() {
    do throws(SerialPortError) { try serial.initialise() } catch {}
    do throws(SerialPortError) { try host.initialise() } catch {}
    screen.clear()
  }

  mutating func startInput() -> KeyboardStatus {
    if serial.isPresent { serial.enableReceiveInterrupt() }
    return startKeyboard()
  }

  /// Brings the keyboard into a known state, with no key held, and listens to it.
  mutating func startKeyboard() -> KeyboardStatus {
    hasKeyboard = true
    decoder = KeyboardDecoder()
    return keyboard.initialise()
  }

  var hasSerialPort: Bool { serial.isPresent }

  mutating func write(byte: UInt8) {
    if serial.isPresent { serial.write(byte: byte) }
    screen.write(byte: byte)
  }

  mutating func write(_ bytes: Span<UInt8>) {
    if serial.isPresent {
      for index in bytes.indices { serial.write(byte: bytes[index]) }
    }
    screen.write(bytes)
  }

  /// Tells the host one line: `status N`, `panic TEXT` or `ready`.
  mutating func tellHost(_ word: StaticString, _ number: Int32? = nil, text: StaticString? = nil) {
    guard host.isPresent else { return }
    host.write(word)
    if let text {
      host.write(byte: 0x20)
      host.write(text)
    }
    if let number {
      host.write(byte: 0x20)
      host.write(decimal: Int(number))
    }
    host.write(byte: 0x0a)
  }

  /// Takes what the serial port received.
  mutating func receiveSerial() { _ = serial.receive(into: &input) }

  /// Takes what the keyboard sent.
  mutating func receiveKeyboard() { _ = keyboard.receive(decoder: &decoder, into: &input) }

  var hasInput: Bool { !input.isEmpty }

  mutating func takeInput() -> UInt8? { input.pop() }
}

/// Kernel messages: to the log, and to the console.
struct KernelOutput: TextOutput {
  // Not inlined: it would be, into each of the many functions that write text.
  @inline(never)
  mutating func write(byte: UInt8) {
    kernel.memory.log.write(byte: byte)
    kernel.console.write(byte: byte)
  }
}

/// Kernel messages that only `dmesg` shows.
struct LogOutput: TextOutput {
  @inline(never)
  mutating func write(byte: UInt8) { kernel.memory.log.write(byte: byte) }
}
