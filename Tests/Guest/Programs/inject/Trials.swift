// Mutants of programs and servers, and how each is started and watched to its end. Those of modules are in ModuleTrial.swift.
//
// Invariant: when a trial is over, nothing of its mutant runs any more.

import ABI
import Primitives
import SDK

struct Trials {
  /// How long a mutant may take, in nanoseconds. A right one of the generated takes a tenth of that.
  private static var patience: UInt64 { 2_000_000 }
  /// How long a server may take to answer one call, and how many calls it gets.
  private static var callPatience: UInt64 { 2_000_000 }
  private static var calls: UInt32 { 3 }
  /// What no mutant gets: to stop the machine, to end others, or to start what has more rights than itself.
  private static var droppedRights: Rights { Rights.all.subtracting(.services) }

  private let options: CampaignOptions
  private var victim = Victim(file: [], starts: [])
  /// The name that the victim serves.
  private var service: StaticString = GeneratedProgram.serviceName
  private var victimNumber: UInt32 = .max
  private var isGenerated = true
  /// What becomes of the victim with nothing wrong in it.
  private var expected = TrialOutcome.ended(status: 0)
  /// The number of a generated program that did not end by itself although nothing was wrong with it.
  private(set) var wrongVictim: UInt32?
  private var mutant: [UInt8] = []
  private var module = ModuleTrial()
  /// The number of the kind of mutation in hand.
  private(set) var mutationNumber: UInt8 = 0

  /// A module with a mistake in it could not be taken out again.
  var isLeftBehind: Bool { module.isLeftBehind }

  init(_ options: CampaignOptions) { self.options = options }

  /// Runs some programs that nothing is wrong with.
  mutating func warmUp() {
    for number in 0..<4 as Range<UInt32> { choose(options.first / Campaign.mutantsOfOne + number) }
  }

  /// Makes mutant number `index`.
  mutating func prepare(_ index: UInt32) {
    choose(index / Campaign.mutantsOfOne)
    var random = SeededRandom(seed: options.seed, stream: 0x8000_0000 | index)
    if options.kind == .module {
      mutationNumber = module.mutate(random: &random)
      return
    }
    mutant = victim.file
    let mutation = Mutation.apply(to: &mutant, starts: victim.starts, random: &random)
    mutationNumber = mutation?.kind.rawValue ?? 0
  }

  /// Starts the mutant and stays with it to its end.
  mutating func run() -> TrialOutcome {
    options.kind == .module ? module.run(unchanged: false) : runProgram().judged(against: expected)
  }

  /// Makes program number `number` the one that mutants are made of.
  private mutating func choose(_ number: UInt32) {
    guard number != victimNumber else { return }
    victimNumber = number
    var random = SeededRandom(seed: options.seed, stream: number)
    defer { runVictim() }
    if options.kind == .module {
      module.choose(random: &random)
      isGenerated = module.isGenerated
      return
    }
    // One of four is a program of the tree.
    if random.oneIn(4), let program = TreeProgram.choose(isServer: options.kind == .server, random: &random) {
      victim = program.victim
      service = program.service
      isGenerated = false
    } else {
      isGenerated = true
      victim = GeneratedProgram.make(random: random, isServer: options.kind == .server)
      service = GeneratedProgram.serviceName
    }
  }

  // MARK: Running

  /// Runs the victim as it is.
  private mutating func runVictim() {
    mutant = victim.file
    expected = options.kind == .module ? module.run(unchanged: true) : runProgram()
    if case .ended = expected { return }
    // A program of the tree may have its reasons.
    if isGenerated { wrongVictim = victimNumber }
  }

  private func runProgram() -> TrialOutcome {
    var start = StartOptions(flags: options.kind.flags)
    start.priority = Campaign.priority
    start.droppedRights = Self.droppedRights
    let task: TaskIdentity
    do throws(Refusal) {
      var arguments = WordList()
      arguments.append("mutant")
      task = try Process.start(image: mutant, name: Bytes("mutant"), arguments: arguments, options: start)
    } catch { return .refused }
    do throws(SystemError) {
      if options.kind == .server { return try call(task) }
      return TrialOutcome(try end(of: task, within: Self.patience))
    } catch { return .failedCall(error: 0) }
  }

  /// Waits for the end of a task for so long, and then ends it.
  private func end(of task: TaskIdentity, within time: UInt64) throws(SystemError) -> Outcome {
    let limit = Clock.sinceBoot + time
    while true {
      if let outcome = try task.outcomeIfEnded() { return outcome }
      let now = Clock.sinceBoot
      if now >= limit { break }
      _ = try Events.next(.childEnded, within: limit - now)
    }
    try task.kill(status: 137)
    return try task.wait()
  }

  /// Calls a server until it has answered some calls, or does not.
  private func call(_ task: TaskIdentity) throws(SystemError) -> TrialOutcome {
    try waitForService(of: task)
    var failure: SystemError?
    do throws(SystemError) {
      let client = try ServiceClient(service)
      defer { client.close() }
      // Some operations of `frail` are failures on purpose.
      let operations = Bytes(service) == "frail" ? 1 : Self.calls
      for turn in 0..<Self.calls {
        let number = turn % operations
        var reply: [UInt8] = []
        let words = InlineArray<6, UInt32>(repeating: number)
        _ = try client.call(number, words: words, reply: &reply, capacity: 64, nanoseconds: Self.callPatience)
      }
    } catch {
      // A number that a generated server replies with may be the one that stands for an unknown operation.
      if error != .unsupported { failure = error }
    }
    if let outcome = try task.outcomeIfEnded() {
      if case .exited = outcome, let failure { return TrialOutcome(failed: failure) }
      return TrialOutcome(outcome)
    }
    try task.kill(status: 0)
    let outcome = try task.wait()
    if case .killed = outcome { return failure.map { TrialOutcome(failed: $0) } ?? .ended(status: 0) }
    return TrialOutcome(outcome)
  }
}

extension Trials {
  /// How often is looked whether a server has published its name, in nanoseconds.
  private static var lookInterval: UInt64 { 50_000 }

  /// Waits until the server has published its name, or ended, or taken too long.
  private func waitForService(of task: TaskIdentity) throws(SystemError) {
    let limit = Clock.sinceBoot + Self.callPatience
    while Clock.sinceBoot < limit {
      if let information = ServiceList.find(Bytes(service)), information.owner == task.number { return }
      _ = try Events.next(.timer, within: Self.lookInterval)
    }
  }
}

/// Programs of the tree that mutants are made of: small ones that end soon.
enum TreeProgram {
  private static var programs: [StaticString] {
    ["/bin/null", "/bin/hello", "/bin/args", "/bin/rights"]
  }

  static func choose(
    isServer: Bool, random: inout SeededRandom
  ) -> (victim: Victim, service: StaticString)? {
    var path = programs[Int(random.below(UInt32(programs.count)))]
    var service: StaticString = ""
    if isServer {
      switch random.below(3) {
      case 0: (path, service) = ("/lib/services/echo", "echo")
      case 1: (path, service) = ("/lib/services/frail", "frail")
      default: (path, service) = ("/lib/services/store", "store")
      }
    }
    guard let file = try? File(Bytes(path)).contents(), let code = ElfCode.range(of: file) else { return nil }
    let starts = instructionStarts(of: file, from: code.lowerBound, to: code.upperBound)
    return (Victim(file: file, starts: starts), service)
  }
}
