// The service manager: starts, stops and moves services, and starts a crashed one again. The rules are in the folder Portable;
// here they meet processes, modules and files.
//
// It is a service itself, "manager": the shell's command `service` calls it. Threads answer those calls, one while there is
// nothing to do, and one more than are at work, so that a command which has to wait delays no other. One waits for
// the servers, which are children of this process, and one starts again what ended without being told to.
//
// Invariant: it may end at any time. Init starts another one, which takes over what runs, and what its predecessor's journal says.

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
        while true { recover() }
      }
      while true { try Workers.answer(&server) }
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
      SystemWorld.ended(ended.task, ended.outcome)
    } catch {
      // No server runs as a process now.
      SystemWorld.processStarted.take()
    }
  }

  /// Recovers what has crashed, and looks every few milliseconds for those whose end nobody tells: linked services, and servers
  /// that a manager before this one had started.
  private static func recover() {
    SystemWorld.pending.take()
    while ManagerCommand.control.recover() { Thread.sleep(milliseconds: 10) }
  }
}

/// The threads that answer.
enum Workers {
  private static var limit: UInt32 { 8 }
  private static let count = Mutex<(all: UInt32, busy: UInt32)>((1, 0))

  static func answer(_ server: inout ServiceServer) throws(SystemError) {
    let first = server
    try server.answerNext { request in
      guard ManagerCommand.isLong(request.operation) else { return ManagerCommand.answer(&request) }
      let isOneMoreWanted = count.withLock { count in
        count.busy += 1
        guard count.busy == count.all, count.all < limit else { return false }
        count.all += 1
        return true
      }
      if isOneMoreWanted { add(to: first) }
      ManagerCommand.answer(&request)
      count.withLock { $0.busy -= 1 }
    }
  }

  private static func add(to first: ServiceServer) {
    do throws(SystemError) {
      _ = try Thread.start(StartOptions(flags: .detached)) { () -> Int32 in
        do throws(SystemError) {
          var server = try first.forThisThread()
          while true { try answer(&server) }
        } catch { return 1 }
      }
    } catch {
      // Those that there are go on, one after the other.
      count.withLock { $0.all -= 1 }
    }
  }
}
