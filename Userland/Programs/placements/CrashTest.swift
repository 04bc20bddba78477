// The same fault in each placement: the caller gets an error, the manager starts the service again, and it goes on from
// the state that was kept. A driver also has to find its ports free.

import ABI
import Primitives
import SDK
import ServiceSupport

enum CrashTest {
  private static var faults: [(name: StaticString, operation: FrailOperation, word: UInt32)] {
    [
      ("an overflow", .overflow, 0), ("a read of address 16", .read, 16),
      ("a stack that is too deep", .descend, 0xffff_ffff),
    ]
  }

  static func run() -> Int32 {
    var failed: Int32 = 0
    for placement in ServicePlacement.all {
      for fault in faults {
        if !passes(fault.name, "frail", placement, { survives(fault.operation, fault.word) }) { failed += 1 }
      }
      // A module has no process that could be ended.
      guard placement != .linked else { continue }
      if !passes("the end of the clock", "clock", placement, Conformance.clockSurvivesItsEnd) { failed += 1 }
    }
    return failed
  }

  /// Runs a check on a service that is started for it, and says how it went.
  private static func passes(
    _ fault: StaticString, _ service: StaticString, _ placement: ServicePlacement, _ check: () -> Bool
  ) -> Bool {
    let isRight = manage(.start, service, placement) && check()
    let isStopped = manage(.stop, service)
    Console.write {
      $0.write(isRight && isStopped ? "PASS " : "FAIL ")
      $0.write(fault)
      $0.write(" as ")
      $0.write(placement.name)
      $0.write("\n")
    }
    return isRight && isStopped
  }

  private static func survives(_ operation: FrailOperation, _ word: UInt32) -> Bool {
    guard add(5) == 5, manage(.save, "frail"), add(1) == 6 else { return false }
    do throws(SystemError) {
      let service = try ServiceClient("frail")
      defer { service.close() }
      _ = try service.callShort(operation.rawValue, word)
      return false
    } catch {}
    // Nobody has the name open now. Calls fail until somebody serves it again; the first that is answered must find the
    // state that was kept.
    for _ in 0..<500 {
      if let sum = add(0) { return sum == 5 }
      Thread.sleep(milliseconds: 10)
    }
    return false
  }

  private static func add(_ number: UInt32) -> UInt32? {
    do throws(SystemError) {
      let service = try ServiceClient("frail")
      defer { service.close() }
      return try service.callShort(FrailOperation.add.rawValue, number)
    } catch { return nil }
  }
}
