// Prints its arguments and its environment, a line each.

import Primitives
import SDK

@main
struct Args: Program {
  static func run() -> Int32 {
    for index in 0..<ProgramInformation.argumentCount {
      Console.write {
        $0.write("argument ")
        $0.write(decimal: index)
        $0.write(": ")
        $0.write(ProgramInformation.argument(index))
        $0.write("\n")
      }
    }
    for index in 0..<ProgramInformation.environmentCount {
      Console.write {
        $0.write("environment: ")
        $0.write(ProgramInformation.environmentEntry(index))
        $0.write("\n")
      }
    }
    return 0
  }
}
