// Lab 4: a policy that lets nobody starve. The run queue is tested on the host first; here the kernel with it runs threads that
// count, and their counts are the shares.

extension Experiment {
  static func schedulingPolicy(_ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    for round in 1...2 {
      let high = Int.random(in: 12...28, using: &random)
      let low = Int.random(in: 1..<high - 1, using: &random)
      experiment.shares("guest \(round): priorities \(high), \(high) and \(low)", [high, high, low]) { counts in
        let total = counts.reduce(0, +)
        let share = counts[2] * 100 / max(total, 1)
        if share < 3 {
          return
            "the thread of priority \(low) gets \(share) % of the processor beside two of \(high); it is to be 3 % or more."
            + " Is the policy in `pickNext`, by which a turn that is over is followed by the next?"
        }
        if share > 25 {
          return
            "the thread of priority \(low) gets \(share) % of the processor; two of \(high) are to have 75 % or more."
        }
        let (more, less) = (max(counts[0], counts[1]), min(counts[0], counts[1]))
        return more * 3 > less * 4
          ? "the two threads of priority \(high) count to \(counts[0]) and \(counts[1]); they take turns and differ little."
          : nil
      }
    }
    let priority = Int.random(in: 5...25, using: &random)
    experiment.shares("guest: three of one priority", [priority, priority, priority]) { counts in
      (counts.max() ?? 0) * 3 > (counts.min() ?? 0) * 4
        ? "three threads of priority \(priority) count to \(counts); they take turns and differ little." : nil
    }
    experiment.observe("the kernel's memory is in order", "free --check") { result, _ in
      result.output.contains("frames whose owner is wrong: 0") ? nil : "`free --check` finds fault: \(result.output)"
    }
    return experiment
  }

  private mutating func shares(
    _ name: String, _ priorities: [Int], _ judge: @escaping @Sendable ([Int]) -> String?
  ) {
    let command = "/extra/shares 200 " + priorities.map { "\($0)" }.joined(separator: " ")
    run(name, .ring3, command, limit: 1000) { result, _ in
      let line = result.lines.first { $0.hasPrefix("counts ") }
      let counts = line?.split(separator: " ").dropFirst().compactMap { Int($0.filter { $0.isNumber }) } ?? []
      guard counts.count == priorities.count else { return "`\(command)` wrote no counts: \(result.output)" }
      return judge(counts).map { "`\(command)`: \($0)" }
    }
  }
}
