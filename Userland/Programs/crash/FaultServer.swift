// A server that commits a fault instead of answering, and the client that waits for its answer.

import ABI
import Primitives
import SDK
import ServiceSupport

enum FaultServer {
  private static var name: StaticString { "crash" }

  /// As the server: commits the fault at the first request. Where that is legal, the request is answered, and the next one ends it.
  static func run(_ fault: Fault) -> Int32 {
    do throws(SystemError) {
      var server = try ServiceServer(name)
      var isDone = false
      while true {
        try server.answerNext { request in
          if isDone { Process.exit(0) }
          fault.commit()
          request.reply[0] = 1
          isDone = true
        }
      }
    } catch { return 1 }
  }

  /// As the client: a thread that calls the server as soon as that has its name. Its status is 0 where it was answered.
  static func call() throws(SystemError) -> Thread {
    try Thread.start { () -> Int32 in
      for _ in 0..<2000 {
        if let client = try? ServiceClient(name) {
          defer { client.close() }
          guard (try? client.callShort(0)) == 1 else { return 1 }
          _ = try? client.callShort(0)
          return 0
        }
        Thread.sleep(milliseconds: 1)
      }
      return 1
    }
  }
}
