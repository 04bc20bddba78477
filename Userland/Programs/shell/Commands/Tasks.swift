// The commands that show and change tasks.

import ABI
import Primitives
import SDK

extension Builtin {
  func psCommand() -> Int32 {
    Console.write("TASK  PARENT  RING  KIND     STACK     STATE     PRIORITY  TIME/ms  PAGES  NAME\n")
    TaskTree().write()
    return 0
  }

  func niceCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 3, let priority = words[1].number, let task = words[2].number, task != 0 else {
      return reportUsage()
    }
    do throws(SystemError) {
      try TaskIdentity(task).setPriority(priority)
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }

  /// Ends with a key, after as many seconds as were said, or with `--once` after one picture.
  func topCommand(_ words: borrowing CommandWords) -> Int32 {
    let isOnce = words.count == 2 && words[1] == "--once"
    guard words.count < 3, isOnce || words.count == 1 || words[1].number != nil else { return reportUsage() }
    // Where nobody can type a key it ends by itself.
    var left = words.count == 2 && !isOnce ? words[1].number ?? 0 : TypedInput.isReading ? .max : 5
    if isOnce { left = 1 }
    var before = TaskTree()
    TypedInput.withKeys {
      while left > 0 {
        if TypedInput.isReading, !isOnce {
          if TypedInput.waitForByte(within: 1_000_000_000) != nil || TypedInput.isInterrupted { break }
        } else {
          Thread.sleep(milliseconds: isOnce ? 200 : 1000)
        }
        let now = TaskTree()
        if !isOnce { Console.write("\u{1b}[2J\u{1b}[H") }
        now.writeShares(since: before)
        before = now
        left -= 1
      }
    }
    return 0
  }

  func uptimeCommand() -> Int32 {
    let seconds = Clock.sinceBoot / 1_000_000_000
    Console.write {
      $0.write("up ")
      if seconds >= 86400 {
        $0.write(decimal: seconds / 86400)
        $0.write(seconds / 86400 == 1 ? " day, " : " days, ")
      }
      Self.writeTwoDigits(seconds / 3600 % 24, to: &$0)
      $0.write(":")
      Self.writeTwoDigits(seconds / 60 % 60, to: &$0)
      $0.write(":")
      Self.writeTwoDigits(seconds % 60, to: &$0)
      $0.write("\n")
    }
    return 0
  }

  private static func writeTwoDigits(_ number: UInt64, to output: inout ConsoleLine) {
    if number < 10 { output.write("0") }
    output.write(decimal: number)
  }
}

/// A picture of all tasks at one time.
struct TaskTree {
  private var tasks: [TaskInformation] = []
  private let time = Clock.sinceBoot

  init() {
    var task = TaskIdentity(0)
    while let next = task.next {
      // A task may end between the two calls; it is left out then.
      if let information = try? next.information() { tasks.append(information) }
      task = next
    }
  }

  /// Writes one line for each task: every process, its threads, then its child processes, indented.
  func write() {
    for index in tasks.indices where tasks[index].isThread == 0 && !hasParent(tasks[index]) {
      writeProcess(tasks[index], depth: 0)
    }
  }

  private func hasParent(_ process: TaskInformation) -> Bool {
    for index in tasks.indices where tasks[index].task == process.parent { return process.parent != 0 }
    return false
  }

  private func writeProcess(_ process: TaskInformation, depth: Int) {
    writeLine(process, depth: depth)
    for index in tasks.indices where tasks[index].isThread == 1 && tasks[index].process == process.process {
      writeLine(tasks[index], depth: depth + 1)
    }
    for index in tasks.indices where tasks[index].isThread == 0 && tasks[index].parent == process.task {
      writeProcess(tasks[index], depth: depth + 1)
    }
  }

  private func writeLine(_ task: TaskInformation, depth: Int) {
    Console.write {
      $0.write(decimal: UInt64(task.task), width: 4)
      $0.write(decimal: UInt64(task.parent), width: 8)
      $0.write(decimal: UInt64(task.ring), width: 6)
      $0.write("  ")
      $0.write(task.isThread == 1 ? "thread" : "process", width: 9)
      $0.write(stackDiscipline(task), width: 10)
      $0.write(stateName(task.state), width: 8)
      $0.write(decimal: UInt64(task.priority), width: 10)
      $0.write(decimal: task.nanoseconds.value / 1_000_000, width: 9)
      $0.write(decimal: UInt64(task.pages), width: 7)
      $0.write("  ")
      $0.pad(2 * depth)
      $0.write(task.name)
      $0.write("\n")
    }
  }

  private func stackDiscipline(_ task: TaskInformation) -> StaticString {
    if task.flags.contains(.guarded) { return task.flags.contains(.sharedStack) ? "shared,g" : "guarded" }
    return task.flags.contains(.sharedStack) ? "shared" : "separate"
  }

  private func stateName(_ state: UInt32) -> StaticString {
    switch TaskState(rawValue: state) {
    case .ready: "ready"
    case .running: "running"
    case .sleeping: "sleep"
    case .waitingForTask: "task"
    case .waitingForInput: "input"
    case .waitingForWord: "word"
    case .waitingForMessage: "message"
    case .waitingForReply: "reply"
    case .ended: "ended"
    case .waitingForEvent: "event"
    case .waitingForLock: "lock"
    case .waitingForNotification: "signal"
    case .waitingForPipe: "pipe"
    case .stopped: "stopped"
    case nil: "?"
    }
  }

  /// Writes what share of the processor each task had since `earlier`, those that had the most first, and what it is.
  func writeShares(since earlier: TaskTree) {
    let elapsed = max(time &- earlier.time, 1)
    var shares: [(perMille: UInt64, index: Int)] = []
    for index in tasks.indices {
      let used = tasks[index].nanoseconds.value &- earlier.nanoseconds(of: tasks[index].task)
      shares.append((min(used / 1000 * 1000 / max(elapsed / 1000, 1), 1000), index))
    }
    shares.sort { $0.perMille != $1.perMille ? $0.perMille > $1.perMille : $0.index < $1.index }
    Console.write("TASK   SHARE  RING  KIND     STATE    PRIORITY  MEMORY/KiB  NAME\n")
    for (perMille, index) in shares.prefix(Self.rows) {
      let task = tasks[index]
      Console.write {
        $0.write(decimal: UInt64(task.task), width: 4)
        $0.write(decimal: perMille / 10, width: 5)
        $0.write(".")
        $0.write(decimal: perMille % 10)
        $0.write("%")
        $0.write(decimal: UInt64(task.ring), width: 6)
        $0.write("  ")
        $0.write(task.isThread == 1 ? "thread" : "process", width: 9)
        $0.write(stateName(task.state), width: 8)
        $0.write(decimal: UInt64(task.priority), width: 9)
        $0.write(decimal: UInt64(task.pages) * 4, width: 12)
        $0.write("  ")
        $0.write(task.name)
        $0.write("\n")
      }
    }
  }

  /// As many as a screen shows.
  private static var rows: Int { 22 }

  private func nanoseconds(of task: UInt32) -> UInt64 {
    for index in tasks.indices where tasks[index].task == task { return tasks[index].nanoseconds.value }
    return 0
  }
}
