// Lab 6: a module with a queue of numbers, whose capacity is a parameter. It is loaded, filled, emptied and taken out, twice,
// and must leave nothing behind.

extension Experiment {
  /// What the SDK says of the errors that a module returns.
  private static let notFound = "Nothing of this name exists."
  private static let busy = "It is in use; the log says by whom."

  static func module(_ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    for round in 1...2 {
      let capacity = Int.random(in: 3...9, using: &random)
      experiment.observe("load \(round): the module starts", "insmod /extra/lab6.so capacity=\(capacity)") {
        result, _ in
        result.output.contains("not loaded") ? "insmod refuses it: \(result.output)" : nil
      }
      let numbers = (0..<capacity).map { _ in UInt32.random(in: 1...UInt32.max, using: &random) }
      for (index, number) in numbers.enumerated() {
        experiment.call(index + 1 == capacity ? "load \(round): \(capacity) numbers fit" : "", "fifo", 0, [number]) {
          result, _ in
          result.words.first == UInt32(index + 1)
            ? nil
            : "Operation 0, put, is answered with \(result.word(0)) for number \(index + 1); word 0 is how many there are now."
        }
      }
      experiment.call("load \(round): one more is refused", "fifo", 0, [7], expectsRefusal: true) { result, _ in
        result.fault.isEmpty && result.ending == .refused(Self.busy)
          ? nil
          : "The queue has capacity=\(capacity) and is full: put returns ServiceError.busy then. Instead \(result.sentence)"
            + result.fault
      }
      for (index, number) in numbers.enumerated() {
        experiment.call(index + 1 == capacity ? "load \(round): they come out in their order" : "", "fifo", 1) {
          result, _ in
          result.words.prefix(2) == [number, UInt32(capacity - index - 1)]
            ? nil
            : "Operation 1, take, gives \(result.word(0)) and \(result.word(1)) left; number \(index + 1) that was put in is"
              + " \(number), and \(capacity - index - 1) are left."
        }
      }
      experiment.call("load \(round): an empty queue says so", "fifo", 1, expectsRefusal: true) { result, _ in
        result.fault.isEmpty && result.ending == .refused(Self.notFound)
          ? nil : "take from an empty queue returns ServiceError.notFound; instead \(result.sentence)\(result.fault)"
      }
      experiment.call("load \(round): an unknown operation is refused", "fifo", 9, expectsRefusal: true) { result, _ in
        result.fault.isEmpty ? nil : "Operation 9 made the call fail.\(result.fault)"
      }
      experiment.observe("load \(round): nothing is left behind", "rmmod lab6") { result, _ in
        guard let line = result.lines.first(where: { $0.contains(" left ") || $0.contains("shell:") }) else {
          return nil
        }
        return "rmmod says: \(line). What `start` allocates, `stop` frees."
      }
    }
    for capacity in [0, 2000] {
      experiment.observe("capacity=\(capacity) is refused", "insmod /extra/lab6.so capacity=\(capacity)") { result, _ in
        guard result.output.contains("not loaded") else {
          return
            "The module starts with capacity=\(capacity); `start` returns ServiceError.badArgument for less than 1 and more"
            + " than 1024."
        }
        return result.fault.isEmpty ? nil : "`start` fails with capacity=\(capacity).\(result.fault)"
      }
    }
    return experiment
  }
}
