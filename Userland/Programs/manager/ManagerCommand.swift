// What the manager can be asked for: start, stop, move, save, describe and waiting.
//
// A request's data is the service's name, word 0 the placement. The reply's word 0 is 0, or 1 with a sentence that
// says why it was refused. A service that has crashed is one that runs: it is started again before the command goes on.

import ABI
import Primitives
import SDK
import ServiceSupport

enum ManagerCommand {
  static var control: ServiceControl<SystemWorld> { ServiceControl(world: SystemWorld()) }

  /// Whether it may have to wait.
  static func isLong(_ operation: UInt32) -> Bool {
    switch ManagerOperation(rawValue: operation) {
    case .start, .stop, .move, .moveWithoutState, .save: true
    case .describe, .waiting, .takeOver, nil: false
    }
  }

  static func answer(_ request: inout Request) {
    guard let operation = ManagerOperation(rawValue: request.operation) else {
      request.reply[0] = unknownOperation
      return
    }
    if operation == .takeOver { return Journal.begin(&request) }
    Journal.beginWithout()
    let name = request.copiedData
    if operation == .waiting { return listWaiting(&request) }
    let rights = request.senderRights
    do throws(ManagerRefusal) {
      guard !name.isEmpty, name.count < 32, !name.contains(0x2f) else {
        throw ManagerRefusal("a service's name has 1 to 31 bytes and no slash")
      }
      guard let placement = ServicePlacement(rawValue: request.words[0]) else {
        throw ManagerRefusal("there is no such placement")
      }
      if operation == .describe { return describe(name, &request) }
      try Authority.check(rights, for: placement)
      guard name != Bytes("manager").copied else { throw ManagerRefusal("the manager is not its own service") }
      switch operation {
      case .start: try control.start(name, placement, rights)
      case .stop: try control.stop(name, rights)
      case .move: try control.move(name, placement, rights, withState: true)
      case .moveWithoutState: try control.move(name, placement, rights, withState: false)
      case .save: try control.save(name)
      case .describe, .waiting, .takeOver: break
      }
    } catch {
      request.reply[0] = 1
      request.write(error.sentence)
    }
  }

  /// The data is the names of those that crashed and are to be started again, with spaces between them.
  private static func listWaiting(_ request: inout Request) {
    let names = SystemWorld().withBook { book in book.records.filter { $0.due != nil }.map { $0.name } }
    for (index, name) in names.enumerated() { request.write(index == 0 ? name : Bytes(" ").copied + name) }
  }

  /// The reply's word 1 is how often it has been started again, the data what it needs.
  private static func describe(_ name: [UInt8], _ request: inout Request) {
    request.reply[1] = control.record(name)?.restarts ?? 0
    for (index, needed) in (SystemWorld().needs(of: name) ?? []).enumerated() {
      request.write(index == 0 ? needed : Bytes(" ").copied + needed)
    }
  }
}
