// The module side of a service: the functions that its manifest names. The build compiles this file together with each
// service; Services/Server has the same part for programs. The service itself is the same source in both.

import ModuleInterface
import ModuleSupport
import ServiceSupport

/// The service while the module lives.
private nonisolated(unsafe) var host: ServiceHost<PlacedService>?

/// Whether a request is inside, and how many have been.
private nonisolated(unsafe) var isAnswering = false
private nonisolated(unsafe) var turn: UInt32 = 0

@c(placed_service_start) public func start() -> Int32 {
  host = ServiceHost()
  return 0
}

@c(placed_service_stop) public func stop() {
  host = nil
  PlacedPorts.giveBack()
}

@c(placed_service_handle) public func handle(_ message: UnsafeMutablePointer<service_request>?) -> Int32 {
  guard host != nil else { return ServiceError.notFound }
  if isAnswering {
    let refusal = waitForTurn()
    guard refusal == 0 else { return refusal }
  }
  isAnswering = true
  turn &+= 1
  defer { isAnswering = false }
  return answer(message) { request in
    host?.handle(&request)
    return 0
  }
}

/// A request that waits for a device lets other tasks run, and they may call too: requests come one at a time. One that
/// faulted is in here for ever, until the module is taken out: after a time that no request takes it is not waited for.
@inline(never) private func waitForTurn() -> Int32 {
  var seen = turn
  var milliseconds = 0
  while isAnswering {
    guard Clock.sleep(milliseconds: 1) else { return ServiceError.cancelled }
    milliseconds = seen == turn ? milliseconds + 1 : 0
    seen = turn
    if milliseconds > 10_000 { return ServiceError.busy }
  }
  return 0
}
