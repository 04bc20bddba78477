// Starting crashed services again, in the placement in which they were, with the state that was kept.
//
// A server that crashes is a child that ended; a linked service that crashes is a module that the kernel has marked as
// failed, which nobody tells: while any is linked, this looks every few milliseconds.
//
// What a service needs starts again before it.
//
// Invariant: one crash is recovered at a time, and never while a command is carried out. The thread that waits for
// children does not wait for this one, since commands wait for it.

import ABI
import Primitives
import SDK

enum Recovery {
  private static let crashed = Mutex<[ServerEntry]>([])
  /// Given for each service that crashed and each that was linked.
  private static let pending = Semaphore(0)

  /// How long a failed module can go unnoticed.
  private static var interval: UInt32 { 10 }

  static func add(_ entry: ServerEntry) {
    crashed.withLock { $0.append(entry) }
    wake()
  }

  static func wake() { pending.give() }

  /// The names of those that are to be started again.
  static var waiting: [[UInt8]] { crashed.withLock { entries in entries.map { $0.name } } }

  /// What runs under a name; one that has crashed is started again now, whoever has noticed its end so far. Nil: nothing.
  static func runningEntry(_ name: [UInt8]) throws(ManagerRefusal) -> ServerEntry? {
    _ = collectFailedModules()
    if let entry = Servers.find(name), entry.task != 0 { Servers.awaitEndNoticed(entry) }
    if Servers.find(name) == nil { _ = try restart(name) }
    return Servers.find(name)
  }

  /// Recovers what has crashed; returns when no service is linked.
  static func work() {
    pending.take()
    while true {
      let isAnyLinked = collectFailedModules()
      while let entry = crashed.withLock({ $0.first }) { recover(entry) }
      guard isAnyLinked else { return }
      Thread.sleep(milliseconds: interval)
    }
  }

  /// Takes linked services whose module has failed out of the list. Returns whether any is linked.
  private static func collectFailedModules() -> Bool {
    var failed: [ServerEntry] = []
    var isAnyLinked = false
    Servers.list.withLock { entries in
      var index = 0
      while index < entries.count {
        let entry = entries[index]
        guard entry.placement == .linked, !entry.isEnding else {
          index += 1
          continue
        }
        isAnyLinked = true
        if Servers.withBytes(entry.name, { Modules.information(named: $0)?.hasFailed == true }) {
          failed.append(entry)
          entries.remove(at: index)
        } else {
          index += 1
        }
      }
    }
    for entry in failed {
      Console.write {
        $0.write("manager: the module ")
        $0.write(entry.name)
        $0.write(" has failed; it is loaded again\n")
      }
      crashed.withLock { $0.append(entry) }
    }
    return isAnyLinked
  }

  /// Starts a service again, later each time it crashes.
  private static func recover(_ crashed: ServerEntry) {
    Thread.sleep(milliseconds: ServiceOrder.delay(restarts: restarts(of: crashed)))
    Servers.turn.take()
    defer { Servers.turn.give() }
    do throws(ManagerRefusal) { _ = try restart(crashed.name) } catch {
      Console.write {
        $0.write("manager: ")
        $0.write(crashed.name)
        $0.write(" is not started again: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
    }
  }

  /// Starts a service again that has crashed, because its time has come or another one needs it now, after what it needs.
  /// Returns false where it is none that waits for it.
  static func restart(_ name: [UInt8]) throws(ManagerRefusal) -> Bool {
    let entry = crashed.withLock { entries in
      entries.firstIndex { $0.name == name }.map { entries.remove(at: $0) }
    }
    guard let entry else { return false }
    do throws(ManagerRefusal) {
      try Dependencies.start(for: name, entry.rights)
      try restart(entry)
    } catch {
      entry.openName?.close()
      throw error
    }
    return true
  }

  /// How often it has been started again in a row, with this time.
  private static func restarts(of crashed: ServerEntry) -> UInt32 {
    ServiceOrder.restarts(before: crashed.restarts, lived: (Clock.sinceBoot - crashed.started) / 1_000_000)
  }

  /// Calls wait until the service has its state back.
  private static func restart(_ crashed: ServerEntry) throws(ManagerRefusal) {
    let restarts = restarts(of: crashed)
    let isHeld = hold(crashed)
    if crashed.placement == .linked { try unload(crashed.name) }
    do throws(ManagerRefusal) {
      let started = try Servers.start(crashed.name, as: crashed.placement, crashed.rights)
      Servers.change(started) {
        $0.restarts = restarts
        $0.keptState = crashed.keptState
      }
      if !crashed.keptState.isEmpty { try ServiceState.restore(crashed.name, crashed.keptState) }
      Servers.change(started) { $0.openName = crashed.openName }
    } catch {
      if isHeld { try? ManagerCommand.control(crashed.name, .release) }
      throw error
    }
    if isHeld { try ManagerCommand.control(crashed.name, .release) }
  }

  /// Keeps calls waiting until the service has its state back. Returns whether they wait.
  private static func hold(_ entry: ServerEntry) -> Bool {
    guard !entry.keptState.isEmpty else { return false }
    do throws(ManagerRefusal) {
      try ManagerCommand.control(entry.name, .hold)
      return true
    } catch {
      return false
    }
  }

  private static func unload(_ name: [UInt8]) throws(ManagerRefusal) {
    var refusal: Refusal?
    Servers.withBytes(name) { name in
      do throws(Refusal) { try Modules.unload(name) } catch { refusal = error }
    }
    if let refusal { throw ManagerRefusal(Servers.sentence(of: refusal)) }
  }
}
