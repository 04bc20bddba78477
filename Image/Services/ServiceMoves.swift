// Moving a service from one placement to another while clients keep calling: the manager holds the calls, takes the
// state from the old server, starts the new one, gives it the state, retires the old one and lets the calls go on.
//
// Invariant: between hold and release only the holder's own calls reach a server, so no request is lost or done twice.

import ABI
import Primitives
import Tasks

enum ServiceMoves {
  /// Keeps calls of others waiting, and waits until those inside are answered.
  static func hold(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.holder == .none else { throw .busy }
    service.value.holder = process.value.identity
    while !isSilent(service) {
      let reason = Scheduler.block(.waitingForReply, on: reference(to: &service.value.drainers))
      if reason == .cancelled {
        letGo(service)
        throw .cancelled
      }
    }
  }

  private static func isSilent(_ service: Reference<Service>) -> Bool {
    if case .module(let module, _) = service.value.server, module.threadsInside > 0 { return false }
    return service.value.awaiting.isEmpty
  }

  static func release(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.holder == process.value.identity else { throw .notPermitted }
    letGo(service)
  }

  /// Every caller that was held sends its request again, to whoever serves now.
  private static func letGo(_ service: Reference<Service>) {
    service.value.holder = .none
    Services.retirePredecessor(of: service)
    while let caller = service.value.callers.first {
      caller.value.call.value.result = CallRecord.retry
      Scheduler.wake(caller)
    }
  }

  /// A successor has published the name: the server before it has nothing more to do.
  static func retire(_ service: Reference<Service>, by process: Reference<Process>) throws(SystemError) {
    guard service.value.holder == process.value.identity else { throw .notPermitted }
    Services.retirePredecessor(of: service)
  }

  /// A process that holds services ends: their calls go on.
  static func holderEnded(_ process: Reference<Process>) {
    var index = 0
    while let service = Services.service(at: index) {
      if service.value.holder == process.value.identity { letGo(service) }
      index += 1
    }
  }
}

extension Services {
  /// The service whose answer a task waits for.
  static func service(awaitedBy caller: Reference<Task>) -> Reference<Service>? {
    var index = 0
    while let service = self.service(at: index) {
      if caller.value.queue == reference(to: &service.value.awaiting) { return service }
      index += 1
    }
    return nil
  }
}
