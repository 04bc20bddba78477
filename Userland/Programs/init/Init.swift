// The first process. It has no parent, and every process whose parent ended becomes its child.
//
// It starts the service manager, again whenever that ends, and the shell, and another shell whenever the attention key is pressed
// (AttentionShell.swift); takes the outcome of every child that ends; and stops the machine when the first shell ends: with the shell's status, so that a script that ran on the machine has a result on the host.

import ABI
import Primitives
import SDK

@main
struct Init: Program {
  static var shell: StaticString { "/bin/shell" }
  private static var script: StaticString { "/boot/script" }
  /// What a task has that nobody gave another priority.
  private static var programPriority: UInt32 { 16 }

  static func run() -> Int32 {
    var manager = SupervisedManager()
    // Their services start when a path first leads to them.
    mount("/tmp", "files")
    mount("/disk", "ext2")
    // More urgent than those whose calls wait for the next manager.
    try? TaskIdentity.current.setPriority(SupervisedManager.priority)
    var arguments = WordList()
    arguments.append(shell)
    if fileExists(script) {
      arguments.append("--script")
      arguments.append(script)
    }
    do throws(Refusal) {
      var options = StartOptions()
      options.priority = programPriority
      let shell = try Process.start(Bytes(Self.shell), arguments: arguments, options: options)
      try? shell.giveInput()
      AttentionShell.start()
      stopMachine(status(of: shell, &manager))
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

  /// Takes the outcomes of all children until `task` is the one that ended; returns its status.
  private static func status(of task: TaskIdentity, _ manager: inout SupervisedManager) -> Int32 {
    while true {
      do throws(SystemError) {
        let ended = try TaskIdentity.waitForAnyChild()
        if ended.task == task { return ended.outcome.shellStatus }
        if ended.task == manager.task { manager.ended(ended.outcome) }
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

  private static func mount(_ path: StaticString, _ service: StaticString) {
    do throws(SystemError) { try Files.mount(Bytes(path).copied, service: Bytes(service).copied) } catch {
      Console.write {
        $0.write("init: ")
        $0.write(path)
        $0.write(" was not mounted: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
    }
  }

  /// How long file systems may take to be synced, in milliseconds: one whose service hangs does not keep the machine on.
  private static var syncLimit: UInt64 { 20_000 }

  private static func syncFiles() -> Bool {
    let done = Semaphore(0)
    let isSynced = Mutex(false)
    do throws(SystemError) {
      _ = try Thread.start { () -> Int32 in
        if Files.syncAll() { isSynced.withLock { $0 = true } }
        done.give()
        return 0
      }
    } catch { return Files.syncAll() }
    return done.take(nanoseconds: syncLimit * 1_000_000) && isSynced.withLock { $0 }
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
    if !syncFiles() { Console.write("init: a file system was not synced\n") }
    Machine.powerOff(status: status)
    Process.exit(1)
  }
}
