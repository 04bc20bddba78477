// The rules of the service manager, on a model of the system: commands, crashes and recovery in any order that a seed makes.

import ABI
import SDK
import TestSupport
import Testing

@testable import Management

@Suite struct ManagementTests {
  private let names = ["a", "b", "c"].map { Array($0.utf8) }

  private func system(_ seed: UInt64 = 1, needs: [String: String] = ["a": "", "b": "", "c": ""]) -> ModelSystem {
    ModelSystem(seed: seed, needs: needs)
  }

  /// Runs one body on the model's time. Returns the sentence with which it was refused.
  @discardableResult
  private func run(
    _ system: ModelSystem, _ body: @escaping (ServiceControl<ModelWorld>) throws(ManagerRefusal) -> Void
  ) -> String? {
    let refusal = Box<String?>(nil)
    let work = Box(body)
    system.schedule.run([
      {
        do throws(ManagerRefusal) { try work.value(ServiceControl(world: ModelWorld(system: system))) } catch {
          refusal.value = String(decoding: error.sentence, as: UTF8.self)
        }
      }
    ])
    return refusal.value
  }

  /// Lets recovery work until nothing is left to do, at most for half a minute of the model's time.
  private func settle(_ system: ModelSystem) {
    run(system) { (control) throws(ManagerRefusal) in
      let end = system.schedule.now + 30_000
      while control.recover(), system.schedule.now < end { system.schedule.sleep(milliseconds: 10) }
    }
  }

  private func value(_ system: ModelSystem) -> Int? { system.services[names[0]]?.server?.value }

  // MARK: Whatever happens

  /// Three people give commands, servers crash and starts fail wherever they can: in the end each service that is meant to run has
  /// one server, which serves, and no other has any.
  @Test(arguments: 1...150 as ClosedRange<UInt64>)
  func everyServiceHasOneServerOrNone(seed: UInt64) {
    let system = system(seed, needs: ["a": "", "b": "a", "c": "b a"])
    system.crashOdds = 40
    system.failureOdds = 30
    let remaining = Box(3)
    let commander: @Sendable () -> Void = {
      let control = ServiceControl(world: ModelWorld(system: system))
      for _ in 0..<30 {
        command(control, system)
        system.schedule.sleep(milliseconds: UInt64.random(in: 0...30, using: &system.schedule.random))
      }
      remaining.value -= 1
    }
    let recovery: @Sendable () -> Void = {
      let control = ServiceControl(world: ModelWorld(system: system))
      while remaining.value > 0 {
        _ = control.recover()
        system.schedule.sleep(milliseconds: 10)
      }
    }
    system.schedule.run([commander, commander, commander, recovery])
    system.crashOdds = 0
    system.failureOdds = 0
    settle(system)
    check(system)
    // What is stopped has ended for good.
    run(system) { (control) throws(ManagerRefusal) in for name in names.reversed() { try? control.stop(name, .all) } }
    settle(system)
    #expect(system.instances.isEmpty && system.book.records.isEmpty)
  }

  private func command(_ control: ServiceControl<ModelWorld>, _ system: ModelSystem) {
    let name = names.randomElement(using: &system.schedule.random)!
    let placement = [ServicePlacement.server, .ring0Server, .linked].randomElement(using: &system.schedule.random)!
    do throws(ManagerRefusal) {
      switch Int.random(in: 0..<6, using: &system.schedule.random) {
      case 0, 1: try control.start(name, placement, .all)
      case 2: try control.stop(name, .all)
      case 3: try control.save(name)
      case 4: try control.move(name, placement, .all, withState: true)
      default: try control.move(name, placement, .all, withState: false)
      }
    } catch {}
  }

  private func check(_ system: ModelSystem) {
    for record in system.book.records {
      #expect(!record.isClaimed && record.due == nil)
      #expect(record.server != nil)
    }
    for name in names {
      let instances = system.instances.filter { $0.name == name }
      let record = system.book.find(name)
      #expect(instances.count == (record == nil ? 0 : 1))
      guard let record, let instance = instances.first else { continue }
      #expect(instance.server == record.server && system.services[name]?.server === instance)
      #expect(!instance.hasFailed && system.services[name]?.isHeld == false)
    }
  }

  // MARK: Crashes

  /// One that crashes as soon as it serves starts ever more seldom, also when recovery is woken all the time, and no more after `stop`.
  @Test func oneThatAlwaysCrashesHasOneDelay() {
    let system = system()
    system.crashesAtOnce = [names[0]]
    run(system) { (control) throws(ManagerRefusal) in
      try? control.start(names[0], .server, .all)
      // A start in vain is the command's own; one that served and crashed is started again.
      control.world.withBook { _ = $0.claim(names[0]) }
      system.crashesAtOnce = []
      control.run(names[0], try control.launch(names[0], .server, .all), .all)
      control.giveUp(names[0])
      system.crashesAtOnce = [names[0]]
      system.crash(system.instances[0])
      system.starts = []
      let end = system.schedule.now + 5000
      while system.schedule.now < end {
        _ = control.recover()
        system.schedule.sleep(milliseconds: 1)
      }
      #expect((5...12).contains(system.starts.count), "\(system.starts.count) starts")
      try control.stop(names[0], .all)
      system.starts = []
      while system.schedule.now < end + 5000 {
        _ = control.recover()
        system.schedule.sleep(milliseconds: 1)
      }
      #expect(system.starts.isEmpty)
    }
  }

  /// `start` in the middle of the delay is one start, and the delay is over.
  @Test func aStartInTheDelayIsTheOnlyOne() {
    let system = system()
    run(system) { (control) throws(ManagerRefusal) in
      try control.start(names[0], .server, .all)
      system.crash(system.instances[0])
      _ = control.recover()
      #expect(system.book.isAnyDue)
      system.starts = []
      var refusal: ManagerRefusal?
      do throws(ManagerRefusal) { try control.start(names[0], .linked, .all) } catch { refusal = error }
      #expect(refusal.map { String(decoding: $0.sentence, as: UTF8.self) } == "it runs already")
    }
    settle(system)
    #expect(system.starts.count == 1)
    check(system)
  }

  @Test func whatCannotBeStartedAgainIsGivenUpAndSaid() {
    let system = system()
    run(system) { (control) throws(ManagerRefusal) in
      try control.start(names[0], .server, .all)
      system.crash(system.instances[0])
      system.failureOdds = 1
    }
    settle(system)
    #expect(system.book.records.isEmpty && system.news.count == 1)
  }

  // MARK: Moves

  /// Whoever crashes at whichever step of a move: what was acknowledged is there, unless the old server went before it had said what
  /// it knew.
  @Test(arguments: 1...24 as ClosedRange<Int>, [ServicePlacement.server, .linked])
  func crashesInAMoveLoseNothing(turn: Int, placement: ServicePlacement) {
    for isOld in [false, true] {
      let system = system(UInt64(turn))
      run(system) { (control) throws(ManagerRefusal) in
        try control.start(names[0], placement == .server ? .ring0Server : .server, .all)
      }
      let old = system.instances[0]
      old.value = 7
      let start = system.turns
      var isStateKnown = false
      var isOver = false
      system.atTurn = { [weak system] number in
        guard let system, number == start + turn else { return }
        isStateKnown = system.instances.count > 1
        guard let victim = isOld ? (isStateKnown ? old : nil) : system.instances.first(where: { $0 !== old }) else {
          return
        }
        let service = system.services[names[0]]
        isOver = service?.isHeld == false && service?.server === victim
        system.crash(victim)
      }
      run(system) { (control) throws(ManagerRefusal) in
        try control.move(names[0], placement, .all, withState: true)
      }
      system.atTurn = nil
      settle(system)
      check(system)
      // Once the calls go on it is a crash like any other.
      #expect(value(system) == 7 || isOver, "turn \(turn), old \(isOld)")
    }
  }

  @Test func aServiceThatDoesNotSayWhatItKnowsStaysWhereItIs() {
    let system = system()
    system.ignoresSave = [names[0]]
    run(system) { (control) throws(ManagerRefusal) in try control.start(names[0], .server, .all) }
    let server = system.instances[0]
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.move(names[0], .linked, .all, withState: true) })
        == "it does not say what it knows")
    #expect(system.services[names[0]]?.server === server && system.services[names[0]]?.isHeld == false)
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.save(names[0]) }) == "it does not say what it knows"
    )
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.move(names[0], .linked, .all, withState: false) })
        == nil)
    settle(system)
    check(system)
    #expect(system.book.find(names[0])?.placement == .linked)
  }

  @Test func oneThatNeverAnswersIsReplacedOnlyOnDemand() {
    let system = system()
    system.isNeverSilent = [names[0]]
    run(system) { (control) throws(ManagerRefusal) in try control.start(names[0], .server, .all) }
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.move(names[0], .linked, .all, withState: true) })
        == "its calls do not come to an end")
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.move(names[0], .linked, .all, withState: false) })
        == nil)
    settle(system)
    check(system)
    #expect(system.book.find(names[0])?.placement == .linked)
  }

  /// While one service hangs others are started, moved and stopped.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func aHangIsNobodyElsesAffair(seed: UInt64) {
    let system = system(seed)
    system.ignoresSave = [names[0]]
    run(system) { (control) throws(ManagerRefusal) in try control.start(names[0], .server, .all) }
    let finished = Box<UInt64>(0)
    let start = system.schedule.now
    let hanging: @Sendable () -> Void = {
      try? ServiceControl(world: ModelWorld(system: system)).move(names[0], .linked, .all, withState: true)
    }
    let others: @Sendable () -> Void = {
      let control = ServiceControl(world: ModelWorld(system: system))
      do throws(ManagerRefusal) {
        try control.start(names[1], .server, .all)
        try control.move(names[1], .linked, .all, withState: true)
        try control.stop(names[1], .all)
      } catch { Issue.record("\(String(decoding: error.sentence, as: UTF8.self))") }
      finished.value = system.schedule.now
    }
    system.schedule.run([hanging, others])
    #expect(finished.value < start + 100 && system.schedule.now >= start + 2000)
  }

  // MARK: Rights and takeover

  @Test func nobodyMovesOrStopsWhatNeedsMoreRights() {
    let system = system()
    run(system) { (control) throws(ManagerRefusal) in try control.start(names[0], .linked, .all) }
    let few: Rights = [.services, .ring0]
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.stop(names[0], few) })
        == "whoever asks has not the right \"modules\"")
    #expect(
      run(system, { (control) throws(ManagerRefusal) in try control.move(names[0], .server, few, withState: true) })
        == "whoever asks has not the right \"modules\"")
    check(system)
  }

  /// The manager ends wherever it can in the middle of commands; the next one finds all services, and goes on with them.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func theNextManagerTakesOver(seed: UInt64) {
    let system = system(seed)
    run(system) { (control) throws(ManagerRefusal) in
      for (name, placement) in zip(names, [ServicePlacement.server, .ring0Server, .linked]) {
        try control.start(name, placement, [.services, .ring0, .modules])
      }
    }
    for instance in system.instances { instance.value = 7 }
    let last = system.turns + Int(seed)
    let isOver = Box(false)
    // The model cannot end a thread: from this turn on the old manager's work comes to nothing.
    let snapshot = Box<(instances: [ModelSystem.Instance], services: [[UInt8]: ModelSystem.Service])?>(nil)
    // Of every other manager the journal is lost too.
    var journal: [UInt8] = []
    system.atTurn = { [weak system] number in
      guard let system, number >= last, !isOver.value else { return }
      isOver.value = true
      snapshot.value = (system.instances, system.services)
      if seed % 2 == 0 { journal = ServiceJournal.bytes(of: system.book, limit: 8000) }
    }
    run(system) { (control) throws(ManagerRefusal) in
      for placement in [ServicePlacement.linked, .server, .ring0Server, .linked] {
        for name in names { try? control.move(name, placement, .all, withState: true) }
      }
    }
    system.atTurn = nil
    if let snapshot = snapshot.value { (system.instances, system.services) = snapshot }
    system.managerEnds()
    run(system) { (control) throws(ManagerRefusal) in
      control.takeOver(ServiceJournal.records(in: journal) ?? [], serving: names)
      for name in names {
        let to: ServicePlacement = control.record(name)?.placement == .server ? .linked : .server
        try control.move(name, to, .all, withState: true)
      }
    }
    for name in names { #expect(system.services[name]?.server?.value == 7) }
    let refusal = run(system) { (control) throws(ManagerRefusal) in for name in names { try control.stop(name, .all) } }
    #expect(refusal == nil)
    #expect(system.services.values.allSatisfy { $0.server == nil })
  }

  /// Managers end anywhere while servers crash: with the journals none of the services is forgotten, and each has its kept state or
  /// what it came to since.
  @Test(arguments: 1...120 as ClosedRange<UInt64>)
  func noManagerForgetsAService(seed: UInt64) {
    let system = system(seed, needs: ["a": "", "b": "a", "c": ""])
    run(system) { (control) throws(ManagerRefusal) in
      try control.start(names[1], .server, .all)
      try control.start(names[2], .linked, .all)
      for instance in system.instances { instance.value = 7 }
      for name in names { try control.save(name) }
    }
    system.crashOdds = 12
    for round in 0..<4 as Range<UInt64> {
      let last = system.turns + Int((seed * 7 + round * 13) % 60)
      let snapshot = Box<(instances: [ModelSystem.Instance], services: [[UInt8]: ModelSystem.Service])?>(nil)
      var journal: [UInt8] = []
      system.atTurn = { [weak system] number in
        guard let system, number >= last, snapshot.value == nil else { return }
        snapshot.value = (system.instances, system.services)
        journal = ServiceJournal.bytes(of: system.book, limit: 8000)
        system.crashOdds = 0
      }
      run(system) { (control) throws(ManagerRefusal) in
        while snapshot.value == nil {
          _ = control.recover()
          let name = names.randomElement(using: &system.schedule.random)!
          let placement = [ServicePlacement.server, .ring0Server, .linked].randomElement(
            using: &system.schedule.random)!
          try? control.move(name, placement, .all, withState: true)
          system.schedule.sleep(milliseconds: 10)
        }
      }
      system.atTurn = nil
      if let snapshot = snapshot.value { (system.instances, system.services) = snapshot }
      system.managerEnds()
      run(system) { (control) throws(ManagerRefusal) in
        control.takeOver(ServiceJournal.records(in: journal) ?? [], serving: names)
      }
      system.crashOdds = 12
    }
    system.crashOdds = 0
    settle(system)
    check(system)
    for name in names { #expect(system.services[name]?.server?.value == 7) }
  }
}

private final class Box<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
