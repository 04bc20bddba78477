// How the processor is shared: threads that count without end, at the priorities that are given. After MILLISECONDS of the
// machine it writes `counts N N ...`, in their order.
//
//     shares MILLISECONDS PRIORITY...

import ABI
import Primitives
import SDK
import UserSupport

private nonisolated(unsafe) var counts = InlineArray<8, UInt32>(repeating: 0)

@main
struct Shares: Program {
  static func run() -> Int32 {
    let number = ProgramInformation.argumentCount - 2
    guard (1...8).contains(number), let time = ProgramInformation.argument(1).number else { return 2 }
    do throws(SystemError) {
      // Who counts them must be more urgent than all.
      try TaskIdentity.current.setPriority(31)
      for index in 0..<number {
        guard let priority = ProgramInformation.argument(index + 2).number, priority < 31 else { return 2 }
        var options = StartOptions()
        options.priority = priority
        _ = try Thread.start(options) {
          while true { counts[index] = opaque(counts[index] &+ 1) }
        }
      }
      Thread.sleep(milliseconds: time)
    } catch {
      Console.write {
        $0.write("shares: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
    Console.write {
      $0.write("counts")
      for index in 0..<number {
        $0.write(" ")
        $0.write(decimal: counts[index])
      }
      $0.write("\n")
    }
    return 0
  }
}
