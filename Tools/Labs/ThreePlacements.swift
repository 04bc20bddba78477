// Lab 5: a service that counts votes, asked in each placement and moved from one to the next. The grader counts along.

extension Experiment {
  private static let candidates: UInt32 = 10

  /// What the service must know.
  private struct Count {
    var votes = [UInt32](repeating: 0, count: Int(candidates))
    var total: UInt32 { votes.reduce(0, +) }
    var winner: UInt32 { UInt32(votes.firstIndex(of: votes.max() ?? 0) ?? 0) }
  }

  static func threePlacements(_ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    var count = Count()
    let name = "lab5"
    for (index, placement) in ["server", "ring0-server", "linked", "server"].enumerated() {
      experiment.shell(
        index == 0 ? "service start \(name) --as \(placement)" : "service move \(name) --as \(placement)")
      experiment.action("", "await \(name)")
      if index > 0 {
        let expected = count.total
        experiment.call("\(placement): the votes came along", name, 1) { result, _ in
          result.words.first == expected
            ? nil
            : "After the move to \(placement) the total is \(result.word(0)), and \(expected) votes were cast. What `save` writes,"
              + " `restore` reads in the same order; does it keep all ten counts?"
        }
      }
      for _ in 0..<3 {
        let candidate = UInt32.random(in: 0..<candidates, using: &random)
        count.votes[Int(candidate)] += 1
        let expected = count.votes[Int(candidate)]
        experiment.call("", name, 0, [candidate]) { result, _ in
          result.words.prefix(2) == [expected, 0]
            ? nil
            : "Vote \(expected) for candidate \(candidate), as \(placement), is answered with \(result.word(0)) and"
              + " \(result.word(1)); word 0 is the candidate's votes, \(expected), and word 1 is 0."
        }
      }
      let bad = [candidates, UInt32.random(in: candidates..<1000, using: &random), UInt32.max][index % 3]
      experiment.call("\(placement): votes are counted, and one for nobody is refused", name, 0, [bad]) { result, _ in
        result.words.prefix(2) == [0, 1]
          ? nil
          : "A vote for candidate \(bad), whom there is not, is answered with \(result.word(0)) and \(result.word(1)); word 0"
            + " is 0 and word 1 is 1 then."
      }
      let (winner, votes, total) = (count.winner, count.votes[Int(count.winner)], count.total)
      experiment.call("", name, 1) { result, _ in
        result.words.first == total
          ? nil : "The total is \(result.word(0)), and \(total) votes were cast. Did the refused vote count?"
      }
      experiment.call("\(placement): total and winner", name, 2) { result, _ in
        result.words.prefix(2) == [winner, votes]
          ? nil
          : "Operation 2 says that candidate \(result.word(0)) wins with \(result.word(1)) votes; it is \(winner) with"
            + " \(votes). Of several with as many votes the lowest number wins."
      }
    }
    // What another placement left may be anything.
    experiment.call("a state that makes no sense is refused", name, 0x7fff_ff02, [0, 5], data: [1, 2, 3, 4, 5]) {
      result, _ in
      result.words.first == 0
        ? nil : "`restore` took five bytes that nobody saved; it returns false where the bytes are not ten counts."
    }
    let total = count.total
    experiment.call("and leaves the service as it was", name, 1) { result, _ in
      result.words.first == total
        ? nil : "After a restore that failed the total is \(result.word(0)), and it was \(total) before."
    }
    experiment.call("an unknown operation is refused", name, 77, expectsRefusal: true) { result, _ in
      result.fault.isEmpty ? nil : "Operation 77 ended the service.\(result.fault)"
    }
    return experiment
  }
}

extension StepResult {
  /// A word of the reply, for a sentence.
  func word(_ index: Int) -> String { index < words.count ? "\(words[index])" : "nothing" }
}
