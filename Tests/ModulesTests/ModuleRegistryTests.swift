import Modules
import Primitives
import TestSupport
import Testing

@Suite struct ModuleRegistryTests {
  /// Takes a place in `registry` for a module of this name, and makes it live.
  static func add(_ name: String, to registry: inout ModuleRegistry, live: Bool = true) throws -> ModuleNumber {
    let version = try #require(shortText("1"))
    let module = try registry.begin(name: try #require(shortText(name)), version: version)
    if live { try registry.finishLoading(module) }
    return module
  }

  /// The words of the error that `body` throws.
  static func words(
    _ registry: inout ModuleRegistry, _ body: (inout ModuleRegistry) throws(RegistryError) -> Void
  ) -> String {
    var text = TextCollector()
    do {
      try body(&registry)
    } catch {
      error.describe(to: &text, registry: registry)
    }
    return text.text
  }

  @Test func aModuleLivesFromLoadingToUnloading() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry, live: false)
    #expect(registry.entry(module)?.state == .loading)
    #expect(throws: RegistryError.notReady(module, .loading)) { try registry.enter(module) }
    #expect(throws: RegistryError.notReady(module, .loading)) { try registry.beginUnloading(module) }
    try registry.finishLoading(module)
    try registry.enter(module)
    #expect(registry.threadsInside(module) == 1)
    let isTold = registry.leave(module)
    #expect(!isTold)
    try registry.beginUnloading(module)
    #expect(registry.entry(module)?.state == .stopping)
    #expect(throws: RegistryError.notReady(module, .stopping)) { try registry.enter(module) }
    try registry.finishUnloading(module)
    #expect(registry.entry(module) == nil)
    #expect(throws: RegistryError.gone) { try registry.enter(module) }
  }

  @Test("B28: the same module twice is refused") func twice() throws {
    var registry = ModuleRegistry()
    _ = try Self.add("demo", to: &registry)
    let name = try #require(shortText("demo"))
    let text = Self.words(&registry) { registry throws(RegistryError) in
      _ = try registry.begin(name: name, version: name)
    }
    #expect(text == "module demo is loaded already")
  }

  @Test("B23: a module whose start fails leaves its place") func abandoned() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry, live: false)
    try registry.abandon(module)
    #expect(registry.entry(module) == nil)
    let again = try Self.add("demo", to: &registry)
    #expect(again.slot == module.slot && again != module)
    #expect(throws: RegistryError.notReady(again, .live)) { try registry.abandon(again) }
  }

  @Test("B24: a failed module takes no calls and can be removed") func failed() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry)
    try registry.enter(module)
    registry.fail(module)
    #expect(registry.entry(module)?.state == .failed && registry.entry(module)?.faults == 1)
    #expect(throws: RegistryError.threadsInside(module, count: 1)) { try registry.beginUnloading(module) }
    let isTold = registry.leave(module)
    #expect(!isTold)
    #expect(throws: RegistryError.notReady(module, .failed)) { try registry.enter(module) }
    try registry.beginUnloading(module)
    try registry.finishUnloading(module)
    #expect(try Self.add("demo", to: &registry) != module)
  }

  @Test("B25: a module with threads inside stays, and says how many") func threadsInside() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry)
    try registry.enter(module)
    try registry.enter(module)
    let text = Self.words(&registry) { registry throws(RegistryError) in try registry.beginUnloading(module) }
    #expect(text == "module demo has 2 threads inside")
    #expect(registry.entry(module)?.state == .live)
    try registry.beginDraining(module)
    #expect(throws: RegistryError.notReady(module, .stopping)) { try registry.enter(module) }
    var drained = registry.isDrained(module)
    #expect(!drained)
    #expect(throws: RegistryError.threadsInside(module, count: 2)) { try registry.finishUnloading(module) }
    registry.inside(slot: module.slot).value.watch()
    #expect(registry.threadsInside(module) == 2)
    // The last one tells those who wait, once.
    let tells = [registry.leave(module), registry.leave(module)]
    #expect(tells == [false, true])
    let isToldAgain = registry.inside(slot: module.slot).value.takeDrained()
    #expect(!isToldAgain)
    drained = registry.isDrained(module)
    #expect(drained)
    try registry.finishUnloading(module)
  }

  @Test("B26: a module that others use stays, and names them") func usedBy() throws {
    var registry = ModuleRegistry()
    let sound = try Self.add("sound", to: &registry)
    let beep = try Self.add("beep", to: &registry, live: false)
    let tune = try Self.add("tune", to: &registry, live: false)
    try registry.addUse(by: beep, of: sound)
    try registry.addUse(by: tune, of: sound)
    let text = Self.words(&registry) { registry throws(RegistryError) in try registry.beginDraining(sound) }
    #expect(text == "module sound is used by beep, tune")
    try registry.abandon(beep)
    try registry.abandon(tune)
    try registry.beginUnloading(sound)
  }

  @Test func aCycleIsRefusedWithItsWay() throws {
    var registry = ModuleRegistry()
    let names = ["a", "b", "c", "d"]
    let modules = try names.map { try Self.add($0, to: &registry, live: false) }
    try registry.addUse(by: modules[0], of: modules[3])
    try registry.addUse(by: modules[0], of: modules[1])
    try registry.addUse(by: modules[1], of: modules[2])
    let text = Self.words(&registry) { registry throws(RegistryError) in
      try registry.addUse(by: modules[2], of: modules[0])
    }
    #expect(text == "modules need each other in a circle: c -> a -> b -> c")
    let own = Self.words(&registry) { registry throws(RegistryError) in
      try registry.addUse(by: modules[3], of: modules[3])
    }
    #expect(own == "modules need each other in a circle: d -> d")
    try registry.addUse(by: modules[2], of: modules[3])
  }

  @Test func aCycleThroughAll64ModulesIsFound() throws {
    var registry = ModuleRegistry()
    var modules: [ModuleNumber] = []
    for index in 0..<64 { modules.append(try Self.add("m\(index)", to: &registry, live: false)) }
    for index in 0..<63 { try registry.addUse(by: modules[index], of: modules[index + 1]) }
    do {
      try registry.addUse(by: modules[63], of: modules[0])
      Issue.record("a cycle of 64 modules was accepted")
    } catch {
      guard case .cycle(let cycle) = error else { throw error }
      #expect(cycle.count == 65)
      #expect(cycle[0] == 63 && cycle[1] == 0 && cycle[64] == 63)
    }
    let name = try #require(shortText("m64"))
    #expect(throws: RegistryError.full) { _ = try registry.begin(name: name, version: name) }
  }

  @Test func aFailedModuleCannotBeUsedByNewOnes() throws {
    var registry = ModuleRegistry()
    let sound = try Self.add("sound", to: &registry)
    registry.fail(sound)
    let beep = try Self.add("beep", to: &registry, live: false)
    #expect(throws: RegistryError.notReady(sound, .failed)) { try registry.addUse(by: beep, of: sound) }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func randomUsesNeverMakeACycle(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var registry = ModuleRegistry()
    var modules: [ModuleNumber] = []
    for index in 0..<16 { modules.append(try Self.add("m\(index)", to: &registry, live: false)) }
    var uses = [Set<Int>](repeating: [], count: 16)
    func reaches(_ from: Int, _ to: Int) -> Bool {
      from == to || uses[from].contains { reaches($0, to) }
    }
    for _ in 0..<200 {
      let user = Int.random(in: 0..<16, using: &generator)
      let used = Int.random(in: 0..<16, using: &generator)
      let isCycle = reaches(used, user)
      do {
        try registry.addUse(by: modules[user], of: modules[used])
        #expect(!isCycle, "seed \(seed)")
        uses[user].insert(used)
      } catch {
        guard case .cycle(let cycle) = error else { throw error }
        #expect(isCycle, "seed \(seed)")
        #expect(cycle[0] == user && cycle[1] == used && cycle[cycle.count - 1] == user)
        for step in 1..<cycle.count - 1 { #expect(uses[cycle[step]].contains(cycle[step + 1])) }
      }
    }
  }

  @Test("B27: 1,000 loads and unloads leave the registry as it was") func manyLoads() throws {
    var registry = ModuleRegistry()
    var last: ModuleNumber?
    for _ in 0..<1000 {
      let module = try Self.add("demo", to: &registry)
      #expect(module.slot == 0 && module != last)
      try registry.beginUnloading(module)
      try registry.finishUnloading(module)
      last = module
    }
    #expect(registry.module(inSlot: 0) == nil)
  }
}
