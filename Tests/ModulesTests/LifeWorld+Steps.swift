// What the tasks of the model do, as the kernel does it in Kernel/LinkedModules and Kernel/IPC.

import Primitives
import TestSupport

@testable import Modules

extension LifeWorld {
  func begin(_ index: Int, _ operation: Operation) throws(Violation) {
    switch operation {
    case .load(let name): try load(index, name, isGood: true)
    case .loadBadly(let name): try load(index, name, isGood: false)
    case .unload(let name, let waits): try unload(index, name, waits: waits)
    case .call(let name): try call(index, name)
    case .hold(let name): try hold(index, name)
    }
  }

  // MARK: Loading

  private func load(_ index: Int, _ name: ModuleName, isGood: Bool) throws(Violation) {
    let text = shortText(name.text)!
    var errand: ModuleErrand
    do throws(RegistryError) {
      errand = try registry.beginLoading(name: text, version: text)
    } catch {
      guard case .alreadyLoaded(let module) = error, record(module)?.name == name else {
        throw Violation(text: "loading \(name.text) was refused for no reason")
      }
      return
    }
    state.tasks[index].errand = errand
    let isDone = try link(errand.module, name) && isGood
    registry.advance(&errand, isDone: isDone)
    state.tasks[index].errand = errand
    try carryOut(index)
  }

  /// Binds, makes the record, and maps.
  private func link(_ module: ModuleNumber, _ name: ModuleName) throws(Violation) -> Bool {
    var used: ModuleNumber?
    if name == .user {
      guard let base = registry.find(Array(ModuleName.base.text.utf8).span) else { return false }
      do throws(RegistryError) { try registry.addUse(by: module, of: base) } catch {
        guard case .notReady(let other, let state) = error, other == base, state != .live else {
          throw Violation(text: "a use was refused for no reason")
        }
        return false
      }
      used = base
    }
    guard state.records[module.slot] == nil else { throw Violation(text: "a record is written over") }
    state.records[module.slot] = LifeRecord(module: module, name: name, used: used)
    return state.served[name.rawValue] == nil
  }

  // MARK: Taking out

  private func unload(_ index: Int, _ name: ModuleName, waits: Bool) throws(Violation) {
    guard let module = registry.find(Array(name.text.utf8).span) else { return }
    do throws(RegistryError) {
      state.tasks[index].errand = try registry.beginUnloading(module, waits: waits)
    } catch {
      try checkRefusal(error, of: module, waits: waits)
      return
    }
    updateDoor(module)
    try carryOut(index)
  }

  /// A refusal says who has the module, and that is so.
  private func checkRefusal(_ error: RegistryError, of module: ModuleNumber, waits: Bool) throws(Violation) {
    var isTrue = false
    switch error {
    case .usedBy(module, let users):
      isTrue = !users.isEmpty
      for slot in 0..<Self.slots where users.contains(slot: slot) {
        isTrue = isTrue && state.records[slot]?.used == module
      }
    case .threadsInside(module, let count):
      let calls = state.tasks.filter { $0.stage == .calling(module) }.count
      isTrue = !waits && calls > 0 && calls == Int(count)
    case .notReady(module, _):
      isTrue = state.tasks.contains { $0.errand?.module == module }
    default: break
    }
    if !isTrue { throw Violation(text: "taking out was refused for no reason: \(error)") }
  }

  // MARK: Errands

  /// Does the steps of an errand up to the next wait.
  private func carryOut(_ index: Int) throws(Violation) {
    while var errand = state.tasks[index].errand {
      let module = errand.module
      switch errand.step {
      case .start:
        try touch(module, "the start of task \(index)")
        state.tasks[index].stage = .starting
        return
      case .wait:
        try touch(module, "the wait of task \(index)")
        state.tasks[index].stage = .waiting
        wait(index, for: module)
        return
      case .stop(let runsFunctions):
        try touch(module, "the stop of task \(index)")
        withdraw(module)
        if runsFunctions {
          state.tasks[index].stage = .stopping
          return
        }
      case .destroy: try destroy(module)
      case .nothing:
        state.tasks[index].errand = nil
        state.tasks[index].stage = .idle
        return
      case .link, .publish: throw Violation(text: "a step that nobody asked for")
      }
      advance(index, &errand, isDone: true)
    }
  }

  private func advance(_ index: Int, _ errand: inout ModuleErrand, isDone: Bool) {
    registry.advance(&errand, isDone: isDone)
    updateDoor(errand.module)
    // The last step frees the number, and the errand is over with it.
    state.tasks[index].errand = errand.step == .nothing ? nil : errand
    if errand.step == .nothing { state.tasks[index].stage = .idle }
  }

  private func withdraw(_ module: ModuleNumber) {
    for name in ModuleName.allCases where state.served[name.rawValue] == module { state.served[name.rawValue] = nil }
  }

  private func destroy(_ module: ModuleNumber) throws(Violation) {
    guard record(module) != nil else {
      if state.records[module.slot] != nil { throw Violation(text: "what another module holds is given back") }
      // It was refused before it got a record.
      return
    }
    for other in state.records where other?.used == module {
      throw Violation(text: "\(other!.name.text) uses what is given back")
    }
    for (index, task) in state.tasks.enumerated() where task.stage == .calling(module) {
      throw Violation(text: "task \(index) is inside what is given back")
    }
    withdraw(module)
    state.records[module.slot] = nil
  }

  // MARK: Calls

  private func call(_ index: Int, _ name: ModuleName) throws(Violation) {
    guard let module = state.served[name.rawValue], !state.isHeld[name.rawValue] else { return }
    guard let record = record(module) else { throw Violation(text: "a call reaches a module that is gone") }
    if record.isDoorOpen {
      // The entry's own way looks at nothing but the door.
      registry.inside(slot: module.slot).value.enter()
    } else {
      do throws(RegistryError) { try registry.enter(module) } catch { return }
      throw Violation(text: "a module whose door is closed took a call")
    }
    state.tasks[index].stage = .calling(module)
  }

  func comeBack(_ index: Int, _ way: Return) throws(Violation) {
    if case .calling(let module) = state.tasks[index].stage {
      try fault(in: module, way)
      state.tasks[index].stage = .idle
      if registry.leave(module) { tell(module) }
      return
    }
    guard var errand = state.tasks[index].errand else { throw Violation(text: "task \(index) has nothing to do") }
    try fault(in: errand.module, way)
    let isStart = state.tasks[index].stage == .starting
    advance(index, &errand, isDone: way == .well || way == .tooLate)
    if isStart, errand.step == .publish {
      // Another server may have taken the name while the module started.
      let name = record(errand.module)!.name
      if way == .well { state.served[name.rawValue] = errand.module }
      advance(index, &errand, isDone: way == .well)
    }
    try carryOut(index)
  }

  private func fault(in module: ModuleNumber, _ way: Return) throws(Violation) {
    try touch(module, "a function that comes back")
    guard way == .faulting || way == .faultingBelow else { return }
    if way == .faultingBelow, let used = record(module)?.used { fail(used) }
    fail(module)
  }

  private func fail(_ module: ModuleNumber) {
    registry.fail(module)
    updateDoor(module)
  }

  /// The last call has left: those who wait for it run again.
  private func tell(_ module: ModuleNumber) {
    for index in state.tasks.indices where state.tasks[index].awaited == module { state.tasks[index].awaited = nil }
  }

  // MARK: Waits

  /// A task that is to end does not wait at all.
  private func wait(_ index: Int, for module: ModuleNumber) {
    state.tasks[index].awaited = module
    state.tasks[index].isCancelled = state.tasks[index].isEnding
  }

  func resume(_ index: Int) throws(Violation) {
    let isCancelled = state.tasks[index].isCancelled
    state.tasks[index].awaited = nil
    state.tasks[index].isCancelled = false
    switch state.tasks[index].stage {
    case .waiting:
      guard var errand = state.tasks[index].errand else { throw Violation(text: "a wait for nothing") }
      advance(index, &errand, isDone: !isCancelled)
      try carryOut(index)
    case .holding(let name):
      if isCancelled { return resume(index, name) }
      waitUntilSilent(index, name)
    default: throw Violation(text: "task \(index) did not wait")
    }
  }

  // MARK: Holding

  private func hold(_ index: Int, _ name: ModuleName) throws(Violation) {
    guard !state.isHeld[name.rawValue] else { return }
    state.isHeld[name.rawValue] = true
    if let module = state.served[name.rawValue] { updateDoor(module) }
    waitUntilSilent(index, name)
  }

  private func waitUntilSilent(_ index: Int, _ name: ModuleName) {
    if let module = state.served[name.rawValue], registry.threadsInside(module) > 0 {
      registry.inside(slot: module.slot).value.watch()
      state.tasks[index].stage = .holding(name)
      wait(index, for: module)
    } else {
      resume(index, name)
    }
  }

  private func resume(_ index: Int, _ name: ModuleName) {
    state.isHeld[name.rawValue] = false
    state.tasks[index].stage = .idle
    if let module = state.served[name.rawValue] { updateDoor(module) }
  }
}
