// Starting services again that crashed, in the placement in which they were, with the state that was kept, after what they
// need.

import ABI
import Primitives
import SDK

extension ServiceControl {
  /// Looks for servers that are gone without having been told to, and starts those services again whose time has come.
  /// Returns whether there is anything to look at again soon.
  func recover() -> Bool {
    look()
    while let name = world.withBook({ $0.nextDue(now: world.milliseconds) }) { restartWhenDue(name) }
    return world.withBook { book in
      book.isAnyDue || book.watched.contains { record in record.server.map { !world.isEndTold(of: $0) } == true }
    }
  }

  func look() {
    for record in world.withBook({ $0.watched }) {
      guard let server = record.server, world.state(of: server, for: record.name) == .gone else { continue }
      if server.placement == .linked { world.tell(.moduleFailed, of: record.name) }
      let now = world.milliseconds
      world.withBook { $0.crashed(record.name, server, now: now) }
    }
  }

  private func restartWhenDue(_ name: [UInt8]) {
    guard world.withBook({ $0.claim(name) }) else { return }
    defer { giveUp(name) }
    guard let record = record(name), let due = record.due, due <= world.milliseconds else { return }
    do throws(ManagerRefusal) { _ = try restart(record) } catch { postpone(name, error) }
  }

  /// A start in vain counts as a crash; after many of them there is no further one.
  private func postpone(_ name: [UInt8], _ refusal: ManagerRefusal) {
    let now = world.milliseconds
    let isOver = world.withBook { book in
      var isOver = false
      book.change(name) {
        $0.restarts &+= 1
        isOver = $0.restarts >= Self.attemptLimit
        $0.due = isOver ? nil : now &+ UInt64(ServiceOrder.delay(restarts: $0.restarts))
        $0.server = nil
      }
      return isOver
    }
    guard isOver else { return }
    world.keepName(name, false)
    world.tell(.notStartedAgain(refusal), of: name)
  }

  /// Starts a claimed service again that has crashed. Calls wait until it has its state back.
  ///
  /// - Parameter isHeldAlready: whether the caller holds its calls, and lets them go.
  func restart(_ record: ServiceRecord, isHeldAlready: Bool = false) throws(ManagerRefusal) -> Server {
    let name = record.name
    if let server = record.server {
      // Nobody has seen it yet.
      let lived = world.milliseconds &- record.started
      world.withBook { book in
        book.change(name) {
          $0.restarts = ServiceOrder.restarts(before: $0.restarts, lived: lived)
          $0.server = nil
          $0.due = world.milliseconds
        }
      }
      if server.placement == .linked { world.tell(.moduleFailed, of: name) }
    }
    if let left = world.adoptable(name) {
      // A manager that ended had started it, and not come so far as to note it, or to give it its state.
      guard !record.keptState.isEmpty else {
        run(name, left.server, record.rights)
        return left.server
      }
      try end(left.server, of: name)
    }
    try startNeeded(by: name, record.rights)
    var isHeld = isHeldAlready || !record.keptState.isEmpty && (try? world.hold(name)) != nil
    defer { if isHeld && !isHeldAlready { try? world.release(name) } }
    let server = try launch(name, record.placement, record.rights)
    do throws(ManagerRefusal) {
      if !record.keptState.isEmpty {
        // Where nobody had kept the name there was nothing to hold until now, and nobody who called.
        if !isHeld {
          try world.hold(name)
          isHeld = true
        }
        try world.restore(name, record.keptState, to: server)
        world.keepName(name, true)
      }
    } catch {
      try? end(server, of: name)
      throw error
    }
    run(name, server, record.rights)
    return server
  }
}
