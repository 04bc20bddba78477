// Lab 5: a service that counts votes, one source for three placements.
//
//     operation 0   a vote for candidate word 0: the reply's word 0 is the votes that it has now. For a candidate that there
//                   is not, word 0 is 0 and word 1 is 1.
//     operation 1   word 0 is the number of all votes
//     operation 2   word 0 is the candidate with the most votes, the lowest of several, and word 1 its votes

import ServiceSupport

struct Votes: Service {
  static var name: StaticString { "lab5" }
  private var counts = [UInt32](repeating: 0, count: 10)

  mutating func handle(_ request: inout Request) {
    switch request.operation {
    case 0:
      guard request.words[0] < UInt32(counts.count) else {
        request.reply[1] = 1
        return
      }
      counts[Int(request.words[0])] &+= 1
      request.reply[0] = counts[Int(request.words[0])]
    case 1:
      for count in counts { request.reply[0] &+= count }
    case 2:
      var winner = 0
      for candidate in counts.indices where counts[candidate] > counts[winner] { winner = candidate }
      request.reply[0] = UInt32(winner)
      request.reply[1] = counts[winner]
    default: request.reply[0] = unknownOperation
    }
  }

  func save(to state: inout StateWriter) {
    for count in counts { state.write(count) }
  }

  mutating func restore(from state: inout StateReader) -> Bool {
    var restored: [UInt32] = []
    while restored.count < counts.count {
      guard let count = state.number() else { return false }
      restored.append(count)
    }
    guard state.isAtEnd else { return false }
    counts = restored
    return true
  }
}

typealias PlacedService = Votes
