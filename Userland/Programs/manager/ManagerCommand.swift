// What the manager can be asked for: start, stop, move, save, describe and waiting.
//
// A request's data is the service's name, word 0 the placement. The reply's word 0 is 0, or 1 with a sentence that
// says why it was refused. A service that has crashed is one that runs: it is started again before the command goes on.

import ABI
import Primitives
import SDK
import ServiceSupport

enum ManagerCommand {
  private static var notStarted: StaticString { "the manager has not started it" }

  static func answer(_ request: inout Request) {
    guard let operation = ManagerOperation(rawValue: request.operation) else {
      request.reply[0] = unknownOperation
      return
    }
    let name = request.copiedData
    if operation == .waiting { return listWaiting(&request) }
    // Whoever asks has ended where there is nothing to be learnt of it, and waits for no answer.
    let rights = (try? TaskIdentity(request.sender).information().rights) ?? []
    Servers.turn.take()
    defer { Servers.turn.give() }
    do throws(ManagerRefusal) {
      guard !name.isEmpty, name.count < 32, !name.contains(0x2f) else {
        throw ManagerRefusal("a service's name has 1 to 31 bytes and no slash")
      }
      let placement = ServicePlacement(rawValue: request.words[0]) ?? .server
      if operation != .describe { try Authority.check(rights, for: placement) }
      switch operation {
      case .start: try start(name, placement, rights)
      case .stop: try stop(name, rights)
      case .move: try move(name, placement, rights)
      case .save: try save(name)
      case .describe: describe(name, &request)
      case .waiting: break
      }
    } catch {
      request.reply[0] = 1
      request.write(error.sentence.span)
    }
  }

  private static func start(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) {
    guard try Recovery.runningEntry(name) == nil else { throw ManagerRefusal("it runs already") }
    try Dependencies.start(for: name, rights)
    _ = try Servers.start(name, as: placement, rights)
  }

  private static func stop(_ name: [UInt8], _ rights: Rights) throws(ManagerRefusal) {
    guard let entry = try Recovery.runningEntry(name) else { throw ManagerRefusal(notStarted) }
    try Authority.check(rights, for: entry.placement)
    try Dependencies.checkUnneeded(name)
    try Servers.end(entry)
  }

  /// Moves a running service: its calls wait while its state goes from the old placement to the new one.
  private static func move(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) {
    guard let old = try Recovery.runningEntry(name) else { throw ManagerRefusal(notStarted) }
    try Authority.check(rights, for: old.placement)
    guard old.placement != placement else { throw ManagerRefusal("it is placed like that already") }
    try control(name, .hold)
    // From the moment the new server has the name the old one may end by itself: that is no crash.
    Servers.setEnding(old, true)
    do throws(ManagerRefusal) {
      let state = try ServiceState.save(name)
      let new = try Servers.start(name, as: placement, old.rights)
      do throws(ManagerRefusal) {
        try ServiceState.restore(name, state)
        // What was kept for a crash is as old as before; newer state is at hand.
        if !old.keptState.isEmpty { Servers.keep(state, of: new) }
      } catch {
        // With the new server gone the old one has the name back.
        Servers.setEnding(new, true)
        try? Servers.end(new)
        throw error
      }
      try control(name, .retire)
    } catch {
      Servers.setEnding(old, false)
      try control(name, .release)
      throw error
    }
    try control(name, .release)
    try Servers.end(old)
  }

  /// Keeps the state of a running service for the case that it crashes.
  private static func save(_ name: [UInt8]) throws(ManagerRefusal) {
    guard let entry = try Recovery.runningEntry(name) else { throw ManagerRefusal(notStarted) }
    try control(name, .hold)
    do throws(ManagerRefusal) {
      Servers.keep(try ServiceState.save(name), of: entry)
    } catch {
      try control(name, .release)
      throw error
    }
    try control(name, .release)
  }

  /// The data is the names of those that crashed and are to be started again, with spaces between them.
  private static func listWaiting(_ request: inout Request) {
    for (index, name) in Recovery.waiting.enumerated() {
      request.write((index == 0 ? name : Servers.bytes(" ") + name).span)
    }
  }

  /// The reply's word 1 is how often it has been started again, the data what it needs.
  private static func describe(_ name: [UInt8], _ request: inout Request) {
    request.reply[1] = Servers.find(name)?.restarts ?? 0
    for (index, needed) in (Dependencies.needs(of: name) ?? []).enumerated() {
      request.write(index == 0 ? needed : Servers.bytes(" ") + needed)
    }
  }

  static func control(_ name: [UInt8], _ action: ServiceAction) throws(ManagerRefusal) {
    var failure: SystemError?
    Servers.withBytes(name) { name in
      do throws(SystemError) { try ServiceList.control(name, action) } catch { failure = error }
    }
    if let failure { throw ManagerRefusal(failure.sentence) }
  }
}
