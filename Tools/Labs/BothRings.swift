// Lab 1: one program that finds out its ring, reads the kernel's memory where it may, and has a thread do it where it may not.
// The words it must come to are those of the kernel that is booted, at places that each run chooses anew.

extension Experiment {
  static func bothRings(_ facts: Facts, _ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    let program = "/extra/lab1"

    for mode in [Mode.ring0, .guarded, .shared] {
      guard let (address, word) = facts.kernelWords.randomElement(using: &random) else { continue }
      let line = "\(hexadecimal(address)) holds \(hexadecimal(word))"
      experiment.run("\(mode.name): reads a word of the kernel", mode, "\(program) peek \(hexadecimal(address))") {
        result, _ in result.lacks(line, "In Ring 0 the program reads the word itself: is it at the address given?")
      }
    }
    guard let (address, word) = facts.kernelWords.randomElement(using: &random) else { return experiment }
    let line = "\(hexadecimal(address)) holds \(hexadecimal(word))"
    experiment.run(
      "Ring 3: says that it may not, and goes on", .ring3, "\(program) peek \(hexadecimal(address))", status: 3
    ) { result, _ in
      result.lacks("Ring 3 may not read \(hexadecimal(address))", "The ring is in the low two bits of CS.")
    }
    for mode in [Mode.ring3, .ring0] {
      experiment.run("\(mode.name): a thread in Ring 0 reads it", mode, "\(program) borrow \(hexadecimal(address))") {
        result, _ in
        result.lacks(line, "`borrow` starts a thread with the flag .ring0, which reads the word, and waits for it.")
      }
    }
    // A thread that is started in Ring 3 cannot read it either: the program's own answer must come from the processor.
    experiment.run("a bad address is refused", .ring0, "\(program) peek nowhere", status: 2) { _, _ in nil }
    return experiment
  }
}

extension StepResult {
  /// What is wrong where no line of the output is `line`.
  func lacks(_ line: String, _ hint: String) -> String? {
    if lines.contains(where: { $0.filter { $0 != "\r" } == line }) { return nil }
    let own = lines.filter { !$0.isEmpty }
    let seen = own.isEmpty ? "it writes nothing" : "it writes: \(own.prefix(3).joined(separator: " | "))"
    return "The line `\(line)` is expected; \(seen). \(hint)"
  }
}
