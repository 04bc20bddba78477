import ABI
import Primitives
import SDK

/// Votes for a candidate: `voter NUMBER`.
@main
struct Voter: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 2, let candidate = ProgramInformation.argument(1).number else { return 2 }
    // A service that crashed is back after some milliseconds; until then its name may be gone too.
    for _ in 0..<500 {
      do throws(SystemError) {
        let votes = try ServiceClient("votes")
        defer { votes.close() }
        let count = try votes.callShort(0, candidate)
        Console.write {
          $0.write("candidate ")
          $0.write(decimal: candidate)
          $0.write(" has ")
          $0.write(decimal: count)
          $0.write(count == 1 ? " vote\n" : " votes\n")
        }
        return 0
      } catch {
        guard error == .peerGone || error == .notFound else {
          Console.write {
            $0.write("voter: ")
            $0.write(error.sentence)
            $0.write("\n")
          }
          return 1
        }
        Thread.sleep(milliseconds: 10)
      }
    }
    return 1
  }
}
