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
      // To do: what does a vote for candidate 10 do to a server, and what to a linked module?
      counts[Int(request.words[0])] += 1
      request.reply[0] = counts[Int(request.words[0])]
    case 1:
      for count in counts { request.reply[0] += count }
    // To do: operation 2.
    default: request.reply[0] = unknownOperation
    }
  }

  // To do: `save` puts the state into bytes and `restore` takes it back, whatever the bytes are.
}

typealias PlacedService = Votes
