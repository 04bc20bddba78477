// Waiting for programs, and what runs in the background or is stopped.
//
// Invariant: the end of every child is taken, and told once.

import ABI
import Primitives
import SDK

extension MeghaSystem {
  /// Waits for children in the foreground, which are one command. Returns the status of the last; 0 where there are none.
  ///
  /// - Parameter text: what the command is called as a job, where Ctrl-Z makes it one; nil: it does not.
  mutating func wait(for tasks: [TaskIdentity], as text: [UInt8]? = nil) -> Int32 {
    var status: Int32 = 0
    do throws(SystemError) {
      let outcomes = try TypedInput.isReading ? watch(tasks, as: text) : []
      if hasStopped { return Self.stopped }
      for (index, task) in tasks.enumerated() {
        // A shell that reads nothing itself leaves the console to what it waits for.
        if outcomes.isEmpty { try? task.giveInput() }
        let outcome = try index < outcomes.count ? outcomes[index] : task.wait()
        status = hasInterrupted ? Self.interrupted : outcome.shellStatus
        if case .exited = outcome { continue }
        if hasInterrupted {
          status = Self.interrupted
        } else if index + 1 == tasks.count || status != Self.nobodyReads {
          Self.reportEnd(task, outcome)
        }
      }
      return status
    } catch {
      return report(Bytes("wait"), error.sentence)
    }
  }

  /// The status of a program whose output nobody reads any more.
  private static var nobodyReads: Int32 { 141 }
  /// The status of what Ctrl-C has ended, and of what Ctrl-Z has stopped.
  static var interrupted: Int32 { 130 }
  static var stopped: Int32 { 148 }

  /// Waits until all have ended, and ends them where Ctrl-C is typed. Where Ctrl-Z is, those that are left become a job.
  private mutating func watch(
    _ tasks: [TaskIdentity], as text: [UInt8]?
  ) throws(SystemError) -> [Outcome] {
    // A job of its own reads what is typed while it is in the foreground.
    if let first = tasks.first { try? TypedInput.terminal?.give(to: first) }
    defer { TypedInput.takeForeground() }
    var outcomes: [Outcome] = []
    // Ctrl-C was told to programs that may go on.
    var isTold = false
    while outcomes.count < tasks.count {
      if let outcome = try tasks[outcomes.count].outcomeIfEnded() {
        outcomes.append(outcome)
        if isTold, case .killed = outcome { hasInterrupted = true }
        continue
      }
      let running = tasks[outcomes.count...]
      let typed = TypedInput.takeInterrupt()
      if !typed.isEmpty {
        Console.complain("^C\n")
        for task in running {
          if ProcessTree(of: task).interrupt(typed, status: UInt32(Self.interrupted)) {
            isTold = true
          } else {
            hasInterrupted = true
          }
        }
      } else if TypedInput.takeStop(), let text {
        stop([TaskIdentity](running), as: text)
        return outcomes
      }
      TypedInput.wait(orChildren: true)
    }
    return outcomes
  }

  /// What is in the foreground becomes a job that is stopped.
  private mutating func stop(_ tasks: [TaskIdentity], as text: [UInt8]) {
    hasStopped = true
    for task in tasks { ProcessTree.stop(task) }
    let job = jobs.add(
      task: tasks[tasks.count - 1].number, others: tasks.dropLast().map { $0.number }, isStopped: true, text: text)
    Console.complain("^Z\n")
    Self.tell(job, " stopped: ")
  }

  private static func tell(_ job: Job, _ what: StaticString) {
    Console.write {
      $0.write("[")
      $0.write(decimal: job.number)
      $0.write("] task ")
      $0.write(decimal: job.task)
      $0.write(what)
      $0.write(job.text)
      $0.write("\n")
    }
  }

  /// Lets a job go on.
  private mutating func goOn(_ job: Job) {
    guard job.isStopped else { return }
    jobs.goOn(task: job.task)
    for task in job.tasks { ProcessTree(of: TaskIdentity(task)).goOn() }
  }

  /// Ends what is stopped, for good.
  mutating func endStoppedJobs() {
    for job in jobs.jobs where job.isStopped {
      for task in job.tasks { ProcessTree(of: TaskIdentity(task)).kill(status: 137) }
    }
  }

  /// Says how a task ended.
  private static func reportEnd(_ task: TaskIdentity, _ outcome: Outcome) {
    Console.write {
      $0.write("shell: task ")
      $0.write(decimal: task.number)
      $0.write(" ")
      outcome.describe(to: &$0)
      $0.write("\n")
    }
  }

  /// Takes the outcomes of jobs that have ended, and tells them.
  mutating func collectJobs() {
    while let ended = try? TaskIdentity.waitForAnyChild(.noWait) { tellEnd(ended.task, ended.outcome) }
  }

  private mutating func tellEnd(_ task: TaskIdentity, _ outcome: Outcome) {
    var ending = ByteWriter()
    outcome.describe(to: &ending)
    switch jobs.end(task.number, ending.bytes) {
    case .none: Self.reportEnd(task, outcome)
    case .part: break
    case .whole(let job, let ending):
      Console.write {
        $0.write("[")
        $0.write(decimal: job.number)
        $0.write("] task ")
        $0.write(decimal: job.task)
        $0.write(" ")
        $0.write(ending)
        $0.write(": ")
        $0.write(job.text)
        $0.write("\n")
      }
    }
  }

  // MARK: Commands

  mutating func jobsCommand() -> Int32 {
    collectJobs()
    Console.write { jobs.write(to: &$0) }
    return 0
  }

  private func find(_ word: Bytes, _ builtin: Builtin) -> Job? {
    do throws(JobMistake) { return try jobs.find(word.copied) } catch {
      _ = builtin.reportFailure(error.sentence)
      return nil
    }
  }

  mutating func foregroundCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count < 3 else { return Builtin.fg.reportUsage() }
    collectJobs()
    guard let job = find(words.count == 2 ? words[1] : Bytes("%"), .fg) else { return 1 }
    Console.write {
      $0.write(job.text)
      $0.write("\n")
    }
    goOn(job)
    _ = jobs.remove(task: job.task)
    return wait(for: job.tasks.map { TaskIdentity($0) }, as: job.text)
  }

  mutating func backgroundCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count < 3 else { return Builtin.bg.reportUsage() }
    collectJobs()
    guard let job = find(words.count == 2 ? words[1] : Bytes("%"), .bg) else { return 1 }
    guard job.isStopped else { return Builtin.bg.reportFailure("the job runs already") }
    goOn(job)
    Self.tell(job, " runs: ")
    return 0
  }

  /// Waits for all jobs that run, or for those that are named; the status is the last one's.
  mutating func waitCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else {
      while let job = jobs.jobs.first(where: { !$0.isStopped }), !TypedInput.isInterrupted { _ = waitTelling(job) }
      return 0
    }
    var status: Int32 = 0
    for index in 1..<words.count {
      guard let job = find(words[index], .wait) else { return 127 }
      guard !job.isStopped else { return Builtin.wait.reportFailure("the job is stopped; fg or bg lets it go on") }
      status = waitTelling(job)
    }
    return status
  }

  private mutating func waitTelling(_ job: Job) -> Int32 {
    let task = TaskIdentity(job.task)
    do throws(SystemError) {
      while true {
        if let outcome = try TypedInput.isReading ? task.outcomeIfEnded() : task.wait() {
          tellEnd(task, outcome)
          return outcome.shellStatus
        }
        if TypedInput.isInterrupted { return 130 }
        TypedInput.wait(orChildren: true)
      }
    } catch {
      _ = jobs.remove(task: job.task)
      return report(Bytes("wait"), error.sentence)
    }
  }

  mutating func killCommand(_ words: borrowing CommandWords) -> Int32 {
    if words.count > 1, words[1] == "--job" { return JobEnding.command(words) }
    guard words.count > 1, words.count < 4 else { return Builtin.kill.reportUsage() }
    guard let status = words.count == 3 ? words[2].number : 137 else { return Builtin.kill.reportUsage() }
    if words[1].hasPrefix("%") {
      guard let job = find(words[1], .kill) else { return 1 }
      for task in job.tasks { ProcessTree(of: TaskIdentity(task)).kill(status: status) }
      return 0
    }
    guard let task = words[1].number, task != 0 else { return Builtin.kill.reportUsage() }
    do throws(SystemError) {
      try TaskIdentity(task).kill(status: status)
      return 0
    } catch {
      return Builtin.kill.reportFailure(error.sentence)
    }
  }
}

/// A process and those that it has started, as they were at one time.
struct ProcessTree {
  private let root: TaskIdentity
  private var tasks: [TaskInformation] = []

  init(of root: TaskIdentity) {
    self.root = root
    var task = TaskIdentity(0)
    while let next = task.next {
      if let information = try? next.information() { tasks.append(information) }
      task = next
    }
  }

  /// The processes, each after its parent.
  private var processes: [UInt32] {
    var found = [root.number]
    var index = 0
    while index < found.count {
      for task in tasks where task.isThread == 0 && task.parent == found[index] && !found.contains(task.task) {
        found.append(task.task)
      }
      index += 1
    }
    return found
  }

  /// Stops a process and all that it has started, and starts meanwhile.
  static func stop(_ root: TaskIdentity) {
    var stopped: [UInt32] = []
    while true {
      let others = ProcessTree(of: root).processes.filter { !stopped.contains($0) }
      if others.isEmpty { return }
      for process in others {
        try? TaskIdentity(process).stop()
        stopped.append(process)
      }
    }
  }

  func goOn() {
    for process in processes { try? TaskIdentity(process).goOn() }
  }

  /// Ends all but those whose personality is told of Ctrl-C, and says what it is to them. Returns whether that goes for all of them.
  func interrupt(_ typed: TerminalSignals, status: UInt32) -> Bool {
    // Nobody keeps itself from Ctrl-\, and from the end of the terminal.
    guard typed == .interrupt else {
      kill(status: status)
      return false
    }
    var areTold = true
    for process in processes where (try? TaskIdentity(process).tell(.interrupt)) == nil {
      try? TaskIdentity(process).kill(status: status)
      areTold = false
    }
    return areTold
  }

  func kill(status: UInt32) {
    for process in processes {
      // It may have ended by itself meanwhile.
      try? TaskIdentity(process).kill(status: status)
    }
  }
}
