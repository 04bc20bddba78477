// Moving a service from one placement to another while clients keep calling: the manager holds the calls, takes the
// state from the old server, starts the new one, gives it the state, retires the old one and lets the calls go on.
//
// Invariant: between hold and release only the holder's own calls reach a server, so no request is lost or done twice.

import ABI
import Messages
import Modules
import Primitives
import Scheduling

enum ServiceMoves {
  /// Keeps calls of others waiting, and waits until those inside are answered.
  static func hold(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard !service.value.queues.isHeld else { throw .busy }
    service.queues.hold(by: process.value.identity)
    service.updateDoor()
    // Another thread of the process may let go meanwhile, and then nobody else keeps the service.
    Services.retain(service)
    defer { Services.release(service) }
    while !isSilent(service) {
      if case .module(let module, _) = service.value.server { module.inside.value.watch() }
      let reason = kernel.scheduler.block(.waitingForReply, on: service.queues.drainers)
      guard service.value.queues.holder == process.value.identity else { throw .cancelled }
      if reason == .cancelled {
        letGo(service)
        throw .cancelled
      }
    }
  }

  private static func isSilent(_ service: Reference<Service>) -> Bool {
    if case .module(let module, _) = service.value.server, module.threadsInside > 0 { return false }
    return service.value.queues.inside == 0
  }

  static func release(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.queues.holder == process.value.identity else { throw .notPermitted }
    letGo(service)
  }

  /// Every caller that was held sends its request again, to whoever serves now.
  private static func letGo(_ service: Reference<Service>) {
    service.value.predecessor = .nobody
    service.queues.letGo(CallWaits.self)
    service.updateDoor()
    Services.forgetIfUnused(service)
  }

  /// A successor has published the name: the server before it has nothing more to do.
  static func retire(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.queues.holder == process.value.identity else { throw .notPermitted }
    Services.retirePredecessor(of: service)
  }

  /// A process that holds services ends: their calls go on. A move that had not come to `retire` has not happened, since the
  /// successor may lack what its predecessor has acknowledged.
  static func holderEnded(_ process: Reference<Process>) {
    for index in 0..<ServiceTable.capacity {
      guard let service = Services.entry(index), service.value.queues.holder == process.value.identity else {
        continue
      }
      switch service.value.predecessor {
      case .nobody: break
      case .process, .module: Services.serverIsGone(service)
      }
      letGo(service)
    }
  }
}
