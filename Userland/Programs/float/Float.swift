// Doubles in eight tasks at once: four threads and four processes, in both rings. Each computes the same series while
// the others do, yielding and being interrupted in the middle, and must come to the same bits as one that was alone.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct FloatCheck: Program {
  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 2, let seed = ProgramInformation.argument(1).number {
      let isRight = work(seed) == seriesAlone(seed)
      return isRight ? 0 : 1
    }
    var checks = Checklist("float")
    print()
    var tasks: [TaskIdentity] = []
    for seed in UInt32(1)...4 {
      let flags: StartFlags = seed % 2 == 0 ? .ring0 : []
      if let thread = try? Thread.start(StartOptions(flags: flags), body: { work(seed) == seriesAlone(seed) ? 0 : 1 }) {
        tasks.append(thread.task)
      }
      if let process = start(seed + 4, flags) { tasks.append(process) }
    }
    checks.check(tasks.count == 8, "eight tasks compute at once")
    for (index, task) in tasks.enumerated() {
      let outcome = try? task.wait()
      checks.check(outcome == .exited(status: 0)) {
        $0.write("task ")
        $0.write(decimal: index + 1)
        $0.write(" came to the right number")
      }
    }
    return checks.conclude()
  }

  private static func start(_ seed: UInt32, _ flags: StartFlags) -> TaskIdentity? {
    var words = WordList()
    words.append("float")
    var digits = ByteWriter()
    digits.write(decimal: seed)
    words.append(digits.bytes)
    return try? Process.start(Bytes("/bin/float"), arguments: words, options: StartOptions(flags: flags))
  }

  /// A sum whose every step depends on the bits of the one before.
  private static func step(_ sum: Double, _ index: UInt32, _ seed: UInt32) -> Double {
    (sum * 0.75 + Double(seed) / Double(index)).squareRoot() + Double(seed) * 0.125
  }

  private static func seriesAlone(_ seed: UInt32) -> UInt64 {
    var sum = 1.0
    for index in 1...UInt32(20_000) { sum = step(sum, index, seed) }
    return sum.bitPattern
  }

  private static func work(_ seed: UInt32) -> UInt64 {
    var sum = 1.0
    for index in 1...UInt32(20_000) {
      sum = step(sum, index, seed)
      if index % 16 == 0 { Thread.yield() }
    }
    return sum.bitPattern
  }

  /// Doubles as text.
  private static func print() {
    Console.write {
      $0.write("pi is ")
      write(3.14159265358979, to: &$0)
      $0.write(", the square root of 2 is ")
      write((2.0).squareRoot(), to: &$0)
      $0.write("\n")
    }
  }

  private static func write(_ value: Double, to output: inout ConsoleLine) {
    let whole = UInt32(value)
    output.write(decimal: whole)
    output.write(".")
    var rest = value - Double(whole)
    for _ in 0..<9 {
      rest *= 10
      let digit = UInt32(rest)
      output.write(decimal: digit)
      rest -= Double(digit)
    }
  }
}
