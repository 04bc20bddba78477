// The life of a module: what the task that loads it, or takes it out, does next.
//
// Start and stop functions may sleep, fail and fault, and calls that are waited for take their time; meanwhile other tasks
// load, call and unload. So a task keeps nothing across a wait but its errand, which names the module by its number, and
// asks for the next step after each one. The kernel's own code; Tests/ModulesTests explores every order in which two and
// three tasks take these steps.
//
// Invariants:
// - A module that is loading, starting, draining or stopping has one errand; nobody else begins one with it.
// - An errand that ended has left the module live, failed, or gone, and nothing in between.
// - What a module held is given back once, after the last call of it and the last of its functions came back.

import Primitives

/// What an errand does next.
public enum ModuleStep: Equatable, Sendable {
  /// Bind its names, map and fill its pages.
  case link
  /// Run its initializers and its start function.
  case start
  /// Make its services answer.
  case publish
  /// Wait until the last call has left it, which tells those who wait.
  case wait
  /// Take its services away, and run its stop function and finalizers where it has not failed.
  case stop(runsFunctions: Bool)
  /// Give back all that it holds, and its record.
  case destroy
  /// There is nothing more to do.
  case nothing
}

public struct ModuleErrand: Sendable {
  public let module: ModuleNumber
  public fileprivate(set) var step: ModuleStep
}

extension ModuleRegistry {
  /// Begins to load a module of this name.
  ///
  /// - Throws: `alreadyLoaded` or `full`.
  public mutating func beginLoading(name: ModuleText, version: ModuleText) throws(RegistryError) -> ModuleErrand {
    ModuleErrand(module: try begin(name: name, version: version), step: .link)
  }

  /// Begins to take a module out that no other uses: no new call enters it.
  ///
  /// - Parameter waits: those inside are left to finish; else they are a reason to refuse.
  /// - Throws: `gone`, `notReady` where another errand has the module, `usedBy` or `threadsInside`; nothing has changed
  ///   then.
  public mutating func beginUnloading(_ module: ModuleNumber, waits: Bool) throws(RegistryError) -> ModuleErrand {
    guard let state = state(of: module) else { throw .gone }
    guard state == .live || state == .failed else { throw .notReady(module, state) }
    if let obstacle = obstacle(module) {
      if case .threadsInside = obstacle, waits {} else { throw obstacle }
    }
    change(module, from: state, to: .draining)
    return ModuleErrand(module: module, step: stepOfDraining(module))
  }

  /// The errand's step came to its end: `isDone` says whether well. A wait ends well when somebody was told that the last
  /// call has left, and badly when the task is to end.
  public mutating func advance(_ errand: inout ModuleErrand, isDone: Bool) {
    let module = errand.module
    switch errand.step {
    case .link:
      if isDone { change(module, from: .loading, to: .starting) }
      errand.step = isDone ? .start : .destroy
    case .start:
      errand.step = isDone ? .publish : .destroy
    case .publish:
      change(module, from: .starting, to: isDone ? .live : .stopping)
      errand.step = isDone ? .nothing : .stop(runsFunctions: true)
    case .wait:
      if isDone {
        errand.step = stepOfDraining(module)
      } else {
        // It goes on as it was, and may have failed meanwhile.
        change(module, from: .draining, to: entry(module)?.hasFailed == true ? .failed : .live)
        errand.step = .nothing
      }
    case .stop:
      errand.step = .destroy
    case .destroy:
      remove(module)
      errand.step = .nothing
    case .nothing: break
    }
  }

  /// A module that no new call enters: its last ones are waited for, then it is stopped.
  private mutating func stepOfDraining(_ module: ModuleNumber) -> ModuleStep {
    if threadsInside(module) > 0 {
      inside(slot: module.slot).value.watch()
      return .wait
    }
    change(module, from: .draining, to: .stopping)
    return .stop(runsFunctions: entry(module)?.hasFailed == false)
  }
}
