// The world of the explorer of module lives: tasks that load, call, hold, take out and are killed, whose steps are those of
// the kernel between two waits. What becomes of a module is decided by the kernel's own code; mapped memory, records and
// services are the model's, which notes what is used after its end.
//
// A module function is a wait: anything may happen between its call and its return, as when it sleeps.

import Primitives
import TestSupport

@testable import Modules

/// Of two modules, of which the second uses the first.
enum ModuleName: Int, CaseIterable {
  case base = 0
  case user = 1

  var text: String { self == .base ? "base" : "user" }
}

/// What a task sets out to do.
enum Operation: Hashable {
  case load(ModuleName)
  /// The module's file is bad.
  case loadBadly(ModuleName)
  case unload(ModuleName, waits: Bool)
  case call(ModuleName)
  /// Keeps the calls of a module's service back until those inside are done, as a move does.
  case hold(ModuleName)
}

/// How a module's function comes back.
enum Return: Hashable {
  case well
  case failing
  case faulting
  /// The code that faulted is that of the module it uses.
  case faultingBelow
  /// It comes back well, and somebody else serves the name by then.
  case tooLate
}

enum LifeAction: Hashable {
  case begin(Int, Operation)
  case comeBack(Int, Return)
  /// A task whose wait is over goes on.
  case resume(Int)
  case kill(Int)
}

/// Where a task is.
enum LifeStage: Equatable {
  case idle
  case starting
  case stopping
  case calling(ModuleNumber)
  /// Waits until the module is empty.
  case waiting
  /// The same, until the module that serves the name is.
  case holding(ModuleName)
}

struct LifeTask {
  var stage = LifeStage.idle
  var errand: ModuleErrand?
  /// The module whose last call the task waits for; nil: it has been told.
  var awaited: ModuleNumber?
  /// The wait ended because the task is to end.
  var isCancelled = false
  var isEnding = false
  var operationsLeft = 0
}

/// The kernel's record of a module, with its pages.
struct LifeRecord {
  var module: ModuleNumber
  var name: ModuleName
  /// The module that it was linked to.
  var used: ModuleNumber?
  var isDoorOpen = false
}

struct LifeShape {
  var tasks = 2
  var operationsOfEach = 2
  var kills = 1
  var operations: [Operation]
}

final class LifeWorld: ExplorableWorld {
  /// Places of the registry that come into use: as many as tasks that load at once, and what was there before.
  static let slots = 4

  struct State {
    var tasks: [LifeTask]
    var records: [LifeRecord?]
    /// The module that serves each name, and whether its calls are held.
    var served: [ModuleNumber?]
    var isHeld: [Bool]
    var killsLeft: Int
  }

  let shape: LifeShape
  var state: State
  var registry: ModuleRegistry
  private let storage: UnsafeMutablePointer<ModuleSlot>

  init(_ shape: LifeShape) {
    self.shape = shape
    let size = MemoryLayout<ModuleSlot>.stride * ModuleRegistry.capacity
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    storage = memory.bindMemory(to: ModuleSlot.self, capacity: ModuleRegistry.capacity)
    for slot in 0..<ModuleRegistry.capacity { (storage + slot).initialize(to: ModuleSlot()) }
    registry = ModuleRegistry(storage: storage)
    let task = LifeTask(operationsLeft: shape.operationsOfEach)
    state = State(
      tasks: Array(repeating: task, count: shape.tasks), records: Array(repeating: nil, count: Self.slots),
      served: [nil, nil], isHeld: [false, false], killsLeft: shape.kills)
  }

  deinit { storage.deallocate() }

  // MARK: States

  struct Saved {
    let state: State
    let registry: [UInt8]
  }

  private var usedBytes: Int { MemoryLayout<ModuleSlot>.stride * Self.slots }

  func save() -> Saved {
    Saved(state: state, registry: Array(UnsafeRawBufferPointer(start: storage, count: usedBytes)))
  }

  func restore(_ saved: Saved) {
    state = saved.state
    saved.registry.withUnsafeBytes {
      UnsafeMutableRawPointer(storage).copyMemory(from: $0.baseAddress!, byteCount: usedBytes)
    }
  }

  /// All that matters of the state. Numbers of modules that are gone differ in nothing but how often a place was used.
  func digest(into hasher: inout Hasher) {
    for task in state.tasks {
      switch task.stage {
      case .idle: hasher.combine(0)
      case .starting: hasher.combine(1)
      case .stopping: hasher.combine(2)
      case .calling(let module): hash(module, into: &hasher)
      case .waiting: hasher.combine(3)
      case .holding(let name): hasher.combine(4 + name.rawValue)
      }
      hash(task.errand?.module, into: &hasher)
      hash(task.awaited, into: &hasher)
      hasher.combine(task.isCancelled)
      hasher.combine(task.isEnding)
      hasher.combine(task.operationsLeft)
    }
    for slot in 0..<Self.slots {
      let module = registry.module(inSlot: slot)
      hasher.combine(module.flatMap { registry.state(of: $0) })
      hasher.combine(module.flatMap { registry.entry($0)?.hasFailed })
      hasher.combine(module.flatMap { registry.entry($0)?.uses.bits })
      hasher.combine(registry.inside(slot: slot).value.word)
      let record = state.records[slot]
      hasher.combine(record == nil)
      hasher.combine(record?.name)
      hasher.combine(record?.isDoorOpen)
      hash(record?.used, into: &hasher)
      hasher.combine(record.map { $0.module == module })
    }
    for name in ModuleName.allCases {
      hash(state.served[name.rawValue], into: &hasher)
      hasher.combine(state.isHeld[name.rawValue])
    }
    hasher.combine(state.killsLeft)
  }

  private func hash(_ module: ModuleNumber?, into hasher: inout Hasher) {
    hasher.combine(module?.slot)
    hasher.combine(module.map { registry.state(of: $0) == nil })
  }

  // MARK: What may happen

  /// A kill is nothing that anybody may wait for.
  func happensByItself(_ action: LifeAction) -> Bool { if case .kill = action { false } else { true } }

  func actions() -> [LifeAction] {
    var actions: [LifeAction] = []
    for (index, task) in state.tasks.enumerated() {
      switch task.stage {
      case .idle:
        if task.operationsLeft > 0 && !task.isEnding {
          for operation in shape.operations { actions.append(.begin(index, operation)) }
        }
      case .starting:
        for way in [.well, .failing, .faulting, .faultingBelow, .tooLate] as [Return] {
          actions.append(.comeBack(index, way))
        }
      case .stopping:
        for way in [.well, .faulting, .faultingBelow] as [Return] { actions.append(.comeBack(index, way)) }
      case .calling:
        for way in [.well, .faulting, .faultingBelow] as [Return] { actions.append(.comeBack(index, way)) }
      case .waiting, .holding:
        if task.awaited == nil || task.isCancelled { actions.append(.resume(index)) }
      }
      let isBusy = task.stage != .idle
      if state.killsLeft > 0 && isBusy && !task.isEnding { actions.append(.kill(index)) }
    }
    return actions
  }

  func perform(_ action: LifeAction) throws(Violation) {
    switch action {
    case .begin(let task, let operation):
      state.tasks[task].operationsLeft -= 1
      try begin(task, operation)
    case .comeBack(let task, let way): try comeBack(task, way)
    case .resume(let task): try resume(task)
    case .kill(let task):
      state.killsLeft -= 1
      state.tasks[task].isEnding = true
      if state.tasks[task].awaited != nil { state.tasks[task].isCancelled = true }
    }
    try check()
  }

  // MARK: Records

  func record(_ module: ModuleNumber) -> LifeRecord? {
    guard let record = state.records[module.slot], record.module == module else { return nil }
    return record
  }

  /// Whoever touches a module's memory or its record does this first.
  func touch(_ module: ModuleNumber, _ why: String) throws(Violation) {
    guard let record = record(module) else { throw Violation(text: "\(why) uses a module that is gone") }
    guard let used = record.used else { return }
    guard self.record(used) != nil else { throw Violation(text: "\(why) uses what its module was linked to, gone") }
  }

  /// The way into a module's service is open while the module is live and nobody holds its calls.
  func updateDoor(_ module: ModuleNumber) {
    guard let record = record(module) else { return }
    let isOpen =
      registry.state(of: module) == .live && state.served[record.name.rawValue] == module
      && !state.isHeld[record.name.rawValue]
    state.records[module.slot]?.isDoorOpen = isOpen
  }

  // MARK: What must hold

  private func check() throws(Violation) {
    var inside = [Int](repeating: 0, count: Self.slots)
    var errands = [Int](repeating: 0, count: Self.slots)
    for (index, task) in state.tasks.enumerated() {
      if case .calling(let module) = task.stage {
        try touch(module, "the call of task \(index)")
        inside[module.slot] += 1
      }
      if let errand = task.errand {
        guard let module = registry.module(inSlot: errand.module.slot), module == errand.module else {
          throw Violation(text: "task \(index) works on a module that is gone")
        }
        errands[module.slot] += 1
        try touch(module, "task \(index)")
      }
      if let awaited = task.awaited, !task.isCancelled, registry.threadsInside(awaited) == 0 {
        throw Violation(text: "task \(index) waits for a call that nobody is in")
      }
    }
    for slot in 0..<Self.slots {
      guard let module = registry.module(inSlot: slot), let entry = registry.entry(module) else {
        guard state.records[slot] == nil else { throw Violation(text: "a module that is gone left something") }
        continue
      }
      guard let record = record(module) else { throw Violation(text: "a module has no record") }
      if registry.threadsInside(module) != UInt32(inside[slot]) {
        throw Violation(text: "\(inside[slot]) calls are inside, \(registry.threadsInside(module)) are counted")
      }
      let isBetween = entry.state != .live && entry.state != .failed
      if errands[slot] != (isBetween ? 1 : 0) {
        throw Violation(text: "a module that is \(entry.state) has \(errands[slot]) errands")
      }
      let isServing = state.served[record.name.rawValue] == module
      if record.isDoorOpen != (entry.state == .live && isServing && !state.isHeld[record.name.rawValue]) {
        throw Violation(text: "the door of a module that is \(entry.state) is wrong")
      }
      if entry.state == .live && entry.hasFailed { throw Violation(text: "a failed module takes calls") }
    }
    for name in ModuleName.allCases {
      if let module = state.served[name.rawValue], record(module) == nil {
        throw Violation(text: "\(name.text) is served by a module that is gone")
      }
    }
  }

  /// Nobody does anything any more: no task waits, and all that is there can be taken out.
  func checkEnd() throws(Violation) {
    for (index, task) in state.tasks.enumerated() where task.stage != .idle {
      throw Violation(text: "task \(index) waits for ever, at \(task.stage)")
    }
    state.tasks.append(LifeTask())
    for name in [ModuleName.user, .base] {
      guard registry.find(Array(name.text.utf8).span) != nil else { continue }
      try begin(state.tasks.count - 1, .unload(name, waits: false))
      guard case .stopping = state.tasks[state.tasks.count - 1].stage else { continue }
      try comeBack(state.tasks.count - 1, .well)
    }
    try check()
    for slot in 0..<Self.slots where registry.module(inSlot: slot) != nil || state.records[slot] != nil {
      throw Violation(text: "something is left that cannot be taken out")
    }
  }
}
