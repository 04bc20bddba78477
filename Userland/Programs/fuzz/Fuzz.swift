// Calls the kernel at random, in child processes that may die of it, and proves the kernel's memory in between.
//
//     fuzz [--ring0] [--stack separate|shared] [--guarded] [COUNT [SEED]]
//
// The calls come from the declared table (ABI, SystemCallArguments.swift) and from the seed alone: the same seed makes
// the same calls. After each 10,000 the kernel walks all its structures; the exit status is 0 where it always found
// them in order and no memory is missing at the end.

import ABI
import Primitives
import SDK

@main
struct Fuzz: Program {
  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 6, ProgramInformation.argument(1) == "--child",
      let seed = ProgramInformation.argument(2).number, let child = ProgramInformation.argument(3).number,
      let count = ProgramInformation.argument(4).number, let parent = ProgramInformation.argument(5).number
    {
      var worker = Worker(seed: seed, child: child, parent: parent)
      return worker.run(count: count)
    }
    guard var campaign = campaign() else {
      Console.complain("usage: fuzz [--ring0] [--stack separate|shared] [--guarded] [COUNT [SEED]]\n")
      return 2
    }
    return campaign.run()
  }

  /// What the program's arguments ask for; nil where they are not understood.
  private static func campaign() -> Campaign? {
    var flags: StartFlags = []
    var numbers: [UInt32] = []
    var index = 1
    while index < ProgramInformation.argumentCount {
      let word = ProgramInformation.argument(index)
      let value =
        index + 1 < ProgramInformation.argumentCount ? ProgramInformation.argument(index + 1) : Bytes("")
      if word == "--ring0" {
        flags.insert(.ring0)
      } else if word == "--guarded" {
        flags.formUnion([.ring0, .guarded])
      } else if word == "--stack", value == "shared" {
        flags.formUnion([.ring0, .sharedStack])
        index += 1
      } else if word == "--stack", value == "separate" {
        index += 1
      } else if numbers.count < 2, let number = word.number {
        numbers.append(number)
      } else {
        return nil
      }
      index += 1
    }
    return Campaign(
      flags: flags, count: numbers.count > 0 ? numbers[0] : 200_000, seed: numbers.count > 1 ? numbers[1] : 1)
  }
}
