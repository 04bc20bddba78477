import ServiceSupport

/// Counts votes for ten candidates.
struct Votes: Service {
  static var name: StaticString { "votes" }
  private var counts = [UInt32](repeating: 0, count: 10)

  mutating func handle(_ request: inout Request) {
    switch request.operation {
    case 0:
      // The mistake of this lab: nobody asked whether there is such a candidate.
      counts[Int(request.words[0])] += 1
      request.reply[0] = counts[Int(request.words[0])]
    case 1:
      for count in counts { request.reply[0] += count }
    default: request.reply[0] = unknownOperation
    }
  }

  func save(to state: inout StateWriter) {
    for count in counts { state.write(count) }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    var restored: [UInt32] = []
    while restored.count < 10 {
      guard let count = state.number() else { return false }
      restored.append(count)
    }
    counts = restored
    return state.isAtEnd
  }
}

typealias PlacedService = Votes
