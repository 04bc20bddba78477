// Lab 3: a system call of the student's own, which adds up bytes of the caller's memory. It must be right for every caller, and
// refuse every address that is not the caller's.

extension Experiment {
  private static let badAddress = -2
  private static let tooLarge = -14
  /// The longest range, in bytes.
  private static let lengthLimit = 65536

  static func systemCall(_ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    let program = "/extra/checksum"
    for mode in Mode.allCases {
      for length in [Int.random(in: 1...300, using: &random), Int.random(in: 5000...lengthLimit, using: &random)] {
        let first = Int.random(in: 0...255, using: &random)
        let offset = Int.random(in: 0...4095, using: &random)
        let sum = (0..<length).reduce(0) { $0 + (first + $1 * 7) % 256 }
        experiment.expect(
          "\(mode.name): the sum of \(length) bytes", mode, "\(program) sum \(length) \(first) \(offset)", sum,
          "The result is the sum of all bytes. Is what does not fit into one piece copied in several?")
      }
      experiment.expect(
        "\(mode.name): of no bytes", mode, "\(program) at 0 0", 0, "No bytes have the sum 0, wherever they are not.")
      let kernel = 0xc010_0000 + UInt32.random(in: 0...0xffff, using: &random)
      experiment.expect(
        "\(mode.name): the kernel's memory is refused", mode, "\(program) at \(hexadecimal(kernel)) 64", badAddress,
        "A caller could learn what is in the kernel's memory. `UserBuffer` checks a range and copies from it.")
      experiment.expect(
        "\(mode.name): a range that leaves the caller's half is refused", mode, "\(program) at 0xbffffff0 32",
        badAddress,
        "The whole range is checked, not only where it begins.")
      experiment.expect(
        "\(mode.name): a range that wraps around is refused", mode, "\(program) at 0xfffffff0 64", badAddress,
        "Address and length add up to more than 32 bits hold: a plain + traps, and &+ is small again.")
      let length = Int.random(in: 1...4000, using: &random)
      experiment.expect(
        "\(mode.name): memory that is not there is refused", mode, "\(program) edge \(length)", badAddress,
        "The copy finds out that a page is missing, and throws; nothing else may follow the caller's address.")
    }
    experiment.expect(
      "more than \(lengthLimit) bytes are refused", .ring3, "\(program) sum \(lengthLimit + 1) 1 0", tooLarge,
      "The kernel is not interrupted while it works: a call has a limit, and `tooLarge` says so.")
    experiment.expect(
      "nor does a huge length stop the machine", .ring3, "\(program) at 0x400000 0xffffffff", tooLarge,
      "The length is compared before anything is done with it.")
    experiment.observe("nothing is lost", "free --check") { result, _ in
      result.output.contains("frames whose owner is wrong: 0")
        ? nil : "`free --check` finds fault with the kernel's memory: \(result.lines.suffix(2).joined(separator: " "))"
    }
    return experiment
  }

  private mutating func expect(
    _ name: String, _ mode: Mode, _ command: String, _ number: Int, _ hint: String
  ) {
    run(name, mode, command) { result, _ in
      let line = result.lines.first { $0.hasPrefix("result ") }
      guard let actual = line.flatMap({ Int($0.dropFirst(7).prefix { !$0.isWhitespace }) }) else {
        return "`\(command)` came to no result: \(result.output)"
      }
      return actual == number ? nil : "`\(command)` gives \(actual), and it is to be \(number). \(hint)"
    }
  }
}
