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

  func killCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1, words.count < 4, let task = words[1].number, task != 0 else {
      return reportUsage()
    }
    guard let status = words.count == 3 ? words[2].number : 137 else { return reportUsage() }
    do throws(SystemError) {
      try TaskIdentity(task).kill(status: status)
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
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

  func topCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let seconds = words.count > 1 ? words[1].number : 5 else { return reportUsage() }
    var before = TaskTree()
    for _ in 0..<seconds {
      Thread.sleep(milliseconds: 1000)
      let now = TaskTree()
      Console.write("\u{1b}[2J\u{1b}[HTASK   SHARE  NAME\n")
      now.writeShares(since: before)
      before = now
    }
    return 0
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
    case nil: "?"
    }
  }

  /// Writes what share of the processor each task had since `earlier`, leaving out those that had none.
  func writeShares(since earlier: TaskTree) {
    let elapsed = max(time &- earlier.time, 1)
    for index in tasks.indices {
      let used = tasks[index].nanoseconds.value &- earlier.nanoseconds(of: tasks[index].task)
      let perMille = min(used / 1000 * 1000 / max(elapsed / 1000, 1), 1000)
      guard perMille > 0 else { continue }
      Console.write {
        $0.write(decimal: UInt64(tasks[index].task), width: 4)
        $0.write(decimal: perMille / 10, width: 5)
        $0.write(".")
        $0.write(decimal: perMille % 10)
        $0.write("%  ")
        $0.write(tasks[index].name)
        $0.write("\n")
      }
    }
  }

  private func nanoseconds(of task: UInt32) -> UInt64 {
    for index in tasks.indices where tasks[index].task == task { return tasks[index].nanoseconds.value }
    return 0
  }
}
