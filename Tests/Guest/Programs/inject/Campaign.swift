// The run of one machine: mutant after mutant, and in between a look at everything that none of them may have touched.
//
// Invariant: which mutant has which number follows from seed and kind alone, not from where the run began.

import ABI
import Primitives
import SDK

struct Campaign {
  /// How many mutants are made of one program.
  static var mutantsOfOne: UInt32 { 8 }
  /// Of what the campaign starts: less urgent than itself.
  static var priority: UInt32 { 12 }
  /// How many pages may be missing at the end: what the kernel's heap keeps for the next objects of a size.
  private static var tolerance: UInt32 { 16 }
  /// How many looks there are between two walks through all of the kernel's memory, which take long.
  private static var looksBetweenWalks: UInt32 { 8 }
  /// How often tasks that mutants left are told to end: one that is ended may have started another.
  private static var roundsOfEnding: Int { 8 }
  /// How long the canary runs alone before its word counts.
  private static var canaryTime: UInt64 { 400_000 }

  private let options: CampaignOptions
  private var port = HostPort()
  private var canary = TaskIdentity(0)
  private var watch = KernelWatch()
  private var taskCount: UInt32 = 0
  /// The newest task that is no mutant's.
  private var lastTask = TaskIdentity(0)
  private var freePages: UInt32 = 0
  private var looks: UInt32 = 0
  private var tally = Tally()

  init(_ options: CampaignOptions) { self.options = options }

  mutating func run() -> Int32 {
    guard startCanary() else {
      Console.write("inject: the canary could not be started from /extra/inject\n")
      return 2
    }
    var trials = Trials(options)
    // The first are not counted: what stays for good is there after them.
    trials.warmUp()
    rememberAll()
    let began = Clock.sinceBoot
    var first = options.first
    let end = options.first + options.count
    for index in options.first..<end {
      trials.prepare(index)
      port.write("#")
      port.write(decimal: index)
      port.write(",")
      port.write(decimal: UInt32(trials.mutationNumber))
      let outcome = trials.run()
      port.write("=")
      outcome.write(to: &port)
      port.write("\n")
      tally.count(outcome)
      if trials.wrongVictim != nil {
        report("a program that nothing is wrong with", index, index)
        return 1
      }
      if trials.isLeftBehind {
        report("a module that cannot be taken out", index, index)
        return 1
      }
      if index + 1 == end || (index + 1) % options.interval == 0 {
        if let damage = look() {
          report(damage, first, index)
          return 1
        }
        port.write("+")
        port.write(decimal: index)
        port.write("\n")
        first = index + 1
      }
    }
    try? canary.kill(status: 0)
    _ = try? canary.wait()
    port.write(".\n")
    tally.conclude(options, milliseconds: UInt32((Clock.sinceBoot - began) / 1_000_000))
    return 0
  }

  private mutating func startCanary() -> Bool {
    var arguments = WordList()
    arguments.append("canary")
    arguments.append("--canary")
    var start = StartOptions()
    start.priority = Self.priority
    do throws(Refusal) {
      canary = try Process.start(Bytes(Inject.path), arguments: arguments, options: start)
      return true
    } catch { return false }
  }

  // MARK: Looking

  private mutating func rememberAll() {
    _ = canaryLoss()
    watch = KernelWatch()
    taskCount = Self.countTasks()
    lastTask = Self.newestTask()
    freePages = ((try? Machine.memory())?.free ?? 0) + Self.ownPages()
  }

  /// What came to harm; nil where nothing did.
  private mutating func look() -> StaticString? {
    if let loss = canaryLoss() { return loss }
    if let difference = KernelWatch().difference(from: watch) { return difference }
    if Self.countTasks() != taskCount {
      endLeftTasks()
      if Self.countTasks() != taskCount { return "number of tasks" }
    }
    looks += 1
    let walks = looks % Self.looksBetweenWalks == 0 || options.count < Self.looksBetweenWalks * options.interval
    guard let memory = try? Machine.memory(walks ? .check : []) else { return "count of memory" }
    if memory.discrepancies > 0 { return "kernel memory" }
    return memory.free + Self.ownPages() + Self.tolerance < freePages ? "pages missing" : nil
  }

  /// Lets the canary look at all that it has.
  private func canaryLoss() -> StaticString? {
    _ = try? Events.next(.timer, within: Self.canaryTime)
    do throws(SystemError) {
      guard let outcome = try canary.outcomeIfEnded() else { return nil }
      if case .exited(let status) = outcome, let loss = Canary.Loss(rawValue: status) { return loss.name }
      return "another process, which ended"
    } catch { return "another process, which is gone" }
  }

  /// The pages of this process, which may grow.
  private static func ownPages() -> UInt32 {
    var pages: UInt32 = 0
    var address: UInt32 = 0
    while address < AddressLayout.kernelStart, let region = try? Machine.region(of: .current, above: address) {
      pages += region.residentPages
      address = region.start &+ region.length
    }
    return pages
  }

  /// Ends what mutants started and left: a process may outlive the one that started it.
  private func endLeftTasks() {
    for _ in 0..<Self.roundsOfEnding {
      var task = lastTask
      while let next = task.next {
        try? next.kill(status: 137)
        task = next
      }
      if Self.countTasks() == taskCount { return }
      _ = try? Events.next(.timer, within: Self.canaryTime)
    }
  }

  private static func newestTask() -> TaskIdentity {
    var task = TaskIdentity(0)
    while let next = task.next { task = next }
    return task
  }

  private static func countTasks() -> UInt32 {
    var count: UInt32 = 0
    var task = TaskIdentity(0)
    while let next = task.next {
      count += 1
      task = next
    }
    return count
  }

  private mutating func report(_ damage: StaticString, _ first: UInt32, _ last: UInt32) {
    port.write("!")
    port.write(decimal: first)
    port.write(",")
    port.write(decimal: last)
    port.write(",")
    port.write(damage)
    port.write("\n")
    Console.write {
      $0.write("inject: FAIL after mutants ")
      $0.write(decimal: first)
      $0.write(" to ")
      $0.write(decimal: last)
      $0.write(" of seed ")
      $0.write(decimal: options.seed)
      $0.write(": ")
      $0.write(damage)
      $0.write("\n")
    }
  }
}
