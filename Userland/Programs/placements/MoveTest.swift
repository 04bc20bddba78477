// Clients in both rings call the store without pause while it moves round all placements. Each client has a counter of
// its own and knows what each reply must be: a call that failed, was lost, was done twice or came out of order shows
// at once, and with it how long the longest call waited.

import ABI
import Primitives
import SDK

struct MoveTest {
  let calls: UInt32
  let moves: UInt32
  let clients: UInt32

  private struct Result {
    var failures: UInt32 = 0
    var longestWait: UInt64 = 0
    var done: UInt32 = 0
  }

  func run() -> Int32 {
    guard manage(.start, "store") else { return 1 }
    let result = Mutex(Result())
    let calls = calls
    var threads: [Thread] = []
    for index in 0..<clients {
      do throws(SystemError) {
        threads.append(
          try Thread.start(StartOptions(flags: index % 2 == 1 ? .ring0 : [])) { () -> Int32 in
            let own = MoveTest.work(index, calls)
            result.withLock {
              $0.failures += own.failures
              $0.done += own.done
              $0.longestWait = max($0.longestWait, own.longestWait)
            }
            return 0
          })
      } catch { result.withLock { $0.failures += 1 } }
    }
    let failedMoves = move()
    for thread in threads {
      do throws(SystemError) { _ = try thread.join() } catch { result.withLock { $0.failures += 1 } }
    }
    let total = result.withLock { $0 }
    _ = manage(.stop, "store")
    Console.write {
      $0.write("placements: ")
      $0.write(decimal: total.done)
      $0.write(" calls by ")
      $0.write(decimal: clients)
      $0.write(" clients, ")
      $0.write(decimal: moves)
      $0.write(" moves, ")
      $0.write(decimal: total.failures + failedMoves)
      $0.write(" failures, longest wait ")
      $0.write(decimal: total.longestWait)
      $0.write(" ns\n")
    }
    return total.failures + failedMoves == 0 && total.done == calls * clients ? 0 : 1
  }

  /// Moves the store through all six transitions, again and again. Returns how many moves failed.
  private func move() -> UInt32 {
    // Each placement to each other one, as one round trip.
    let round: [ServicePlacement] = [.ring0Server, .linked, .server, .linked, .ring0Server, .server]
    var failed: UInt32 = 0
    for index in 0..<moves {
      if !manage(.move, "store", round[Int(index) % round.count]) { failed += 1 }
    }
    return failed
  }

  private static func work(_ index: UInt32, _ calls: UInt32) -> Result {
    var result = Result()
    do throws(SystemError) {
      let store = try ServiceClient("store")
      defer { store.close() }
      for call in 1...max(1, calls) {
        let start = Clock.sinceBoot
        let value = try store.callShort(5, index)
        result.longestWait = max(result.longestWait, Clock.sinceBoot - start)
        if value != call {
          result.failures += 1
          return result
        }
        result.done += 1
      }
    } catch {
      result.failures += 1
      Console.write {
        $0.write("placements: client ")
        $0.write(decimal: index)
        $0.write(": ")
        $0.write(error.sentence)
        $0.write("\n")
      }
    }
    return result
  }
}
