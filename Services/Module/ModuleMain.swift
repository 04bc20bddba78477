// The module side of a service: the functions that its manifest names. The build compiles this file together with each
// service; Services/Server has the same part for programs. The service itself is the same source in both.

import ModuleInterface
import ModuleSupport
import ServiceSupport

/// The service while the module lives.
private nonisolated(unsafe) var host: ServiceHost<PlacedService>?

/// Whether a call works for the service, and how many work or wait for that.
private nonisolated(unsafe) var isTaken = false
private nonisolated(unsafe) var inLine: UInt32 = 0

/// The moment that the kernel was told of last.
private nonisolated(unsafe) var wakeMoment: UInt64 = .max

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
  inLine &+= 1
  if inLine > 1 {
    let refusal = waitForTurn()
    guard refusal == 0 else { return refusal }
  }
  isTaken = true
  defer { giveTurn() }
  return answer(message, keeping: { Kept.keep(woken) }) { request in
    host?.handle(&request)
    tellMoment()
    return 0
  }
}

/// The kernel calls it for one of those whose requests are kept, when a line has called or the moment has come.
private func woken() -> Int32 {
  inLine &+= 1
  if inLine > 1 {
    let refusal = waitForTurn()
    guard refusal == 0 else { return refusal }
  }
  isTaken = true
  defer { giveTurn() }
  wakeMoment = .max
  host?.woken()
  tellMoment()
  return 0
}

@inline(__always) private func tellMoment() {
  let moment = host?.nextWake ?? .max
  if moment != wakeMoment {
    wakeMoment = moment
    Kept.wake(at: moment)
  }
}

@inline(__always) private func giveTurn() {
  isTaken = false
  inLine &-= 1
  if inLine != 0 { Turn.wake() }
}

/// A request that waits for a device lets other tasks run, and they may call too: requests come one at a time, in the order in
/// which they came. Who is woken and ends instead wakes the next one.
@inline(never) private func waitForTurn() -> Int32 {
  repeat {
    let refusal = Turn.wait()
    if refusal != 0 {
      inLine &-= 1
      if !isTaken && inLine != 0 { Turn.wake() }
      return refusal
    }
  } while isTaken
  return 0
}
