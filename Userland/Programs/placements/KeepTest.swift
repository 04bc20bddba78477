// Requests that the service `frail` keeps, in each placement: several clients wait at once, others have their turn meanwhile, and each
// gets its own answer; whoever gives up, is ended or waits across a move harms nobody else.
//
// Invariant: a wait for another task is bounded; where it comes to nothing the check fails.

import ABI
import Primitives
import SDK
import ServiceSupport

enum KeepTest {
  static func run() -> Int32 {
    var report = TestReport(program: "placements")
    for (index, placement) in ServicePlacement.all.enumerated() {
      let next = ServicePlacement.all[(index + 1) % ServicePlacement.all.count]
      guard manage(.start, "frail", placement) else { return 1 }
      check("clients wait at once, and each gets its answer", placement, &report) { severalWait() }
      check("a client's time runs out, and the service's", placement, &report) { timesRunOut() }
      check("a client that waits is killed", placement, &report) { clientIsKilled() }
      check("the service moves while clients wait", placement, &report) { moves(to: next) }
      check("the service moves back", placement, &report) { moves(to: placement) }
      check("the service faults while clients wait", placement, &report) { faults() }
      guard manage(.stop, "frail") else { return 1 }
    }
    return report.finish()
  }

  private static func check(
    _ name: StaticString, _ placement: ServicePlacement, _ report: inout TestReport, _ body: () -> Bool
  ) {
    report.run {
      $0.write(placement.name)
      $0.write(": ")
      $0.write(name)
    } test: {
      body()
    }
  }

  // MARK: What is done

  private static func ask(_ operation: FrailOperation, _ word: UInt32 = 0) -> UInt32? {
    do throws(SystemError) {
      let service = try ServiceClient("frail")
      defer { service.close() }
      return try service.callShort(operation.rawValue, word)
    } catch { return nil }
  }

  /// Waits until the service keeps so many requests.
  private static func keeps(_ count: UInt32) -> Bool {
    for _ in 0..<1000 {
      if ask(.kept) == count { return true }
      Thread.sleep(milliseconds: 5)
    }
    return false
  }

  /// Threads whose requests are kept: by message with room for more than a page, and in registers.
  private static func startWaiting(_ count: UInt32) -> [Thread] {
    var threads: [Thread] = []
    for index in 0..<count {
      let thread = try? Thread.start(StartOptions(flags: index % 2 == 1 ? .ring0 : [])) { () -> Int32 in
        index % 3 == 2 ? waitInRegisters(index) : wait(index, capacity: 5000 * Int(index))
      }
      if let thread { threads.append(thread) }
    }
    return threads
  }

  private static func waitInRegisters(_ index: UInt32) -> Int32 {
    guard let word = ask(.keep, index) else { return 7 }
    return word == index + 1 ? 0 : 2
  }

  private static func wait(_ index: UInt32, capacity: Int) -> Int32 {
    do throws(SystemError) {
      let service = try ServiceClient("frail")
      defer { service.close() }
      var bytes: [UInt8] = []
      let words = try service.call(
        FrailOperation.keep.rawValue, words: [index, 0, 0, 0, 0, 0], data: [1, 2, 3], reply: &bytes, capacity: capacity)
      guard words[0] == index + 1, bytes.count == capacity else { return 3 }
      for byte in bytes where byte != UInt8(index + 1) { return 4 }
      return 0
    } catch { return 7 }
  }

  private static func ended(_ threads: [Thread], status: Int32) -> Bool {
    var isRight = true
    for thread in threads where (try? thread.join()) != .exited(status: status) { isRight = false }
    return isRight
  }

  // MARK: Checks

  private static func severalWait() -> Bool {
    let threads = startWaiting(6)
    guard threads.count == 6, keeps(6), ask(.add, 5) == 5 else { return false }
    return ask(.release) == 6 && ended(threads, status: 0) && ask(.release) == 0
  }

  private static func timesRunOut() -> Bool {
    do throws(SystemError) {
      let service = try ServiceClient("frail")
      defer { service.close() }
      var bytes: [UInt8] = []
      // The service's own limit first: nobody else calls meanwhile.
      let late = try service.call(
        FrailOperation.keep.rawValue, words: [1, 20, 0, 0, 0, 0], reply: &bytes, capacity: 10)
      guard late[0] == frailIsLate, bytes.isEmpty, ask(.kept) == 0 else { return false }
      do throws(SystemError) {
        _ = try service.call(FrailOperation.keep.rawValue, reply: &bytes, nanoseconds: 20_000_000)
        return false
      } catch { guard error == .timedOut else { return false } }
      // Who has given up is not reached, also where the same task waits again.
      let threads = startWaiting(1)
      return keeps(2) && ask(.release) == 1 && ended(threads, status: 0)
    } catch { return false }
  }

  static func waitForEver() -> Int32 { wait(0, capacity: 0) }

  private static func clientIsKilled() -> Bool {
    var arguments = WordList()
    for word in ["placements", "wait"] as [StaticString] { arguments.append(Bytes(word).copied) }
    let child: TaskIdentity
    do throws(Refusal) { child = try Process.start(named: Bytes("placements"), arguments: arguments) } catch {
      return false
    }
    let threads = startWaiting(2)
    guard keeps(3), (try? child.kill(status: 5)) != nil, (try? child.wait()) != nil else { return false }
    return ask(.release) == 2 && ended(threads, status: 0)
  }

  private static func moves(to placement: ServicePlacement) -> Bool {
    let threads = startWaiting(3)
    guard keeps(3), manage(.move, "frail", placement), keeps(3) else { return false }
    return ask(.release) == 3 && ended(threads, status: 0)
  }

  private static func faults() -> Bool {
    let threads = startWaiting(2)
    guard keeps(2), ask(.overflow) == nil, ended(threads, status: 7) else { return false }
    // The manager starts it again.
    return keeps(0)
  }
}
