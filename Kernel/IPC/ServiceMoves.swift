// Moving a service from one placement to another while clients keep calling: the manager holds the calls, takes the
// state from the old server, starts the new one, gives it the state, retires the old one and lets the calls go on.
//
// Invariant: between hold and release only the holder's own calls reach a server, so no request is lost or done twice.

import ABI
import Messages
import Modules
import Objects
import Platform
import Primitives
import Scheduling

package struct ServiceMoves {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Keeps calls of others waiting, and waits until those inside are answered.
  package func hold(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard !service.value.queues.isHeld else { throw .busy }
    service.queues.hold(by: process.value.identity)
    if case .module(let server) = service.value.server { context.messages.wakeKept(server, context) }
    service.updateDoor()
    // Another thread of the process may let go meanwhile, and then nobody else keeps the service.
    Services(context).retain(service)
    defer { Services(context).release(service) }
    while !isSilent(service) {
      if case .module(let server) = service.value.server {
        context.messages.inside(server, context).value.watch()
      }
      let reason = context.scheduler.block(.waitingForReply, on: service.queues.drainers)
      guard service.value.queues.holder == process.value.identity else { throw .cancelled }
      if reason == .cancelled {
        resume(service)
        throw .cancelled
      }
    }
  }

  private func isSilent(_ service: Reference<Service>) -> Bool {
    if case .module(let server) = service.value.server, context.messages.inside(server, context).value.count > 0 {
      return false
    }
    return service.value.queues.inside == 0
  }

  package func release(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.queues.holder == process.value.identity else { throw .notPermitted }
    resume(service)
  }

  /// Every caller that was held sends its request again, to whoever serves now.
  private func resume(_ service: Reference<Service>) {
    service.value.predecessor = .nobody
    service.queues.resume(CallWaits(context))
    service.updateDoor()
    Services(context).forgetIfUnused(service)
  }

  /// A successor has published the name: the server before it has nothing more to do.
  package func retire(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.queues.holder == process.value.identity else { throw .notPermitted }
    Services(context).retirePredecessor(of: service)
  }

  /// A process that holds services ends: their calls go on. A move that had not come to `retire` has not happened, since the
  /// successor may lack what its predecessor has acknowledged.
  package func holderEnded(_ process: Reference<Process>) {
    for index in 0..<ServiceTable.capacity {
      guard let service = Services(context).entry(index), service.value.queues.holder == process.value.identity else {
        continue
      }
      switch service.value.predecessor {
      case .nobody: break
      case .process, .module: Services(context).serverIsGone(service)
      }
      resume(service)
    }
  }
}
