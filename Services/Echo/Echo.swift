// The service that gives back what it gets. It has no state; tests and the bench use it.

import ServiceSupport

struct Echo: Service {
  static var name: StaticString { "echo" }

  /// Any operation: the reply's words and bytes are the request's.
  mutating func handle(_ request: inout Request) {
    request.reply = request.words
    request.writeData()
  }
}

typealias PlacedService = Echo
