// The service manager: starts, stops and moves services, and starts a crashed one again.
//
// It is a service itself, "manager": the shell's command `service` calls it. Its first thread answers those calls; a
// second one waits for the servers, which are children of this process; a third one looks after linked services, and
// starts again what ended without being told to.

import ABI
import Primitives
import SDK
import ServiceSupport

@main struct Manager: Program {
  static func run() -> Int32 {
    do throws(SystemError) {
      var server = try ServiceServer("manager")
      _ = try Thread.start { () -> Int32 in
        while true { watchServers() }
      }
      _ = try Thread.start { () -> Int32 in
        while true { Recovery.work() }
      }
      while true {
        try server.answerNext { request in ManagerCommand.answer(&request) }
      }
    } catch {
      Console.write {
        $0.write("manager: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }

  /// Waits for the next server that ends.
  private static func watchServers() {
    do throws(SystemError) {
      let ended = try TaskIdentity.waitForAnyChild()
      Servers.ended(ended.task, ended.outcome)
    } catch {
      // No server runs as a process now.
      Servers.processStarted.take()
    }
  }
}
