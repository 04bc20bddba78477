// The shell that comes by the attention key (Control-Alt-Space, or on a serial line a break or Control-] twice), whatever else runs.
//
// Invariants: the thread that waits for the key, and the shell, are more urgent than all that nobody gave as much; both are reserved,
// so that they have the last pages and tasks. There is one such shell at a time: the next key ends the one before.

import ABI
import Primitives
import SDK

enum AttentionShell {
  private static var priority: UInt32 { 31 }

  /// Starts the thread that waits for the key.
  static func start() {
    var options = StartOptions()
    options.priority = priority
    do throws(SystemError) { _ = try Thread.start(options, body: serve) } catch {
      Console.write {
        $0.write("init: nobody waits for the attention key: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
    }
  }

  private static func serve() -> Int32 {
    var shell: TaskIdentity?
    while true {
      let pressed: UInt64
      do throws(SystemError) {
        let microseconds = try Machine.waitForAttention()
        pressed = (Clock.sinceBoot / 1000 - UInt64(microseconds)) / 1000
      } catch { return 1 }
      // It may have ended by itself.
      if let shell { try? shell.kill(status: 1) }
      shell = startShell(pressed)
    }
  }

  /// - Parameter pressed: when the key was pressed, in milliseconds since boot.
  private static func startShell(_ pressed: UInt64) -> TaskIdentity? {
    var arguments = WordList()
    arguments.append(Init.shell)
    arguments.append("--attention")
    var number = ByteWriter()
    number.write(decimal: pressed)
    arguments.append(number.bytes)
    var options = StartOptions()
    options.priority = priority
    do throws(Refusal) {
      let shell = try Process.start(Bytes(Init.shell), arguments: arguments, options: options)
      try? shell.giveInput()
      return shell
    } catch {
      Console.write {
        $0.write("init: the attention key: ")
        $0.write(Init.shell)
        $0.write(" was not started: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return nil
    }
  }
}
