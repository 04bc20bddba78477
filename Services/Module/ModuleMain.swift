// The module side of a service: the functions that its manifest names. The build compiles this file together with each
// service; Services/Server has the same part for programs. The service itself is the same source in both.

import ModuleInterface
import ModuleSupport
import ServiceSupport

/// The service while the module lives.
private nonisolated(unsafe) var host: ServiceHost<PlacedService>?

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
  return answer(message) { request in
    host?.handle(&request)
    return 0
  }
}
