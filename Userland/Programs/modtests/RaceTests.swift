// Several tasks at one module: it is used, called, taken out and loaded again by others while its start or stop function
// sleeps, and those who do it are killed.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

enum RaceTests {
  /// What ModuleInformation says of a module in the middle of its life.
  private enum State {
    static var live: UInt32 { 1 }
    static var stopping: UInt32 { 2 }
    static var starting: UInt32 { 4 }
    static var draining: UInt32 { 5 }
  }

  private static var tenantPath: StaticString { "/lib/modules/tenant.so" }
  private static var tenant: StaticString { "tenant" }

  /// How often each race is run: the first time makes this program's own heap as large as it gets.
  private static func leavesNothing(_ body: () -> Bool) -> Bool {
    var before: UInt32 = 0
    for _ in 0..<2 {
      before = Lab.freePages()
      guard body() else { return false }
    }
    return Modules.information(0) == nil && Lab.freePages() == before
  }

  /// A thread that loads or unloads; its exit status is 0 where that went well, else the error.
  private static func thread(_ body: @escaping () -> Refusal?) -> Thread? {
    try? Thread.start { body().map { -$0.error.rawValue } ?? 0 }
  }

  private static func waitUntil(_ state: UInt32) { while Lab.information()?.state != state { Thread.yield() } }

  private static func status(of thread: Thread?) -> Int32? {
    guard let thread, case .exited(let status) = try? thread.join() else { return nil }
    return status
  }

  /// Whether the refusal is this error and its sentence says why.
  private static func isRefused(_ refusal: Refusal?, _ error: SystemError, _ sentence: StaticString) -> Bool {
    guard let refusal else { return false }
    return refusal.error == error && refusal.explanation == Bytes(sentence).copied
  }

  static func useWhileItStarts() -> Bool {
    leavesNothing {
      let loader = thread { Lab.load(["start_sleep=50", "start_result=-5"]) }
      waitUntil(State.starting)
      let isUseRefused = isRefused(Lab.load(path: tenantPath), .busy, "module lab is starting")
      let isRemovalRefused = isRefused(Lab.unload(), .busy, "module lab is starting")
      let isSecondRefused = isRefused(Lab.load(), .alreadyExists, "module lab is loaded already")
      let isCallRefused = Lab.call(LabOperation.echo.rawValue) == .failure(.peerGone)
      return isUseRefused && isRemovalRefused && isSecondRefused && isCallRefused
        && status(of: loader) == -SystemError.outOfMemory.rawValue && Lab.information() == nil
    }
  }

  static func useAfterItStarted() -> Bool {
    leavesNothing {
      let loader = thread { Lab.load(["start_sleep=50"]) }
      waitUntil(State.live)
      guard status(of: loader) == 0, Lab.load(path: tenantPath) == nil, Lab.call(0, 0, tenant) == .success(42),
        isRefused(Lab.unload(), .busy, "module lab is used by tenant")
      else { return false }
      return Lab.unload(tenant) == nil && Lab.unload() == nil
    }
  }

  static func twoTakeItOutWhileItStops() -> Bool {
    leavesNothing {
      guard Lab.load(["stop_sleep=50"]) == nil else { return false }
      let first = thread { Lab.unload() }
      waitUntil(State.stopping)
      let isSecondRefused = isRefused(Lab.unload(), .busy, "module lab is being taken out")
      let isUseRefused = isRefused(Lab.load(path: tenantPath), .busy, "module lab is being taken out")
      return isSecondRefused && isUseRefused && status(of: first) == 0
    }
  }

  static func twoWaitForACall() -> Bool {
    leavesNothing {
      guard Lab.load() == nil else { return false }
      let call = thread { Lab.call(LabOperation.sleep.rawValue, 50) == .success(0) ? nil : Lab.unload("") }
      while Lab.information()?.threadsInside != 1 { Thread.yield() }
      let first = thread { Lab.unload() }
      waitUntil(State.draining)
      let isSecondRefused = isRefused(Lab.unload(), .busy, "module lab is being taken out")
      return isSecondRefused && status(of: call) == 0 && status(of: first) == 0
    }
  }

  /// Who waits for a call is killed: the module goes on. Then who loads is killed while the start function sleeps: that
  /// returns early and badly, and nothing is left.
  static func killed() -> Bool {
    leavesNothing {
      guard Lab.load() == nil else { return false }
      let call = thread { Lab.call(LabOperation.sleep.rawValue, 50) == .success(0) ? nil : Lab.unload("") }
      while Lab.information()?.threadsInside != 1 { Thread.yield() }
      guard let remover = thread({ Lab.unload() }) else { return false }
      waitUntil(State.draining)
      guard (try? remover.task.kill(status: 9)) != nil, (try? remover.join()) == .killed(status: 9),
        Lab.information()?.state == State.live, Lab.isWorking(), status(of: call) == 0, Lab.unload() == nil
      else { return false }
      guard let loader = thread({ Lab.load(["start_sleep=60000"]) }) else { return false }
      waitUntil(State.starting)
      return (try? loader.task.kill(status: 9)) != nil && (try? loader.join()) == .killed(status: 9)
        && Lab.information() == nil
    }
  }

  /// Threads load, call, take out and kill each other as it comes. Whatever they are told, nothing is left in the end.
  static func storm(_ rounds: UInt32) -> Bool {
    leavesNothing {
      var threads: [Thread] = []
      for index in 0..<4 as Range<UInt32> {
        if let thread = try? Thread.start(body: { storm(rounds, SeededRandom(seed: 16, stream: index)) }) {
          threads.append(thread)
        }
      }
      var random = SeededRandom(seed: 17)
      for thread in threads {
        Thread.sleep(milliseconds: random.below(20))
        if random.oneIn(3) { try? thread.task.kill(status: 9) }
      }
      var isWell = threads.count == 4
      for thread in threads where (try? thread.join()) == nil { isWell = false }
      // What is left of them can be taken out.
      if Modules.information(named: Bytes(tenant)) != nil { isWell = isWell && Lab.unload(tenant) == nil }
      if Lab.information() != nil { isWell = isWell && Lab.unload() == nil }
      return isWell
    }
  }

  private static func storm(_ rounds: UInt32, _ seeded: SeededRandom) -> Int32 {
    var random = seeded
    for _ in 0..<rounds {
      switch random.below(10) {
      case 0: _ = Lab.load(["start_sleep=2", "stop_sleep=1"])
      case 1: _ = Lab.load(["start_sleep=1", "start_result=-5"])
      case 2: _ = Lab.load(["start_sleep=1", "start_fault=0"])
      case 3: _ = Lab.load(["stop_sleep=1", "stop_fault=3"])
      case 4: _ = Lab.load(path: tenantPath)
      case 5: _ = Lab.unload(tenant)
      case 6: _ = Lab.unload(Lab.name, random.oneIn(2) ? .noWait : [])
      case 7: _ = Lab.call(LabOperation.sleep.rawValue, random.below(3))
      case 8: _ = Lab.call(random.oneIn(4) ? Lab.Fault.divide : LabOperation.echo.rawValue)
      default: _ = Lab.call(0, 0, tenant)
      }
    }
    return 0
  }
}
