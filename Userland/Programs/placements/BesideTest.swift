// While the manager waits for a service that does not answer, it does what is asked of it about others. The case in Tests/Guest adds
// the service `hang`.

import ABI
import Primitives
import SDK

enum BesideTest {
  /// The manager waits two seconds for an answer about a state.
  private static var limit: UInt64 { 500 }

  static func run() -> Int32 {
    guard manage(.start, "hang") else { return 1 }
    let refusals = Mutex<UInt32>(0)
    var threads: [Thread] = []
    // More than one of those who answer has to wait.
    for _ in 0..<3 {
      let thread = try? Thread.start { () -> Int32 in
        let refusal = ManagerTest.answer(.move, "hang", .ring0Server)
        if refusal?.isEmpty == false { refusals.withLock { $0 += 1 } }
        return 0
      }
      if let thread { threads.append(thread) }
    }
    Thread.sleep(milliseconds: 50)
    let start = milliseconds
    let isDone = manage(.start, "echo") && manage(.move, "echo", .linked) && manage(.stop, "echo")
    let took = milliseconds - start
    for thread in threads { _ = try? thread.join() }
    let refused = refusals.withLock { $0 }
    Console.write {
      $0.write("placements: beside a service that hangs another was started, moved and stopped ")
      $0.write(isDone && took < limit ? "at once" : "late")
      $0.write("; ")
      $0.write(decimal: refused)
      $0.write(" moves of the one that hangs were refused\n")
    }
    return isDone && took < limit && refused == 3 ? 0 : 1
  }

  private static var milliseconds: UInt64 { Clock.sinceBoot / 1_000_000 }
}
