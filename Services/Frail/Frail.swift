// The service that fails when it is told to, and keeps requests: tests and the lab show with it what becomes of a fault, and of who
// waits, in each placement.

import ServiceSupport

struct Frail: Service {
  static var name: StaticString { "frail" }

  private struct Waiting {
    let request: KeptRequest
    let word: UInt32
    let end: UInt64
  }

  private static var waitingLimit: Int { 64 }
  private var sum: UInt32 = 0
  private var waiting: [Waiting] = []

  mutating func handle(_ request: inout Request) {
    switch FrailOperation(rawValue: request.operation) {
    case .add:
      sum &+= request.words[0]
      request.reply[0] = sum
    case .overflow: request.reply[0] = UInt32.max - request.words[1] + 1
    case .read:
      guard let place = unsafe UnsafePointer<UInt32>(bitPattern: UInt(request.words[0])) else { return }
      request.reply[0] = unsafe place.pointee
    case .descend: request.reply[0] = Self.descend(request.words[0])
    case .keep: keep(&request)
    case .release:
      for one in waiting { request.reply[0] &+= answer(one, one.word &+ 1, one.request.capacity) ? 1 : 0 }
      waiting = []
    case .kept: request.reply[0] = UInt32(waiting.count)
    case nil: request.reply[0] = unknownOperation
    }
  }

  private mutating func keep(_ request: inout Request) {
    let (word, time) = (request.words[0], UInt64(request.words[1]) &* 1_000_000)
    guard waiting.count < Self.waitingLimit, let kept = request.keep() else {
      request.reply[0] = frailIsLate
      return
    }
    waiting.append(Waiting(request: kept, word: word, end: time == 0 ? .max : PlacedTime.now &+ time))
  }

  private func answer(_ one: Waiting, _ word: UInt32, _ count: Int) -> Bool {
    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: word), count: count)
    return PlacedAnswers.send([word, 0, 0, 0, 0, 0], bytes, to: one.request)
  }

  var nextWake: UInt64? { waiting.isEmpty ? nil : waiting.reduce(.max) { min($0, $1.end) } }

  mutating func woken() {
    let now = PlacedTime.now
    while let index = waiting.firstIndex(where: { $0.end <= now }) {
      _ = answer(waiting.remove(at: index), frailIsLate, 0)
    }
  }

  /// Needs what the inner call returned, so that it cannot become a loop.
  @inline(never)
  private static func descend(_ depth: UInt32) -> UInt32 {
    depth == 0 ? 1 : (descend(depth - 1) &* 31) ^ depth
  }

  func save(to state: inout StateWriter) { state.write(sum) }

  mutating func restore(from state: inout StateReader) -> Bool {
    guard let sum = state.number(), state.isAtEnd else { return false }
    self.sum = sum
    return true
  }
}

typealias PlacedService = Frail
