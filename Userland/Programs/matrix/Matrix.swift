// Every way to start a task, and every way in which one ends.
//
//     matrix [--stack separate|shared]
//
// Processes and threads in Ring 3 and Ring 0 each start processes and threads in Ring 3 and Ring 0: sixteen pairs, shown
// as a table. Then come the lives of tasks: who is whose parent, who ends with whom, who can be killed in which state,
// and that nothing of a task is left afterwards. The option says whose stack the kernel uses for Ring-0 tasks.
//
// The program is started again by itself in other roles: `--starter`, `--started` and `--state` (Roles.swift).

import ABI
import Primitives
import SDK

@main
struct Matrix: Program {
  static func run() -> Int32 {
    let words = ProgramInformation.argumentCount
    let first = words > 1 ? ProgramInformation.argument(1) : Bytes("")
    if first == "--stack", words == 3 {
      return all(discipline: ProgramInformation.argument(2) == "shared" ? .sharedStack : [])
    }
    if words == 1 { return all(discipline: []) }
    return Roles.run(first)
  }

  private static func all(discipline: StartFlags) -> Int32 {
    var checks = Checklist("matrix")
    // The first time around the heap of this process and the kernel's caches grow to the size they need.
    for round in 0..<2 {
      let before = pagesFree()
      if round == 0 {
        var warming = Checklist("matrix, first time")
        table(discipline, &warming)
        Lives.checkAll(discipline, &warming)
        if warming.conclude() != 0 { return 1 }
      } else {
        table(discipline, &checks)
        Lives.checkAll(discipline, &checks)
        let after = pagesFree()
        checks.check(after == before) {
          $0.write("pages free or this process's, before and after: ")
          $0.write(decimal: before)
          $0.write(" and ")
          $0.write(decimal: after)
        }
      }
    }
    checks.check((try? Machine.memory(.check))?.discrepancies == 0, "every page of the machine has the owner it should")
    return checks.conclude()
  }

  /// Rows: who starts. Columns: what is started.
  private static func table(_ discipline: StartFlags, _ checks: inout Checklist) {
    var failures: [UInt32] = []
    for starter in Kind.all { failures.append(Starts.all(by: starter, discipline)) }
    Console.write("starter             Ring-3 process  Ring-3 thread   Ring-0 process  Ring-0 thread\n")
    for (row, starter) in Kind.all.enumerated() {
      Console.write {
        $0.write(starter.name, width: 20)
        for column in 0..<4 { $0.write(failures[row] & 1 << column == 0 ? "ok" : "FAIL", width: 16) }
        $0.write("\n")
      }
    }
    var all: UInt32 = 0
    for row in failures { all |= row }
    checks.check(all == 0, "all sixteen pairs of starter and started")
  }

  /// The machine's free pages and those of this process, whose heap keeps what killed threads had allocated.
  private static func pagesFree() -> UInt32 {
    let own = (try? TaskIdentity.current.information())?.pages ?? 0
    return ((try? Machine.memory())?.free ?? 0) + own
  }
}

/// The four kinds of tasks, by ring and by whether they have an address space of their own.
struct Kind: Equatable {
  let ring: UInt32
  let isThread: Bool

  static var all: [Kind] {
    [
      Kind(ring: 3, isThread: false), Kind(ring: 3, isThread: true),
      Kind(ring: 0, isThread: false), Kind(ring: 0, isThread: true),
    ]
  }

  var name: StaticString {
    switch (ring, isThread) {
    case (3, false): "Ring-3 process"
    case (3, true): "Ring-3 thread"
    case (_, false): "Ring-0 process"
    case (_, true): "Ring-0 thread"
    }
  }

  func options(_ discipline: StartFlags) -> StartOptions {
    StartOptions(flags: ring == 0 ? discipline.union(.ring0) : [])
  }
}
