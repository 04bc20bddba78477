// Lab 7: a driver for QEMU's device `edu` (docs/specs/edu.txt of QEMU), as a process of either ring. The device computes, so
// only who asks it knows the answers; the numbers are chosen anew in each run.

extension Experiment {
  static func driver(_ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    experiment.devices = ["edu"]
    for mode in [Mode.ring3, .ring0] {
      experiment.action("", "start \(mode.rawValue) /extra/lab7")
      experiment.action("\(mode.name): serves the name `edu`", "await edu")
      experiment.call("\(mode.name): finds the device", "edu", 0) { result, _ in
        result.words.first == 0x0100_00ed
          ? nil
          : "Operation 0 says \(result.word(0)); the identification register, at 0, holds 0x010000ed. Is the device found on the"
            + " PCI bus by 0x1234 and 0x11e8, and is its first base address mapped?"
      }
      let word = UInt32.random(in: 1...UInt32.max, using: &random)
      experiment.call("\(mode.name): the device lives", "edu", 1, [word]) { result, _ in
        result.words.first == ~word
          ? nil
          : "Operation 1 with \(word) says \(result.word(0)); the register at 4 gives back each bit turned over, \(~word)."
      }
      for _ in 0..<3 {
        let number = UInt32.random(in: 5...12, using: &random)
        let expected = (1...number).reduce(1, *)
        experiment.call("\(mode.name): the factorial of \(number)", "edu", 2, [number]) { result, _ in
          result.words.first == expected
            ? nil
            : "The factorial of \(number) is \(expected), not \(result.word(0)). Was the register at 8 read before the device was"
              + " done, bit 0 of the register at 0x20?"
        }
      }
      for round in 1...3 {
        let bits = UInt32.random(in: 2...0xffff, using: &random)
        experiment.call("\(mode.name): interrupt \(round)", "edu", 3, [bits]) { result, _ in
          result.words.prefix(2) == [bits, UInt32(round)]
            ? nil
            : "Operation 3 with \(bits) raises interrupt number \(round) by the register at 0x60; the reply's words are what the"
              + " register at 0x24 held in it, \(bits), and how many interrupts there have been: they are \(result.word(0)) and"
              + " \(result.word(1)). A second one comes only where the first was acknowledged to the device, at 0x64, and to"
              + " the kernel."
        }
      }
      experiment.action("\(mode.name): its end gives all back", "stop edu")
      experiment.shell("sleep 20")
    }
    return experiment
  }
}
