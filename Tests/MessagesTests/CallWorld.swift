// The world of the model checker: clients, server tasks, a successor and a manager, whose steps are those of the
// kernel between two waits. The protocol is the kernel's own code; only the scheduler is the model's: it wakes and
// forgets, and every ready actor may be the next.
//
// Everything lies in one block of memory, so that a state is saved and brought back by copying bytes.

import ABI
import Primitives
import Scheduling
import TestSupport

@testable import Messages

/// Wakes tasks as the kernel's scheduler does, without running them.
struct ModelScheduler: CallScheduler {
  func wake(_ task: Reference<Scheduling.Task>) { endWait(of: task, .woken) }

  func endWait(of task: Reference<Scheduling.Task>, _ reason: WakeReason) {
    if let queue = task.value.queue { queue.value.remove(task) }
    task.value.wakeReason = reason
    task.value.state = .ready
    if let owner = task.value.lockOwner {
      task.value.lockOwner = nil
      updatePriority(of: owner)
    }
  }

  func lend(_ priority: UInt8, to task: Reference<Scheduling.Task>) {
    task.value.priority = max(task.value.priority, priority)
  }

  func updatePriority(of task: Reference<Scheduling.Task>) { task.value.priority = task.inheritedPriority }

  func revokeLease(of caller: Reference<Scheduling.Task>) { caller.value.call.value.lentTo = nil }
}

/// What an actor does.
enum Role: UInt8 { case client, server, manager }

/// Where an actor is in its work: what it does when it is the next to run.
enum Stage: UInt8 {
  case start
  /// A client, or the manager as a caller: its wait for a reply is over.
  case replied
  /// A server task: it works on a request.
  case working
  /// The manager: the hold is on, and it may wait until the service is silent.
  case holding
  /// The manager: the state is taken; the successor publishes the name next.
  case saved
  case installed
  case retired
  case done
  case dead
}

struct Actor {
  var role: Role
  var stage = Stage.start
  /// The process; tasks of one end together when it is killed.
  var process: UInt32
  /// A server task's epoch; 0 until its process has published the name.
  var epoch: UInt32 = 0
  /// A server task: the number of the request that it works on.
  var request: UInt32 = 0
  var callsLeft: UInt8 = 0
  /// How often a server did the present call of a client, and what the client was told last.
  var timesDone: UInt8 = 0
  var answered: UInt8 = 0
}

/// What may happen next.
enum Action: Hashable {
  case step(Int)
  case timeOut(Int)
  /// The end of one task, told to it wherever it is.
  case end(Int)
  /// A server task works on a request and cannot use what it brings: its memory is bad.
  case refuse(Int)
  /// A server task keeps the request that it works on.
  case keep(Int)
  /// The server answers a caller whose request it keeps.
  case answerKept(Int)
  /// The server process gives its endpoint up but goes on.
  case withdraw(process: UInt32)
}

struct WorldShape {
  var clients = 2
  var callsOfEach = 1
  var serverTasks = 1
  var hasMove = false
  var deaths = 1
  var timeOuts = 0
  var refusals = 0
  var withdrawals = 0
  /// How often a request is kept.
  var keeps = 0
  /// Whether every request lends pages.
  var isLending = false
}

final class CallWorld: ExplorableWorld {
  static let serverProcess: UInt32 = 50
  static let successorProcess: UInt32 = 60
  static let managerProcess: UInt32 = 70

  struct Header: ~Copyable {
    var queues = CallQueues()
    var hasServer = true
    var deathsLeft: Int
    var timeOutsLeft: Int
    var refusalsLeft: Int
    var withdrawalsLeft: Int
    var keepsLeft: Int
    var hasSuccessor = false
  }

  let isLending: Bool
  private let block: UnsafeMutableRawPointer
  let size: Int
  let header: Reference<Header>
  let queues: Reference<CallQueues>
  let tasks: UnsafeMutablePointer<Scheduling.Task>
  let records: UnsafeMutablePointer<CallRecord>
  let actors: UnsafeMutablePointer<Actor>
  let count: Int

  init(_ shape: WorldShape) {
    isLending = shape.isLending
    count = shape.clients + shape.serverTasks + (shape.hasMove ? 2 : 0)
    func rounded(_ size: Int) -> Int { (size + 63) & ~63 }
    let headerSize = rounded(MemoryLayout<Header>.stride)
    let tasksSize = rounded(MemoryLayout<Scheduling.Task>.stride * count)
    let recordsSize = rounded(MemoryLayout<CallRecord>.stride * count)
    size = headerSize + tasksSize + recordsSize + rounded(MemoryLayout<Actor>.stride * count)
    block = .allocate(byteCount: size, alignment: 64)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let headerPointer = block.bindMemory(to: Header.self, capacity: 1)
    headerPointer.initialize(
      to: Header(
        deathsLeft: shape.deaths, timeOutsLeft: shape.timeOuts, refusalsLeft: shape.refusals,
        withdrawalsLeft: shape.withdrawals, keepsLeft: shape.keeps))
    header = Reference(headerPointer)
    queues = withUnsafeMutablePointer(to: &header.value.queues) { Reference<CallQueues>($0) }
    tasks = (block + headerSize).bindMemory(to: Scheduling.Task.self, capacity: count)
    records = (block + headerSize + tasksSize).bindMemory(to: CallRecord.self, capacity: count)
    actors = (block + headerSize + tasksSize + recordsSize).bindMemory(to: Actor.self, capacity: count)
    queues.beginEpoch(ModelScheduler())
    for index in 0..<shape.clients {
      add(index, Actor(role: .client, process: UInt32(10 + index), callsLeft: UInt8(shape.callsOfEach)))
    }
    for index in 0..<shape.serverTasks {
      add(shape.clients + index, Actor(role: .server, process: Self.serverProcess, epoch: queues.value.epoch))
    }
    if shape.hasMove {
      add(count - 2, Actor(role: .server, stage: .done, process: Self.successorProcess))
      add(count - 1, Actor(role: .manager, process: Self.managerProcess))
    }
  }

  deinit { block.deallocate() }

  private func add(_ index: Int, _ actor: Actor) {
    (actors + index).initialize(to: actor)
    (records + index).initialize(to: CallRecord(sender: .none))
    // Clients are more urgent than servers, each in its own way, so that lent priorities show.
    let priority: UInt8 = actor.role == .client ? UInt8(20 + index) : 10
    (tasks + index).initialize(
      to: Task(
        identity: .init(UInt32(index + 1)), mode: .user, priority: priority, isThread: false, owner: 0))
    (tasks + index).pointee.callRecord = UInt(bitPattern: records + index)
  }

  // MARK: States

  func save() -> [UInt8] { Array(UnsafeRawBufferPointer(start: block, count: size)) }
  func restore(_ state: [UInt8]) { state.withUnsafeBytes { block.copyMemory(from: $0.baseAddress!, byteCount: size) } }

  func digest(into hasher: inout Hasher) { hasher.combine(bytes: UnsafeRawBufferPointer(start: block, count: size)) }
  func happensByItself(_ action: Action) -> Bool {
    switch action {
    case .step, .answerKept: true
    default: false
    }
  }

  func task(_ index: Int) -> Reference<Scheduling.Task> { Reference(tasks + index) }
  func actor(_ index: Int) -> Actor { actors[index] }

  private func isAlive(_ index: Int) -> Bool { actors[index].stage != .done && actors[index].stage != .dead }
  private func isReady(_ index: Int) -> Bool { isAlive(index) && tasks[index].queue == nil }

  /// A task of the server that serves now, which does nothing else: it answers what is kept.
  private var keeper: Int? {
    (0..<count).first {
      actors[$0].role == .server && isAlive($0) && actors[$0].stage != .working
        && actors[$0].epoch == queues.value.epoch
    }
  }

  /// All that may happen in this state.
  func actions() -> [Action] {
    var actions: [Action] = []
    for index in 0..<count where isAlive(index) {
      if isReady(index) { actions.append(.step(index)) }
      if header.value.timeOutsLeft > 0, actors[index].role == .client, tasks[index].queue != nil {
        actions.append(.timeOut(index))
      }
      if header.value.deathsLeft > 0 { actions.append(.end(index)) }
      if header.value.refusalsLeft > 0, actors[index].stage == .working { actions.append(.refuse(index)) }
      if header.value.keepsLeft > 0, actors[index].stage == .working { actions.append(.keep(index)) }
      if tasks[index].queue == queues.kept, keeper != nil { actions.append(.answerKept(index)) }
    }
    if header.value.withdrawalsLeft > 0, header.value.hasServer {
      actions.append(.withdraw(process: Self.serverProcess))
    }
    return actions
  }

  func perform(_ action: Action) throws(Violation) {
    switch action {
    case .step(let index): try step(index)
    case .timeOut(let index):
      header.value.timeOutsLeft -= 1
      ModelScheduler().endWait(of: task(index), .timedOut)
    case .end(let index):
      header.value.deathsLeft -= 1
      end(index)
    case .refuse(let index):
      header.value.refusalsLeft -= 1
      refuse(index)
    case .keep(let index):
      header.value.keepsLeft -= 1
      keep(index)
    case .answerKept(let index): try answerKept(index)
    case .withdraw(let process):
      header.value.withdrawalsLeft -= 1
      giveUpEndpoint(of: process)
    }
    try check()
  }

  // MARK: Ends

  /// The end of a task as the kernel does it: its wait is cut short, it unwinds, what it held is given back.
  private func end(_ index: Int) {
    let ended = task(index)
    if ended.value.queue != nil { ModelScheduler().endWait(of: ended, .cancelled) }
    if actors[index].role != .server { queues.leave(ended, ModelScheduler()) }
    Reference<CallQueues>.serverTaskEnded(ended, ModelScheduler())
    // Its window goes, also what is there of a caller that gave up and has not run yet.
    for other in 0..<count where records[other].lentTo == ended { records[other].lentTo = nil }
    let actor = actors[index]
    actors[index].stage = .dead
    switch actor.role {
    case .client: break
    case .manager: if queues.value.holder.value == Self.managerProcess { queues.resume(ModelScheduler()) }
    case .server:
      // With its last task the process ends, and its endpoint is given up.
      for other in 0..<count where actors[other].process == actor.process && isAlive(other) { return }
      giveUpEndpoint(of: actor.process)
    }
  }

  private func giveUpEndpoint(of process: UInt32) {
    if process == Self.serverProcess { header.value.hasServer = false }
    var epoch: UInt32 = 0
    for index in 0..<count where actors[index].process == process { epoch = actors[index].epoch }
    if epoch == 0 { return }
    if queues.value.epoch == epoch {
      queues.endEpoch(ModelScheduler())
    } else if queues.value.formerEpoch == epoch {
      queues.endFormerEpoch(ModelScheduler())
    }
  }

  // MARK: What must hold

  private func check() throws(Violation) {
    var inside = 0
    for index in 0..<count {
      let record = records[index]
      let queue = tasks[index].queue
      switch record.place {
      case .nowhere:
        if queue == queues.callers { throw Violation(text: "actor \(index) is queued without a call") }
      case .queued:
        // A wait that ran out leaves its place until the caller runs.
        if queue != nil && queue != queues.callers { throw Violation(text: "a queued caller waits elsewhere") }
        if queue == nil && tasks[index].wakeReason == .woken { throw Violation(text: "a queued caller does not wait") }
      case .given, .taken:
        inside += 1
        if queue == nil && tasks[index].wakeReason == .woken { throw Violation(text: "a caller inside does not wait") }
        guard let queue else { break }
        guard let server = tasks[index].lockOwner, queue == server.servedCallers else {
          throw Violation(text: "a caller inside waits with a task that does not have its request")
        }
        if server.value.priority < tasks[index].priority {
          throw Violation(text: "a server works for a more urgent caller without its priority")
        }
      case .kept:
        if queue != nil && queue != queues.kept { throw Violation(text: "a caller that is kept waits elsewhere") }
        if queue == nil && tasks[index].wakeReason == .woken { throw Violation(text: "a kept caller does not wait") }
        if tasks[index].lockOwner != nil { throw Violation(text: "a kept caller lends its priority") }
        if queue != nil && queues.value.epoch == 0 { throw Violation(text: "actor \(index) is kept by nobody") }
      }
      if record.lentTo != nil && record.place != .taken {
        throw Violation(text: "pages of actor \(index) are lent, and nobody works on its call")
      }
      if let server = record.lentTo, queue != nil && server != tasks[index].lockOwner {
        throw Violation(text: "pages of actor \(index) are not with the task that has its request")
      }
      if tasks[index].priority != task(index).inheritedPriority {
        throw Violation(text: "actor \(index) keeps a priority that nobody lends it")
      }
    }
    if inside != Int(queues.value.inside) {
      throw Violation(text: "\(inside) callers are inside, and \(queues.value.inside) are counted")
    }
  }

  /// Nothing can happen by itself any more: nobody may be left waiting for something that will not come.
  func checkEnd() throws(Violation) {
    for index in 0..<count where isAlive(index) {
      switch actors[index].role {
      case .client: throw Violation(text: "client \(index) waits for ever, at \(records[index].place)")
      case .manager: throw Violation(text: "the manager waits for ever, at stage \(actors[index].stage)")
      case .server:
        if tasks[index].queue == queues.formerReceivers { throw Violation(text: "a predecessor waits for ever") }
        if actors[index].epoch != queues.value.epoch { throw Violation(text: "a task waits for requests of no epoch") }
      }
    }
  }
}
