// A client for lab 5: `voter CANDIDATE` votes once, and says what came back.

import ABI
import Primitives
import SDK

@main
struct Voter: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 2, let candidate = ProgramInformation.argument(1).number else { return 2 }
    do throws(SystemError) {
      let votes = try ServiceClient("lab5")
      // Operation 0 with the candidate as word 0; what comes back is the reply's word 0.
      let count = try votes.callShort(0, candidate)
      Console.write {
        $0.write("votes: ")
        $0.write(decimal: count)
        $0.write("\n")
      }
      return 0
    } catch {
      Console.write {
        $0.write("no vote: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }
}
