// The system as the manager sees it, in a model: names, servers that serve, are held, retired and restored as the kernel does it,
// and that crash wherever the test lets them.

import ABI
import SDK
import TestSupport

@testable import Management

final class ModelSystem: @unchecked Sendable {
  /// A process that serves or is about to, or a module.
  final class Instance {
    let name: [UInt8]
    let server: Server
    let rights: Rights
    /// Dead processes and modules that were taken out are not in the list of instances.
    var hasFailed = false
    var publishes: UInt64
    /// What its clients would miss.
    var value = 0
    /// Of the manager that there is.
    var isChild = true

    init(_ name: [UInt8], _ server: Server, _ rights: Rights, publishes: UInt64) {
      self.name = name
      self.server = server
      self.rights = rights
      self.publishes = publishes
    }
  }

  struct Service {
    var server: Instance?
    var predecessor: Instance?
    var isHeld = false
    var isNamed = false
  }

  let schedule: SeededSchedule
  var book = ServiceBook()
  var services: [[UInt8]: Service] = [:]
  var instances: [Instance] = []
  var needs: [[UInt8]: [[UInt8]]]
  var starts: [(name: [UInt8], time: UInt64)] = []
  var news: [ServiceNews] = []

  /// One in so many turns crashes a server; 0: none.
  var crashOdds = 0
  /// One in so many starts fails; 0: none.
  var failureOdds = 0
  var ignoresSave: Set<[UInt8]> = []
  var isNeverSilent: Set<[UInt8]> = []
  var crashesAtOnce: Set<[UInt8]> = []
  /// Called at each turn with its number.
  var atTurn: ((Int) -> Void)?
  private(set) var turns = 0
  private var latestTask: UInt32 = 1

  init(seed: UInt64, needs: [String: String]) {
    schedule = SeededSchedule(seed: seed)
    self.needs = [:]
    for (name, needed) in needs { self.needs[Array(name.utf8)] = ServiceOrder.names(in: Array(needed.utf8)) }
  }

  func turn() {
    schedule.turn()
    turns += 1
    atTurn?(turns)
    advance()
    guard crashOdds > 0, Int.random(in: 0..<crashOdds, using: &schedule.random) == 0 else { return }
    if let victim = instances.filter({ !$0.hasFailed }).randomElement(using: &schedule.random) { crash(victim) }
  }

  /// What happens by itself: processes publish their names, and those whose term is over end.
  private func advance() {
    for instance in instances where instance.publishes <= schedule.now {
      instance.publishes = .max
      publish(instance)
    }
  }

  private func publish(_ instance: Instance) {
    var service = services[instance.name] ?? Service()
    if service.server != nil {
      guard service.isHeld, service.predecessor == nil, instance.isChild else { return remove(instance) }
      service.predecessor = service.server
    }
    guard !service.isHeld || instance.isChild else { return remove(instance) }
    service.server = instance
    services[instance.name] = service
    if crashesAtOnce.contains(instance.name) { crash(instance) }
  }

  func crash(_ instance: Instance) {
    if instance.server.placement == .linked { instance.hasFailed = true } else { remove(instance) }
  }

  func remove(_ instance: Instance) {
    instances.removeAll { $0 === instance }
    guard var service = services[instance.name] else { return }
    if service.server === instance {
      service.server = service.predecessor
      service.predecessor = nil
    } else if service.predecessor === instance {
      service.predecessor = nil
    }
    services[instance.name] = service
  }

  /// The manager ends: what it holds goes on, and its children are those of the first process.
  func managerEnds() {
    for (name, service) in services where service.isHeld {
      if let predecessor = service.predecessor, let server = service.server {
        services[name]?.server = predecessor
        services[name]?.predecessor = nil
        if server.server.placement != .linked { remove(server) }
      }
      services[name]?.isHeld = false
    }
    for name in services.keys { services[name]?.isNamed = false }
    for instance in instances {
      instance.isChild = false
      // One that was about to publish its name does so under the next manager, or finds it taken and ends.
      let isServing = services[instance.name]?.server === instance
      if !isServing, instance.server.placement != .linked { instance.publishes = schedule.now + 1 }
      // The next manager takes modules out that serve nobody.
      if !isServing, instance.server.placement == .linked { remove(instance) }
    }
    book = ServiceBook()
  }

  func instance(_ server: Server, _ name: [UInt8]) -> Instance? {
    instances.last { $0.server == server && $0.name == name }
  }

  fileprivate func add(_ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights) -> Server {
    latestTask += 1
    let server = Server(placement: placement, task: placement == .linked ? 0 : latestTask)
    let delay = placement == .linked ? 0 : UInt64.random(in: 0...5, using: &schedule.random)
    let instance = Instance(name, server, rights, publishes: schedule.now + delay)
    instances.append(instance)
    starts.append((name, schedule.now))
    advance()
    return server
  }
}

struct ModelWorld: ServiceWorld {
  let system: ModelSystem

  func withBook<Result>(_ body: (inout ServiceBook) -> Result) -> Result { body(&system.book) }
  var milliseconds: UInt64 { system.schedule.now }
  func pause() {
    system.schedule.sleep(milliseconds: 1)
    system.turn()
  }
  func wakeRecovery() {}
  func tell(_ news: ServiceNews, of name: [UInt8]) { system.news.append(news) }

  func needs(of name: [UInt8]) -> [[UInt8]]? { system.needs[name] }

  func start(
    _ name: [UInt8], _ placement: ServicePlacement, _ rights: Rights
  ) throws(ManagerRefusal) -> Server {
    system.turn()
    if system.failureOdds > 0, Int.random(in: 0..<system.failureOdds, using: &system.schedule.random) == 0 {
      throw ManagerRefusal("no memory")
    }
    if placement == .linked, system.instance(Server(placement: .linked, task: 0), name) != nil {
      throw ManagerRefusal("it is loaded")
    }
    return system.add(name, placement, rights)
  }

  func removeLeftModule(_ name: [UInt8]) throws(ManagerRefusal) {
    system.turn()
    guard let left = system.instance(Server(placement: .linked, task: 0), name),
      left.hasFailed || system.services[name]?.server !== left
    else { return }
    system.remove(left)
  }

  func end(_ server: Server, of name: [UInt8]) throws(ManagerRefusal) {
    system.turn()
    if let instance = system.instance(server, name) { system.remove(instance) }
  }

  func state(of server: Server, for name: [UInt8]) -> ServerState {
    system.turn()
    guard let instance = system.instance(server, name), !instance.hasFailed else { return .gone }
    return system.services[name]?.server === instance ? .serving : .starting
  }

  func isEndTold(of server: Server) -> Bool { server.placement != .linked }

  func adoptable(_ name: [UInt8]) -> (server: Server, rights: Rights)? {
    system.turn()
    guard let instance = system.services[name]?.server, !instance.hasFailed else { return nil }
    return (instance.server, instance.rights)
  }

  func isServed(_ name: [UInt8]) -> Bool { system.services[name]?.server != nil }

  func hold(_ name: [UInt8]) throws(ManagerRefusal) {
    system.turn()
    guard let service = system.services[name], service.server != nil || service.isNamed else {
      throw ManagerRefusal("no such service")
    }
    guard !service.isHeld else { throw ManagerRefusal("held by another") }
    if system.isNeverSilent.contains(name) {
      system.schedule.sleep(milliseconds: 5000)
      throw ManagerRefusal("its calls do not come to an end")
    }
    system.services[name]?.isHeld = true
  }

  func release(_ name: [UInt8]) throws(ManagerRefusal) {
    system.turn()
    guard system.services[name]?.isHeld == true else { throw ManagerRefusal("not held") }
    system.services[name]?.isHeld = false
    retirePredecessor(name)
  }

  func retire(_ name: [UInt8]) throws(ManagerRefusal) {
    system.turn()
    guard system.services[name]?.isHeld == true else { throw ManagerRefusal("not held") }
    retirePredecessor(name)
  }

  private func retirePredecessor(_ name: [UInt8]) {
    guard let old = system.services[name]?.predecessor else { return }
    system.services[name]?.predecessor = nil
    if old.server.placement != .linked { system.remove(old) }
  }

  func save(_ name: [UInt8], of server: Server) throws(ManagerRefusal) -> [UInt8] {
    system.turn()
    if system.ignoresSave.contains(name) {
      system.schedule.sleep(milliseconds: 2000)
      throw ManagerRefusal("it does not say what it knows")
    }
    guard let service = system.services[name], let instance = service.server, !instance.hasFailed else {
      throw ManagerRefusal("it is gone")
    }
    guard service.isHeld else { throw ManagerRefusal("only for who holds it") }
    return Array("\(instance.value)".utf8)
  }

  func restore(_ name: [UInt8], _ state: [UInt8], to server: Server) throws(ManagerRefusal) {
    system.turn()
    guard let instance = system.services[name]?.server, !instance.hasFailed, instance.server == server else {
      throw ManagerRefusal("it is gone")
    }
    guard system.services[name]?.isHeld == true else { throw ManagerRefusal("only for who holds it") }
    instance.value = Int(String(decoding: state, as: UTF8.self))!
  }

  func keepName(_ name: [UInt8], _ isKept: Bool) {
    // Only a name that there is can be kept.
    let isThere = system.services[name].map { $0.server != nil || $0.isNamed } ?? false
    system.services[name]?.isNamed = isKept && isThere
  }
}
