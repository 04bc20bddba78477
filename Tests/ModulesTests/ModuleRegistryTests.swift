import Primitives
import TestSupport
import Testing

@testable import Modules

@Suite struct ModuleRegistryTests {
  /// Takes a place in `registry` for a module of this name, and makes it live.
  static func add(_ name: String, to registry: inout ModuleRegistry, live: Bool = true) throws -> ModuleNumber {
    var errand = try begin(name, in: &registry)
    if live { while errand.step != .nothing { registry.advance(&errand, isDone: true) } }
    return errand.module
  }

  static func begin(_ name: String, in registry: inout ModuleRegistry) throws -> ModuleErrand {
    let version = try #require(shortText("1"))
    return try registry.beginLoading(name: try #require(shortText(name)), version: version)
  }

  /// Takes a module out that has nothing to wait for.
  static func remove(_ module: ModuleNumber, from registry: inout ModuleRegistry) throws {
    var errand = try registry.beginUnloading(module, waits: false)
    while errand.step != .nothing { registry.advance(&errand, isDone: true) }
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
    var errand = try Self.begin("demo", in: &registry)
    let module = errand.module
    for (step, state) in [(.link, .loading), (.start, .starting), (.publish, .starting)] as [(ModuleStep, ModuleState)]
    {
      #expect(errand.step == step && registry.state(of: module) == state)
      #expect(throws: RegistryError.notReady(module, state)) { try registry.enter(module) }
      #expect(throws: RegistryError.notReady(module, state)) {
        _ = try registry.beginUnloading(module, waits: true)
      }
      registry.advance(&errand, isDone: true)
    }
    #expect(errand.step == .nothing)
    try registry.enter(module)
    #expect(registry.threadsInside(module) == 1)
    let isTold = registry.leave(module)
    #expect(!isTold)
    errand = try registry.beginUnloading(module, waits: false)
    for step in [.stop(runsFunctions: true), .destroy] as [ModuleStep] {
      #expect(errand.step == step && registry.state(of: module) == .stopping)
      #expect(throws: RegistryError.notReady(module, .stopping)) { try registry.enter(module) }
      #expect(throws: RegistryError.notReady(module, .stopping)) {
        _ = try registry.beginUnloading(module, waits: true)
      }
      registry.advance(&errand, isDone: true)
    }
    #expect(errand.step == .nothing && registry.entry(module) == nil)
    #expect(throws: RegistryError.gone) { try registry.enter(module) }
  }

  @Test("B28: the same module twice is refused") func twice() throws {
    var registry = ModuleRegistry()
    _ = try Self.add("demo", to: &registry)
    let name = try #require(shortText("demo"))
    let text = Self.words(&registry) { registry throws(RegistryError) in
      _ = try registry.beginLoading(name: name, version: name)
    }
    #expect(text == "module demo is loaded already")
  }

  @Test("B23: a module whose start fails leaves its place", arguments: [ModuleStep.link, .start, .publish])
  func abandoned(failing: ModuleStep) throws {
    var registry = ModuleRegistry()
    var errand = try Self.begin("demo", in: &registry)
    let module = errand.module
    var steps: [ModuleStep] = []
    while errand.step != .nothing {
      steps.append(errand.step)
      registry.advance(&errand, isDone: errand.step != failing)
    }
    // One that started well is stopped, too.
    #expect(steps.contains(.stop(runsFunctions: true)) == (failing == .publish))
    #expect(steps.last == .destroy)
    #expect(registry.entry(module) == nil)
    let again = try Self.add("demo", to: &registry)
    #expect(again.slot == module.slot && again != module)
  }

  @Test("B24: a failed module takes no calls and can be removed") func failed() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry)
    try registry.enter(module)
    registry.fail(module)
    #expect(registry.entry(module)?.state == .failed && registry.entry(module)?.faults == 1)
    #expect(throws: RegistryError.threadsInside(module, count: 1)) {
      _ = try registry.beginUnloading(module, waits: false)
    }
    let isTold = registry.leave(module)
    #expect(!isTold)
    #expect(throws: RegistryError.notReady(module, .failed)) { try registry.enter(module) }
    // Nothing more is asked of it.
    let errand = try registry.beginUnloading(module, waits: false)
    #expect(errand.step == .stop(runsFunctions: false))
    var rest = errand
    while rest.step != .nothing { registry.advance(&rest, isDone: true) }
    #expect(try Self.add("demo", to: &registry) != module)
  }

  @Test("B25: a module with threads inside stays, and says how many") func threadsInside() throws {
    var registry = ModuleRegistry()
    let module = try Self.add("demo", to: &registry)
    try registry.enter(module)
    try registry.enter(module)
    let text = Self.words(&registry) { registry throws(RegistryError) in
      _ = try registry.beginUnloading(module, waits: false)
    }
    #expect(text == "module demo has 2 threads inside")
    #expect(registry.entry(module)?.state == .live)
    var errand = try registry.beginUnloading(module, waits: true)
    #expect(errand.step == .wait)
    #expect(throws: RegistryError.notReady(module, .draining)) { try registry.enter(module) }
    let second = Self.words(&registry) { registry throws(RegistryError) in
      _ = try registry.beginUnloading(module, waits: true)
    }
    #expect(second == "module demo is being taken out")
    #expect(registry.threadsInside(module) == 2)
    // The last one tells those who wait, once.
    let tells = [registry.leave(module), registry.leave(module)]
    #expect(tells == [false, true])
    let isToldAgain = registry.inside(slot: module.slot).value.takeDrained()
    #expect(!isToldAgain)
    registry.advance(&errand, isDone: true)
    #expect(errand.step == .stop(runsFunctions: true))
  }

  @Test func whoIsToEndWhileItWaitsLeavesTheModuleAsItWas() throws {
    for hasFailed in [false, true] {
      var registry = ModuleRegistry()
      let module = try Self.add("demo", to: &registry)
      try registry.enter(module)
      var errand = try registry.beginUnloading(module, waits: true)
      if hasFailed { registry.fail(module) }
      registry.advance(&errand, isDone: false)
      #expect(errand.step == .nothing)
      #expect(registry.state(of: module) == (hasFailed ? .failed : .live))
    }
  }

  @Test("B26: a module that others use stays, and names them") func usedBy() throws {
    var registry = ModuleRegistry()
    let sound = try Self.add("sound", to: &registry)
    var beep = try Self.begin("beep", in: &registry)
    var tune = try Self.begin("tune", in: &registry)
    try registry.addUse(by: beep.module, of: sound)
    try registry.addUse(by: tune.module, of: sound)
    let text = Self.words(&registry) { registry throws(RegistryError) in
      _ = try registry.beginUnloading(sound, waits: true)
    }
    #expect(text == "module sound is used by beep, tune")
    for _ in 0..<2 {
      registry.advance(&beep, isDone: false)
      registry.advance(&tune, isDone: false)
    }
    try Self.remove(sound, from: &registry)
  }

  @Test func aModuleThatIsNotReadyCannotBeUsed() throws {
    var registry = ModuleRegistry()
    let a = try Self.begin("a", in: &registry)
    var b = try Self.begin("b", in: &registry)
    func refusal() -> String {
      Self.words(&registry) { registry throws(RegistryError) in try registry.addUse(by: a.module, of: b.module) }
    }
    #expect(refusal() == "module b is loading")
    registry.advance(&b, isDone: true)
    #expect(refusal() == "module b is starting")
    // Nor can it use itself.
    #expect(throws: RegistryError.notReady(a.module, .loading)) { try registry.addUse(by: a.module, of: a.module) }
    registry.advance(&b, isDone: false)
    registry.advance(&b, isDone: true)
    #expect(refusal() == "there is no such module any more")
  }

  @Test func thereArePlacesFor64() throws {
    var registry = ModuleRegistry()
    for index in 0..<64 { _ = try Self.add("m\(index)", to: &registry) }
    #expect(throws: RegistryError.full) { _ = try Self.begin("m64", in: &registry) }
  }

  @Test func aFailedModuleCannotBeUsedByNewOnes() throws {
    var registry = ModuleRegistry()
    let sound = try Self.add("sound", to: &registry)
    registry.fail(sound)
    let beep = try Self.add("beep", to: &registry, live: false)
    #expect(throws: RegistryError.notReady(sound, .failed)) { try registry.addUse(by: beep, of: sound) }
  }

  @Test("B27: 1,000 loads and unloads leave the registry as it was") func manyLoads() throws {
    var registry = ModuleRegistry()
    var last: ModuleNumber?
    for _ in 0..<1000 {
      let module = try Self.add("demo", to: &registry)
      #expect(module.slot == 0 && module != last)
      try Self.remove(module, from: &registry)
      last = module
    }
    #expect(registry.module(inSlot: 0) == nil)
  }
}
