// `kill --job TASK`: ends a task's job, with all that is in it and in the jobs inside it: also what has no parent any more, and what
// is started meanwhile.

import ABI
import Primitives
import SDK

struct JobEnding {
  /// The job and those inside it.
  private var jobs: [UInt32]

  /// How often tasks are looked for: what runs besides may have started more of them.
  private static var rounds: Int { 16 }

  static func command(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 2, words.count < 5, let task = words[2].number, task != 0,
      let status = words.count == 4 ? words[3].number : 137
    else { return Builtin.kill.reportUsage() }
    do throws(SystemError) {
      let job = try TaskIdentity(task).information().job
      guard let ending = try JobEnding(job) else {
        return Builtin.kill.reportFailure("the system cannot do without this job")
      }
      return ending.run(status: status)
    } catch {
      return Builtin.kill.reportFailure(error.sentence)
    }
  }

  /// Nil where the job is reserved.
  private init?(_ number: UInt32) throws(SystemError) {
    jobs = [number]
    var last: UInt32 = 0
    var pairs: [(job: UInt32, parent: UInt32)] = []
    while let job = try Machine.job(after: last) {
      last = job.job
      if job.job == number, job.isReserved != 0 { return nil }
      pairs.append((job.job, job.parent))
    }
    var index = 0
    while index < jobs.count {
      for pair in pairs where pair.parent == jobs[index] { jobs.append(pair.job) }
      index += 1
    }
  }

  private func run(status: UInt32) -> Int32 {
    for _ in 0..<Self.rounds {
      var hasFound = false
      var task = TaskIdentity(0)
      while let next = task.next {
        task = next
        guard let information = try? next.information(), information.isThread == 0, information.addressSpace != 0,
          jobs.contains(information.job)
        else { continue }
        hasFound = true
        do throws(SystemError) { try next.kill(status: status) } catch {
          // It may have ended by itself meanwhile.
          if error != .noSuchTask { return Builtin.kill.reportFailure(error.sentence) }
        }
      }
      if !hasFound { return 0 }
      // Those that were told to end do so before this goes on.
      Thread.sleep(milliseconds: 1)
    }
    return Builtin.kill.reportFailure("more tasks were started than could be ended")
  }
}
