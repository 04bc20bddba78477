// What runs in the background or is stopped, by number.
//
// Invariants: numbers begin at 1, and a new job has the lowest number above all that are there; a job leaves the table
// when its end has been told, once, or when it is waited for as a command.

import Primitives
import SDK

struct Job: Equatable {
  let number: Int
  /// The identity of its process, of several between pipes the last one's.
  let task: UInt32
  /// Those before it, in the order of the pipes.
  private(set) var others: [UInt32]
  /// How the last one ended, as the rest of a sentence, where others have not yet.
  fileprivate var ending: [UInt8]?
  fileprivate(set) var isStopped: Bool
  /// As it was typed; of several lines the first.
  let text: [UInt8]

  init(number: Int, task: UInt32, others: [UInt32] = [], isStopped: Bool = false, text: [UInt8]) {
    self.number = number
    self.task = task
    self.others = others
    self.isStopped = isStopped
    let line = [UInt8](text.prefix { $0 != 0x0a })
    self.text = line.count < text.count ? line + StaticText(" ...").bytes : line
  }

  /// Those that have not ended, in the order of the pipes.
  var tasks: [UInt32] { ending == nil ? others + [task] : others }

  /// One of its processes has ended. Returns false where it has no such one.
  fileprivate mutating func end(_ ended: UInt32, _ ending: [UInt8]) -> Bool {
    if ended == task {
      self.ending = ending
      return true
    }
    guard let index = others.firstIndex(of: ended) else { return false }
    others.remove(at: index)
    return true
  }
}

/// What the end of a process means.
enum JobEnd: Equatable {
  /// It is no job's.
  case none
  /// Others of its job have not ended.
  case part
  /// How its last process ended is told.
  case whole(Job, ending: [UInt8])
}

enum JobMistake: Error, Equatable {
  case none
  case noSuchJob
  case notOne

  var sentence: StaticString {
    switch self {
    case .none: "nothing runs in the background or is stopped"
    case .noSuchJob: "there is no such job"
    case .notOne: "more than one job begins like this"
    }
  }
}

struct JobTable {
  /// Oldest first.
  private(set) var jobs: [Job] = []

  @discardableResult
  mutating func add(task: UInt32, others: [UInt32] = [], isStopped: Bool = false, text: [UInt8]) -> Job {
    let number = (jobs.last?.number ?? 0) + 1
    let job = Job(number: number, task: task, others: others, isStopped: isStopped, text: text)
    jobs.append(job)
    return job
  }

  /// A process has ended: of a job whose last one that is, the job is taken out.
  ///
  /// - Parameter ending: how, as the rest of a sentence.
  mutating func end(_ task: UInt32, _ ending: [UInt8]) -> JobEnd {
    for index in jobs.indices where jobs[index].end(task, ending) {
      guard let ending = jobs[index].ending, jobs[index].others.isEmpty else { return .part }
      return .whole(jobs.remove(at: index), ending: ending)
    }
    return .none
  }

  /// The job of this task goes on.
  mutating func goOn(task: UInt32) {
    for index in jobs.indices where jobs[index].task == task { jobs[index].isStopped = false }
  }

  /// Takes the job of this task out; nil: there is none.
  mutating func remove(task: UInt32) -> Job? {
    guard let index = jobs.firstIndex(where: { $0.task == task }) else { return nil }
    return jobs.remove(at: index)
  }

  /// The job that a word names: `%2`, `%` and `%+` for the latest, `%-` for the one before, `%TEXT` for the one that
  /// begins with it; or a task's number.
  func find(_ word: [UInt8]) throws(JobMistake) -> Job {
    guard !jobs.isEmpty else { throw .none }
    guard word.first == 0x25 else {
      guard let task = Self.number(word), let job = jobs.first(where: { $0.task == task }) else { throw .noSuchJob }
      return job
    }
    let name = [UInt8](word.dropFirst())
    if name.isEmpty || name == [0x2b] || name == [0x25] { return jobs[jobs.count - 1] }
    if name == [0x2d] { return jobs[max(jobs.count - 2, 0)] }
    if let number = Self.number(name) {
      guard let job = jobs.first(where: { $0.number == Int(number) }) else { throw .noSuchJob }
      return job
    }
    let found = jobs.filter { $0.text.starts(with: name) }
    guard let job = found.first else { throw .noSuchJob }
    guard found.count == 1 else { throw .notOne }
    return job
  }

  private static func number(_ word: [UInt8]) -> UInt32? {
    guard let number = try? Arithmetic.number(word) else { return nil }
    return UInt32(exactly: number)
  }

  /// Writes a line for each: number, which are the latest two, task, text.
  func write(to output: inout some TextOutput) {
    for (index, job) in jobs.enumerated() {
      output.write("[")
      output.write(decimal: job.number)
      output.write(index == jobs.count - 1 ? "]+ task " : index == jobs.count - 2 ? "]- task " : "]  task ")
      output.write(decimal: job.task)
      output.write(job.isStopped ? " is stopped: " : " runs: ")
      output.write(job.text)
      output.write("\n")
    }
  }
}
