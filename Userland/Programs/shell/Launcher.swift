// Starts programs and waits for them.

import ABI
import Primitives
import SDK

struct Launcher: ~Copyable {
  private let words: WordList
  private let isBackground: Bool
  private var options = StartOptions()

  init(words: borrowing CommandWords, from first: Int = 0, isBackground: Bool = false) {
    self.words = words.list(from: first)
    self.isBackground = isBackground
  }

  /// `run [--ring0] [--stack separate|shared] [--guarded] [--guard-heap] [--priority N] PROGRAM [WORD...]`
  static func run(_ words: borrowing CommandWords) -> Int32 {
    var options = StartOptions()
    var index = 1
    while index < words.count, words[index].hasPrefix("--") {
      let option = words[index]
      let value = index + 1 < words.count ? words[index + 1] : Bytes("")
      if option == "--ring0" {
        options.flags.insert(.ring0)
      } else if option == "--guarded" {
        options.flags.formUnion([.ring0, .guarded])
      } else if option == "--guard-heap" {
        options.guardsHeap = true
      } else if option == "--stack", value == "shared" {
        options.flags.formUnion([.ring0, .sharedStack])
        index += 1
      } else if option == "--stack", value == "separate" {
        index += 1
      } else if option == "--priority", let priority = value.number, priority >= 1, priority <= 31 {
        options.priority = priority
        index += 1
      } else {
        return Builtin.run.reportUsage()
      }
      index += 1
    }
    guard index < words.count else { return Builtin.run.reportUsage() }
    var launcher = Launcher(words: words, from: index)
    launcher.options = options
    return launcher.run()
  }

  /// `sandbox PROGRAM [WORD...]`
  static func sandbox(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else { return Builtin.sandbox.reportUsage() }
    var launcher = Launcher(words: words, from: 1)
    launcher.options.droppedRights = .all
    return launcher.run()
  }

  /// Starts the program and, unless it runs in the background, waits for it. Returns its status; 127 where there is
  /// no such program, 126 where it could not be started.
  func run() -> Int32 {
    words.withWord(0) { name in
      do throws(Refusal) {
        let task = try Process.start(named: name, arguments: words, options: options)
        if isBackground {
          Console.write {
            $0.write("[task ")
            $0.write(decimal: task.number)
            $0.write("]\n")
          }
          return 0
        }
        return Self.wait(for: task)
      } catch {
        if error.error == .notFound {
          return report(name, "there is no such command or program", status: 127)
        }
        Console.write {
          $0.write("shell: ")
          $0.write(name)
          $0.write(" was not started: ")
          error.describe(to: &$0)
          $0.write("\n")
        }
        return 126
      }
    }
  }

  private static func wait(for task: TaskIdentity) -> Int32 {
    do throws(SystemError) {
      let outcome = try task.wait()
      if case .exited = outcome { return outcome.shellStatus }
      reportEnd(task, outcome)
      return outcome.shellStatus
    } catch {
      return report(Bytes("wait"), error.sentence)
    }
  }

  /// Says how a task ended.
  static func reportEnd(_ task: TaskIdentity, _ outcome: Outcome) {
    Console.write {
      $0.write("shell: task ")
      $0.write(decimal: task.number)
      $0.write(" ")
      outcome.describe(to: &$0)
      $0.write("\n")
    }
  }
}
