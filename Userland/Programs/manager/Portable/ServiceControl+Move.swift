// Moving a service to another placement while its clients call it.
//
// Invariant: until `retire` the old server can have the name back, and has it wherever something fails; from then on the new
// one has the state, and until `release` so has the manager. What was acknowledged is in one of them.

import ABI
import Primitives
import SDK

extension ServiceControl {
  /// - Parameter withState: without, the new server begins with nothing: for a service that does not say what it knows.
  func move(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights, withState: Bool
  ) throws(ManagerRefusal) {
    try claim(name)
    defer { giveUp(name) }
    guard let record = known(name) else { throw ManagerRefusal(Self.notStarted) }
    try Authority.check(rights, for: record.placement)
    guard record.placement != placement else { throw ManagerRefusal("it is placed like that already") }
    guard let old = try running(name) else { throw ManagerRefusal(Self.notStarted) }
    do throws(ManagerRefusal) { try world.hold(name) } catch {
      guard !withState else { throw error }
      return try replace(name, old, by: placement, record.rights)
    }
    // From the moment the new server has the name the old one may end by itself: that is no crash.
    world.withBook { $0.expectEnd(of: old) }
    defer { world.withBook { $0.forgetEnd(of: old) } }
    var state: [UInt8]?
    var isNewGone = false
    do throws(ManagerRefusal) {
      state = withState ? try world.save(name, of: old) : nil
      let new = try succeed(name, old, placement, record.rights, state)
      if !record.keptState.isEmpty { world.withBook { book in book.change(name) { $0.keptState = state ?? [] } } }
      try world.release(name)
      run(name, new, record.rights)
      isNewGone = world.state(of: new, for: name) == .gone
    } catch {
      // With the new server gone the old one has the name back.
      try? world.release(name)
      throw error
    }
    do throws(ManagerRefusal) { try world.end(old, of: name) } catch {
      throw ManagerRefusal(Bytes("it has moved, but its old server is still there: ").copied + error.sentence)
    }
    // It had hardly begun, and the state that it was given is still right.
    if isNewGone { try startAgain(name, placement, state ?? [], isHeld: false) }
  }

  /// Starts the successor of a service whose calls are held, gives it the state, and retires the old server.
  private func succeed(
    _ name: [UInt8], _ old: Server, _ placement: ServicePlacement, _ rights: Rights, _ state: [UInt8]?
  ) throws(ManagerRefusal) -> Server {
    let new = try launch(name, placement, rights, state)
    do throws(ManagerRefusal) {
      guard world.state(of: new, for: name) == .serving else { throw ManagerRefusal(Self.endedEarly) }
      try world.retire(name)
    } catch {
      try? end(new, of: name)
      throw error
    }
    if world.state(of: new, for: name) == .serving { return new }
    // It ended around its predecessor's last moment. Either that one serves on, or nobody does and the state is here.
    try? end(new, of: name)
    if world.state(of: old, for: name) != .serving {
      try startAgain(name, old.placement, state ?? [], isHeld: true)
    }
    throw ManagerRefusal(Self.endedEarly)
  }

  private static var endedEarly: StaticString { "the new server ended before it had taken over" }

  /// Nobody serves, and the state is here: whoever is started again, now or later, gets it.
  private func startAgain(
    _ name: [UInt8], _ placement: ServicePlacement, _ state: [UInt8], isHeld: Bool
  ) throws(ManagerRefusal) {
    let now = world.milliseconds
    world.withBook { book in
      book.change(name) {
        $0.placement = placement
        $0.server = nil
        $0.due = now
        $0.keptState = state
      }
    }
    if let record = record(name) { _ = try restart(record, isHeldAlready: isHeld) }
  }

  /// Starts a server and gives it a state. Where it does not take that it is ended.
  private func launch(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights, _ state: [UInt8]?
  ) throws(ManagerRefusal) -> Server {
    let new = try launch(name, placement, rights)
    guard let state else { return new }
    do throws(ManagerRefusal) { try world.restore(name, state, to: new) } catch {
      try? end(new, of: name)
      throw error
    }
    return new
  }

  /// Ends a server that does not come to the end of what it does, and starts another one in its place. Calls inside fail.
  private func replace(
    _ name: [UInt8], _ old: Server, by placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) {
    try end(old, of: name)
    world.withBook { book in
      book.change(name) {
        $0.server = nil
        $0.due = nil
        $0.keptState = []
      }
    }
    world.keepName(name, false)
    run(name, try launch(name, placement, rights), rights)
  }
}
