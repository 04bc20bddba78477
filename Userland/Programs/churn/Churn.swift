// Starts and ends many tasks of every kind, one after another, and compares the free memory before and after.
//
//     churn [COUNT] [--stack separate|shared] [--guarded]
//
// COUNT processes and COUNT threads in Ring 3, and as many in Ring 0. The option says whose stack the kernel uses for
// those in Ring 0. The exit status is 0 where no page was lost.

import ABI
import Primitives
import SDK

@main
struct Churn: Program {
  static func run() -> Int32 {
    var count: UInt32 = 500
    var ring0: StartFlags = .ring0
    var index = 1
    while index < ProgramInformation.argumentCount {
      let word = ProgramInformation.argument(index)
      if word == "--child" { return 0 }
      if let number = word.number {
        count = number
      } else if word == "--stack", index + 1 < ProgramInformation.argumentCount {
        index += 1
        if ProgramInformation.argument(index) == "shared" { ring0.insert(.sharedStack) }
      } else if word == "--guarded" {
        ring0.insert(.guarded)
      } else {
        Console.complain("usage: churn [COUNT] [--stack separate|shared] [--guarded]\n")
        return 2
      }
      index += 1
    }
    // The first few let caches, and this process's heap, grow to the size they need.
    _ = all(8, ring0, isQuiet: true)
    return all(count, ring0, isQuiet: false) ? 0 : 1
  }

  private static func all(_ count: UInt32, _ ring0: StartFlags, isQuiet: Bool) -> Bool {
    let processes = many(count, "processes in Ring 3", isQuiet) { startsProcess([]) }
    let threads = many(count, "threads in Ring 3", isQuiet) { startsThread([]) }
    let ring0Processes = many(count, "processes in Ring 0", isQuiet) { startsProcess(ring0) }
    let ring0Threads = many(count, "threads in Ring 0", isQuiet) { startsThread(ring0) }
    return processes && threads && ring0Processes && ring0Threads
  }

  /// Runs `startAndWait` so many times. Returns whether all succeeded and the free memory is as before.
  private static func many(_ count: UInt32, _ what: StaticString, _ isQuiet: Bool, _ startAndWait: () -> Bool) -> Bool {
    let before = free()
    let begin = Clock.sinceBoot
    var failed: UInt32 = 0
    for _ in 0..<count where !startAndWait() { failed += 1 }
    let after = free()
    if isQuiet { return true }
    Console.write {
      $0.write(decimal: count)
      $0.write(" ")
      $0.write(what)
      $0.write(" started and ended, ")
      $0.write(decimal: failed)
      $0.write(" failed; pages free before: ")
      $0.write(decimal: before)
      $0.write(", after: ")
      $0.write(decimal: after)
      $0.write(" (")
      $0.write(decimal: (Clock.sinceBoot - begin) / UInt64(max(count, 1)) / 1000)
      $0.write(" us each)\n")
    }
    return failed == 0 && before == after
  }

  private static func startsProcess(_ flags: StartFlags) -> Bool {
    var words = WordList()
    words.append("churn")
    words.append("--child")
    let child = try? Process.start(Bytes("/bin/churn"), arguments: words, options: StartOptions(flags: flags))
    return (try? child?.wait()) == .exited(status: 0)
  }

  private static func startsThread(_ flags: StartFlags) -> Bool {
    let thread = try? Thread.start(StartOptions(flags: flags)) { 0 }
    return (try? thread?.join()) == .exited(status: 0)
  }

  private static func free() -> UInt32 { (try? Machine.memory())?.free ?? 0 }
}
