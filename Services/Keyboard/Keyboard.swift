// The service that reads the keyboard: the drivers of Drivers/KeyboardController.swift and KeyboardDecoder.swift on ports
// and an interrupt line that the placement provides.
//
// Invariants:
// - From the first request on the keyboard is the service's; the kernel's console has it again when the service ends,
//   however that comes.
// - A key's bytes are kept whole or not at all, at most 256 of them; what finds no room is counted.
// - Keys are for those alone who might drive the keyboard, and the first request that takes it is one of theirs.
// - Who waits for keys is kept, and nobody else waits for that. Keys that reached no reader are the next one's.

import ABI
import Drivers
import ServiceSupport

struct KeyboardService: Service {
  static var name: StaticString { "keyboard" }

  private typealias Controller = KeyboardController<PlacedPorts>
  private static var keptLimit: Int { 256 }
  private static var longestWait: UInt32 { 60_000 }
  private static var readerLimit: Int { 16 }
  private static var readersOfOne: Int { 4 }

  /// A client that waits for keys.
  private struct Reader {
    let request: KeptRequest
    let end: UInt64
  }

  /// Nil until the keyboard has been taken.
  private var line: PlacedLine?
  private var decoder = KeyboardDecoder()
  /// What was typed and not read yet.
  private var typed: [UInt8] = []
  private var lost: UInt32 = 0
  /// Those who wait, the first one first.
  private var readers: [Reader] = []

  mutating func handle(_ request: inout Request) {
    switch KeyboardOperation(rawValue: request.operation) {
    case .read:
      guard request.senderRights.contains(.keyboard) else {
        request.reply[0] = KeyboardFailure.notPermitted.rawValue
        return
      }
      guard attach() else {
        request.reply[0] = KeyboardFailure.absent.rawValue
        return
      }
      collect()
      serve()
      if typed.isEmpty && keep(&request) { return }
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

  // MARK: Waiting

  var nextWake: UInt64? { readers.isEmpty ? nil : readers.reduce(.max) { min($0, $1.end) } }

  mutating func woken() {
    collect()
    line?.acknowledge()
    serve()
  }

  /// Keeps a request that is to wait for keys. Returns false where there are too many of them, of all or of this client.
  private mutating func keep(_ request: inout Request) -> Bool {
    guard request.words[0] > 0 else { return false }
    if readers.count == Self.readerLimit {
      var living: [Reader] = []
      for reader in readers where request.isAlive(reader.request.sender) { living.append(reader) }
      readers = living
    }
    var own = 0
    for reader in readers where reader.request.sender == request.sender { own += 1 }
    guard readers.count < Self.readerLimit, own < Self.readersOfOne, let kept = request.keep() else { return false }
    let time = UInt64(min(request.words[0], Self.longestWait)) &* 1_000_000
    readers.append(Reader(request: kept, end: PlacedTime.now &+ time))
    return true
  }

  /// Gives those who wait what there is, and tells those whose time is over that there is nothing.
  private mutating func serve() {
    while !typed.isEmpty && !readers.isEmpty {
      let reader = readers.removeFirst()
      let count = min(typed.count, reader.request.capacity)
      if answer(reader, Array(typed[..<count])) { typed.removeFirst(count) }
    }
    let now = PlacedTime.now
    while let index = readers.firstIndex(where: { $0.end <= now }) { _ = answer(readers.remove(at: index), []) }
  }

  private func answer(_ reader: Reader, _ bytes: [UInt8]) -> Bool {
    PlacedAnswers.send([0, lost, 0, 0, 0, 0], bytes, to: reader.request)
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
