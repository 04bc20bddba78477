// The first process. It has no parent, and every process whose parent ended becomes its child.
//
// It starts the shell, takes the outcome of every child that ends, and stops the machine when the shell ends: with
// the shell's status, so that a script that ran on the machine has a result on the host.

import ABI
import Primitives
import SDK

@main
struct Init: Program {
  private static var shell: StaticString { "/bin/shell" }
  private static var script: StaticString { "/boot/script" }

  static func run() -> Int32 {
    startManager()
    var arguments = WordList()
    arguments.append(shell)
    if fileExists(script) {
      arguments.append("--script")
      arguments.append(script)
    }
    do throws(Refusal) {
      let shell = try Process.start(Bytes(Self.shell), arguments: arguments)
      stopMachine(status(of: shell))
    } catch {
      Console.write {
        $0.write("init: ")
        $0.write(Self.shell)
        $0.write(" was not started: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      stopMachine(127)
    }
  }

  /// Servers answer others: they, and the manager whose priority they get, come before ordinary programs.
  private static var servicePriority: UInt32 { 20 }

  /// Starts the service manager. Without it the system works, but services must be started by hand.
  private static func startManager() {
    let path = Bytes("/bin/manager")
    var arguments = WordList()
    arguments.append(path)
    var options = StartOptions()
    options.priority = servicePriority
    do throws(Refusal) { _ = try Process.start(path, arguments: arguments, options: options) } catch {
      Console.write {
        $0.write("init: the service manager was not started: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
    }
  }

  /// Takes the outcomes of all children until `task` is the one that ended; returns its status.
  private static func status(of task: TaskIdentity) -> Int32 {
    while true {
      do throws(SystemError) {
        let ended = try TaskIdentity.waitForAnyChild()
        if ended.task == task { return ended.outcome.shellStatus }
      } catch {
        Console.write {
          $0.write("init: waiting failed: ")
          $0.write(error.sentence)
          $0.write("\n")
        }
        return 1
      }
    }
  }

  private static func fileExists(_ path: StaticString) -> Bool {
    do throws(SystemError) {
      _ = try File(Bytes(path))
      return true
    } catch {
      return false
    }
  }

  private static func stopMachine(_ status: Int32) -> Never {
    Machine.powerOff(status: status)
    Process.exit(1)
  }
}
