// The service that fails when it is told to: tests and the lab show with it what becomes of a fault in each placement.

import ServiceSupport

struct Frail: Service {
  static var name: StaticString { "frail" }

  private var sum: UInt32 = 0

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
    case nil: request.reply[0] = unknownOperation
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
