// Calls the test services from several threads and checks every reply: `client [CALLS] [THREADS]`.
//
// Each thread adds to its own counter in the store, in registers and by messages in turn, and knows what each reply
// must be; so a call that is lost, done twice or answered out of order is found at once.

import ABI
import Primitives
import SDK
import ServiceSupport

@main struct Client: Program {
  static func run() -> Int32 {
    let calls = number(1, or: 1000)
    let threads = number(2, or: 4)
    let failures = Mutex<UInt32>(0)
    let longest = Mutex<UInt64>(0)
    var started: [Thread] = []
    for index in 0..<threads {
      do throws(SystemError) {
        // Every other thread runs in Ring 0.
        let options = StartOptions(flags: index % 2 == 1 ? .ring0 : [])
        started.append(
          try Thread.start(options) {
            let (failed, wait) = work(index, calls)
            failures.withLock { $0 += failed }
            longest.withLock { $0 = max($0, wait) }
            return failed == 0 ? 0 : 1
          })
      } catch { failures.withLock { $0 += 1 } }
    }
    for thread in started {
      do throws(SystemError) { _ = try thread.join() } catch { failures.withLock { $0 += 1 } }
    }
    let failed = failures.withLock { $0 }
    let wait = longest.withLock { $0 }
    Console.write {
      $0.write("client: ")
      $0.write(decimal: UInt64(calls) * UInt64(threads))
      $0.write(" calls from ")
      $0.write(decimal: threads)
      $0.write(" threads, ")
      $0.write(decimal: failed)
      $0.write(" failures, longest wait ")
      $0.write(decimal: wait / 1000)
      $0.write(" us\n")
    }
    return failed == 0 ? 0 : 1
  }

  /// Makes one thread's calls. Returns how many went wrong and the longest time that one took, in nanoseconds.
  private static func work(_ index: UInt32, _ calls: UInt32) -> (UInt32, UInt64) {
    do throws(SystemError) {
      let store = try ServiceClient("store")
      defer { store.close() }
      let base = try store.callShort(StoreOperation.increment.rawValue, index)
      var longest: UInt64 = 0
      for call in 1...calls {
        let start = Clock.sinceBoot
        let value = try store.callShort(StoreOperation.increment.rawValue, index)
        longest = max(longest, Clock.sinceBoot - start)
        if value != base + call { return (1, longest) }
      }
      return (0, longest)
    } catch {
      Console.write {
        $0.write("client: thread ")
        $0.write(decimal: index)
        $0.write(": ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return (1, 0)
    }
  }

  private static func number(_ index: Int, or standard: UInt32) -> UInt32 {
    guard index < ProgramInformation.argumentCount else { return standard }
    let text = ProgramInformation.argument(index)
    var value: UInt32 = 0
    for position in 0..<text.count {
      guard text[position] >= 0x30, text[position] <= 0x39, value < 100_000_000 else { return standard }
      value = value * 10 + UInt32(text[position] - 0x30)
    }
    return max(1, value)
  }
}
