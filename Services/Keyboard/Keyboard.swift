// The service that reads the keyboard: the drivers of Drivers/KeyboardController.swift and KeyboardDecoder.swift on ports
// and an interrupt line that the placement provides.
//
// Invariants:
// - From the first request on the keyboard is the service's; the kernel's console has it again when the service ends,
//   however that comes.
// - A key's bytes are kept whole or not at all, at most 256 of them; what finds no room is counted.
// - No request waits for more than a second, so that others, and a move, have their turn.

import Drivers
import ServiceSupport

struct KeyboardService: Service {
  static var name: StaticString { "keyboard" }

  private typealias Controller = KeyboardController<PlacedPorts>
  private static var keptLimit: Int { 256 }
  private static var longestWait: UInt32 { 1000 }

  /// Nil until the keyboard has been taken.
  private var line: PlacedLine?
  private var decoder = KeyboardDecoder()
  /// What was typed and not read yet.
  private var typed: [UInt8] = []
  private var lost: UInt32 = 0

  mutating func handle(_ request: inout Request) {
    switch KeyboardOperation(rawValue: request.operation) {
    case .read:
      guard attach() else {
        request.reply[0] = KeyboardFailure.absent.rawValue
        return
      }
      wait(milliseconds: min(request.words[0], Self.longestWait))
      let count = min(typed.count, request.capacity)
      request.write(Array(typed[..<count]))
      typed.removeFirst(count)
      request.reply[1] = lost
    case nil: request.reply[0] = unknownOperation
    }
  }

  /// Takes the keyboard, where it has not been taken yet.
  private mutating func attach() -> Bool {
    guard line == nil else { return true }
    guard PlacedPorts.claimFromPredecessor(Controller.dataPort...Controller.dataPort),
      PlacedPorts.claim(Controller.statusPort...Controller.statusPort), let line = PlacedLine(Controller.line)
    else {
      PlacedPorts.giveBack()
      return false
    }
    let status = Controller().initialise()
    if status != .ready { PlacedLog.write { status.describe(to: &$0) } }
    guard status.canReceive else {
      line.close()
      PlacedPorts.giveBack()
      return false
    }
    self.line = line
    return true
  }

  /// Waits until something is typed, for a while.
  private mutating func wait(milliseconds: UInt32) {
    collect()
    let end = PlacedTime.now &+ UInt64(milliseconds) &* 1_000_000
    while typed.isEmpty, PlacedTime.now < end {
      guard line?.wait() == true else { return }
      collect()
      line?.acknowledge()
    }
  }

  /// Takes what the keyboard has sent.
  private mutating func collect() {
    while let byte = Controller().read() {
      guard let event = decoder.decode(byte) else { continue }
      let text = KeyboardLayout.text(for: event)
      if typed.count + text.count > Self.keptLimit {
        lost &+= UInt32(text.count)
      } else {
        for index in 0..<text.count { typed.append(text[index]) }
      }
    }
  }

  // MARK: Moving

  func save(to state: inout StateWriter) {
    state.write(typed)
    state.write(lost)
    state.write(UInt32(decoder.modifiers.rawValue))
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let typed = state.text(), typed.count <= Self.keptLimit, let lost = state.number(),
      let modifiers = state.number(), modifiers <= UInt32(UInt16.max), state.isAtEnd
    else { return false }
    self.typed = typed
    self.lost = lost
    decoder = KeyboardDecoder(locks: KeyModifiers(rawValue: UInt16(modifiers)))
    return true
  }
}

typealias PlacedService = KeyboardService
