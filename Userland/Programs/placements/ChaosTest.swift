// Whatever is asked of the manager while servers crash and managers end: when all has settled a service has one server, which
// serves, or none; and what is stopped is gone.

import ABI
import Primitives
import SDK
import ServiceSupport

struct ChaosTest {
  let seed: UInt32
  let steps: UInt32

  private static var names: [StaticString] { ["store", "log", "echo", "frail", "clock"] }

  private struct Counts {
    var done: UInt32 = 0
    var refused: UInt32 = 0
    var crashes: UInt32 = 0
    var managers: UInt32 = 0
    var wrong: UInt32 = 0
  }

  func run() -> Int32 {
    var counts = Counts()
    var random = SeededRandom(seed: seed)
    for step in 1...max(1, steps) {
      act(&random, &counts)
      if step % 40 == 0 { settle(&counts, isStopped: false) }
    }
    for name in Self.names { _ = ManagerTest.asked(.stop, name) }
    settle(&counts, isStopped: true)
    Console.write {
      $0.write("placements: seed ")
      $0.write(decimal: seed)
      $0.write(": ")
      $0.write(decimal: counts.done)
      $0.write(" commands done and ")
      $0.write(decimal: counts.refused)
      $0.write(" refused, ")
      $0.write(decimal: counts.crashes)
      $0.write(" servers and ")
      $0.write(decimal: counts.managers)
      $0.write(" managers ended, ")
      $0.write(decimal: counts.wrong)
      $0.write(" services not as they should be\n")
    }
    return counts.wrong == 0 ? 0 : 1
  }

  private func act(_ random: inout SeededRandom, _ counts: inout Counts) {
    let name = Self.names[Int(random.below(UInt32(Self.names.count)))]
    let placement = ServicePlacement.all[Int(random.below(3))]
    let operation: ManagerOperation
    switch random.below(14) {
    case 0...3: operation = .start
    case 4: operation = .stop
    case 5...7: operation = .move
    case 8: operation = .save
    case 9: operation = .moveWithoutState
    case 10, 11:
      if crash(name) { counts.crashes += 1 }
      return
    case 12:
      guard random.oneIn(3) else { return Thread.sleep(milliseconds: random.below(200)) }
      if ManagerTest.endManager() { counts.managers += 1 }
      return
    default: return Thread.sleep(milliseconds: random.below(30))
    }
    if ManagerTest.answer(operation, name, placement)?.isEmpty == true { counts.done += 1 } else { counts.refused += 1 }
  }

  /// Ends the process that serves a name, or has a module fault where that can be asked for.
  private func crash(_ name: StaticString) -> Bool {
    guard let service = ServiceList.find(Bytes(name)), service.state != 0 else { return false }
    guard service.placement == ServicePlacement.linked.rawValue else {
      return service.owner != 0 && (try? TaskIdentity(service.owner).kill(status: 1)) != nil
    }
    guard Bytes(name) == "frail", let frail = try? ServiceClient("frail") else { return false }
    defer { frail.close() }
    _ = try? frail.callShort(FrailOperation.read.rawValue, 16)
    return true
  }

  // MARK: Afterwards

  /// Waits until nothing waits to be started, and looks at what there is.
  private func settle(_ counts: inout Counts, isStopped: Bool) {
    var wrong: UInt32 = 0
    for _ in 0..<500 {
      wrong = 0
      if (try? ManagerClient.waiting())?.isEmpty != true { wrong += 1 }
      for name in Self.names where !isInOrder(name, isStopped) { wrong += 1 }
      if wrong == 0 { return }
      Thread.sleep(milliseconds: 10)
    }
    for name in Self.names where !isInOrder(name, isStopped) {
      Console.write {
        $0.write("placements: ")
        $0.write(name)
        $0.write(" has ")
        $0.write(decimal: ManagerTest.servers(of: name))
        $0.write(" servers, and is ")
        $0.write((ServiceList.find(Bytes(name))?.state ?? 0) == 0 ? "not served\n" : "served\n")
      }
    }
    counts.wrong += wrong
  }

  private func isInOrder(_ name: StaticString, _ isStopped: Bool) -> Bool {
    let isServed = (ServiceList.find(Bytes(name))?.state ?? 0) != 0
    switch ManagerTest.servers(of: name) {
    case 0: return !isServed
    case 1:
      guard !isStopped, isServed, let client = try? ServiceClient(name) else { return false }
      defer { client.close() }
      return (try? client.callShort(CommonOperation.ping)) == 1
    default: return false
    }
  }
}
