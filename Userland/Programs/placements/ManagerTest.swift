// The service manager, or the server that is about to take over, is ended at any point while a service moves round the placements
// and clients call it: init starts the next manager, that goes on with what runs, and no client misses what it was told.
//
// Invariant: a client's counter in the store is at least what its last answer said, and at most that and one for each call
// since that ended with an error, which may have been done or not.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

struct ManagerTest {
  let seed: UInt32
  let kills: UInt32

  private static var clients: UInt32 { 3 }
  private static var counterBase: UInt32 { 20 }

  private struct Sums {
    var acknowledged: UInt32 = 0
    var errors: UInt32 = 0
    var wrong: UInt32 = 0
    var moves: UInt32 = 0
    var refusedMoves: UInt32 = 0
    var isOver = false
  }

  func run() -> Int32 {
    guard manage(.start, "store") else { return 1 }
    let sums = Mutex(Sums())
    var threads: [Thread] = []
    for index in 0..<Self.clients {
      let flags: StartFlags = index % 2 == 1 ? .ring0 : []
      if let thread = try? Thread.start(StartOptions(flags: flags), body: { work(index, sums) }) {
        threads.append(thread)
      }
    }
    if let thread = try? Thread.start(body: { move(sums) }) { threads.append(thread) }
    var killed: (managers: UInt32, servers: UInt32) = (0, 0)
    // Nobody gets in between its look and its deed.
    try? TaskIdentity.current.setPriority(30)
    var random = SeededRandom(seed: seed)
    while killed.managers + killed.servers < kills {
      sleep(microseconds: random.below(40_000))
      if random.below(3) == 0 {
        guard endSuccessor() else { continue }
        killed.servers += 1
        // What a move survives is one end: the state may be with the manager alone now.
        Thread.sleep(milliseconds: 60)
      } else if Self.endManager() {
        killed.managers += 1
      }
    }
    sums.withLock { $0.isOver = true }
    try? TaskIdentity.current.setPriority(16)
    for thread in threads { _ = try? thread.join() }
    let isInOrder = threads.count == Int(Self.clients) + 1 && endsInOrder()
    let total = sums.withLock { $0 }
    Console.write {
      $0.write("placements: seed ")
      $0.write(decimal: seed)
      $0.write(": ")
      $0.write(decimal: killed.managers)
      $0.write(" managers and ")
      $0.write(decimal: killed.servers)
      $0.write(" successors ended in ")
      $0.write(decimal: total.moves)
      $0.write(" moves and ")
      $0.write(decimal: total.refusedMoves)
      $0.write(" that failed; ")
      $0.write(decimal: total.acknowledged)
      $0.write(" calls acknowledged, ")
      $0.write(decimal: total.errors)
      $0.write(" errors, ")
      $0.write(decimal: total.wrong)
      $0.write(" wrong\n")
      if !isInOrder { $0.write("placements: something is left, or not under the manager's control\n") }
    }
    return total.wrong == 0 && isInOrder ? 0 : 1
  }

  private func sleep(microseconds: UInt32) { _ = SystemCalls.sleep(microseconds &* 1000, 0) }

  // MARK: Ending

  static func endManager() -> Bool {
    guard let manager = ServiceList.find(Bytes("manager")), manager.owner != 0 else { return false }
    return (try? TaskIdentity(manager.owner).kill(status: 1)) != nil
  }

  /// Ends a server that has been started for a move and does not serve yet, or only its mover.
  private func endSuccessor() -> Bool {
    guard let store = ServiceList.find(Bytes("store")), store.state == 2 else { return false }
    // Processes get ever larger numbers: the last one that is there, unless it is the only one and serves.
    let servers = Self.processes(named: "store")
    let isOldLinked = Modules.information(named: Bytes("store")) != nil
    guard let last = servers.last,
      servers.count > 1 || isOldLinked && store.placement != ServicePlacement.linked.rawValue
    else { return false }
    return (try? TaskIdentity(last).kill(status: 2)) != nil
  }

  // MARK: Clients

  private func work(_ index: UInt32, _ sums: Mutex<Sums>) -> Int32 {
    guard let store = try? ServiceClient("store") else {
      sums.withLock { $0.wrong += 1 }
      return 1
    }
    defer { store.close() }
    var last: UInt32 = 0
    var unknown: UInt32 = 0
    var calls: UInt32 = 0
    while !sums.withLock({ $0.isOver }) {
      do throws(SystemError) {
        let value = try store.callShort(StoreOperation.increment.rawValue, Self.counterBase + index)
        let isRight = value > last && value <= last + 1 + unknown
        sums.withLock {
          $0.acknowledged += 1
          if !isRight { $0.wrong += 1 }
        }
        if !isRight { report(index, last, unknown, value) }
        last = value
        unknown = 0
      } catch {
        unknown += 1
        sums.withLock { $0.errors += 1 }
        Thread.sleep(milliseconds: 1)
      }
      calls += 1
      if calls % 32 == 0 { Thread.sleep(milliseconds: 1) }
    }
    return 0
  }

  private func report(_ index: UInt32, _ last: UInt32, _ unknown: UInt32, _ value: UInt32) {
    Console.write {
      $0.write("placements: client ")
      $0.write(decimal: index)
      $0.write(" was told ")
      $0.write(decimal: last)
      $0.write(", had ")
      $0.write(decimal: unknown)
      $0.write(" errors, and was told ")
      $0.write(decimal: value)
      $0.write("\n")
    }
  }

  /// Moves the store, and starts and stops others, until all is over.
  private func move(_ sums: Mutex<Sums>) -> Int32 {
    var random = SeededRandom(seed: seed, stream: 1)
    while !sums.withLock({ $0.isOver }) {
      let placement = ServicePlacement.all[Int(random.below(3))]
      let isMoved = Self.answer(.move, "store", placement)?.isEmpty == true
      sums.withLock { if isMoved { $0.moves += 1 } else { $0.refusedMoves += 1 } }
      if random.below(4) == 0 { _ = Self.answer(random.below(2) == 0 ? .start : .stop, "log", placement) }
    }
    return 0
  }

  // MARK: Afterwards

  /// The manager goes on with everything, and nothing is left of what was ended in the middle.
  private func endsInOrder() -> Bool {
    // Whether `log` ran the seed has decided.
    guard Self.asked(.stop, "store")?.isEmpty == true, Self.asked(.stop, "log") != nil else { return false }
    guard Self.servers(of: "store") == 0, Self.servers(of: "log") == 0 else { return false }
    return manage(.start, "store") && manage(.move, "store", .linked) && manage(.stop, "store")
  }

  private static func processes(named name: StaticString) -> [UInt32] {
    var candidate = TaskIdentity(0)
    var found: [UInt32] = []
    while let task = candidate.next {
      candidate = task
      if let process = try? task.information(), process.isThread == 0, process.addressSpace != 0,
        process.name.isEqual(to: Bytes(name))
      {
        found.append(task.number)
      }
    }
    return found
  }

  /// How many servers of a name there are: processes, and its module.
  static func servers(of name: StaticString) -> Int {
    processes(named: name).count + (Modules.information(named: Bytes(name)) == nil ? 0 : 1)
  }

  /// Asks a manager, the next one where it ends meanwhile.
  static func asked(_ operation: ManagerOperation, _ name: StaticString) -> [UInt8]? {
    for _ in 0..<500 {
      if let refusal = answer(operation, name, .server) { return refusal }
      Thread.sleep(milliseconds: 10)
    }
    return nil
  }

  /// The sentence with which the manager refused, empty where it did not; nil: nobody answers.
  static func answer(
    _ operation: ManagerOperation, _ name: StaticString, _ placement: ServicePlacement
  ) -> [UInt8]? {
    do throws(SystemError) {
      return try ManagerClient.ask(operation, Bytes(name), placement: placement) ?? []
    } catch { return nil }
  }
}
