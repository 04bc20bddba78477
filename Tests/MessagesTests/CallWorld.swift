import ABI
import Primitives
import Tasks

@testable import Messages

// The world of the model checker: clients, server tasks, a successor and a manager, whose steps are those of the
// kernel between two waits. The protocol is the kernel's own code; only the scheduler is the model's: it wakes and
// forgets, and every ready actor may be the next.
//
// Everything lies in one block of memory, so that a state is saved and brought back by copying bytes.

/// Wakes tasks as the kernel's scheduler does, without running them.
enum ModelScheduler: CallScheduler {
  static func wake(_ task: Reference<Tasks.Task>) { endWait(of: task, .woken) }

  static func endWait(of task: Reference<Tasks.Task>, _ reason: WakeReason) {
    if let queue = task.value.queue { queue.value.remove(task) }
    task.value.wakeReason = reason
    task.value.state = .ready
    if let owner = task.value.lockOwner {
      task.value.lockOwner = nil
      updatePriority(of: owner)
    }
  }

  static func lend(_ priority: UInt8, to task: Reference<Tasks.Task>) {
    task.value.priority = max(task.value.priority, priority)
  }

  static func updatePriority(of task: Reference<Tasks.Task>) { task.value.priority = task.inheritedPriority }
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
  /// A server task's term; 0 until its process has published the name.
  var term: UInt32 = 0
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
}

/// A broken promise, with the steps that led to it.
struct Violation: Error { let text: String }

final class CallWorld {
  static let serverProcess: UInt32 = 50
  static let successorProcess: UInt32 = 60
  static let managerProcess: UInt32 = 70

  private struct Header: ~Copyable {
    var queues = CallQueues()
    var hasServer = true
    var deathsLeft: Int
    var timeOutsLeft: Int
    var refusalsLeft: Int
    var withdrawalsLeft: Int
    var hasSuccessor = false
  }

  private let block: UnsafeMutableRawPointer
  let size: Int
  private let header: Reference<Header>
  let queues: Reference<CallQueues>
  private let tasks: UnsafeMutablePointer<Tasks.Task>
  private let records: UnsafeMutablePointer<CallRecord>
  private let actors: UnsafeMutablePointer<Actor>
  let count: Int

  init(_ shape: WorldShape) {
    count = shape.clients + shape.serverTasks + (shape.hasMove ? 2 : 0)
    func rounded(_ size: Int) -> Int { (size + 63) & ~63 }
    let headerSize = rounded(MemoryLayout<Header>.stride)
    let tasksSize = rounded(MemoryLayout<Tasks.Task>.stride * count)
    let recordsSize = rounded(MemoryLayout<CallRecord>.stride * count)
    size = headerSize + tasksSize + recordsSize + rounded(MemoryLayout<Actor>.stride * count)
    block = .allocate(byteCount: size, alignment: 64)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let headerPointer = block.bindMemory(to: Header.self, capacity: 1)
    headerPointer.initialize(
      to: Header(
        deathsLeft: shape.deaths, timeOutsLeft: shape.timeOuts, refusalsLeft: shape.refusals,
        withdrawalsLeft: shape.withdrawals))
    header = Reference(headerPointer)
    queues = withUnsafeMutablePointer(to: &header.value.queues) { Reference<CallQueues>($0) }
    tasks = (block + headerSize).bindMemory(to: Tasks.Task.self, capacity: count)
    records = (block + headerSize + tasksSize).bindMemory(to: CallRecord.self, capacity: count)
    actors = (block + headerSize + tasksSize + recordsSize).bindMemory(to: Actor.self, capacity: count)
    queues.beginTerm(ModelScheduler.self)
    for index in 0..<shape.clients {
      add(index, Actor(role: .client, process: UInt32(10 + index), callsLeft: UInt8(shape.callsOfEach)))
    }
    for index in 0..<shape.serverTasks {
      add(shape.clients + index, Actor(role: .server, process: Self.serverProcess, term: queues.value.term))
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

  func task(_ index: Int) -> Reference<Tasks.Task> { Reference(tasks + index) }
  func actor(_ index: Int) -> Actor { actors[index] }

  private func isAlive(_ index: Int) -> Bool { actors[index].stage != .done && actors[index].stage != .dead }
  private func isReady(_ index: Int) -> Bool { isAlive(index) && tasks[index].queue == nil }

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
      ModelScheduler.endWait(of: task(index), .timedOut)
    case .end(let index):
      header.value.deathsLeft -= 1
      end(index)
    case .refuse(let index):
      header.value.refusalsLeft -= 1
      refuse(index)
    case .withdraw(let process):
      header.value.withdrawalsLeft -= 1
      giveUpEndpoint(of: process)
    }
    try check()
  }

  // MARK: Steps

  private func step(_ index: Int) throws(Violation) {
    switch actors[index].role {
    case .client: try stepCaller(index)
    case .server: try stepServer(index)
    case .manager: try stepManager(index)
    }
  }

  private func send(_ index: Int) {
    let caller = task(index)
    caller.value.call.value.sender = TaskIdentity(actors[index].process)
    if queues.value.admits(TaskIdentity(actors[index].process)) && queues.value.term == 0 {
      // Nobody serves: the call fails without a wait.
      caller.value.call.value.result = SystemError.peerGone.rawValue
      return
    }
    if let server = queues.directServer(for: caller) {
      queues.handOver(caller, to: server)
      ModelScheduler.endWait(of: server, .handed)
      // It runs at once, and has the request.
      work(Int(server.value.identity.value) - 1, on: caller)
    } else if let server = queues.begin(caller, ModelScheduler.self) {
      server.servedCallers.append(caller)
      // As in the kernel the caller joins the queue before the server's wait ends.
      ModelScheduler.wake(server)
    } else {
      queues.callers.append(caller)
    }
  }

  /// A client, or the manager, in a call. Returns false while it sends again.
  private func hasAnswer(_ index: Int) -> Bool {
    let caller = task(index)
    let reason = caller.value.wakeReason
    caller.value.wakeReason = .woken
    switch reason {
    case .woken: break
    case .handed: return true
    case .timedOut, .cancelled:
      queues.leave(caller, ModelScheduler.self)
      return true
    }
    if caller.value.call.value.result == CallRecord.retry {
      send(index)
      return false
    }
    return true
  }

  private func stepCaller(_ index: Int) throws(Violation) {
    if actors[index].stage == .start {
      actors[index].stage = .replied
      actors[index].timesDone = 0
      actors[index].answered = 0
      send(index)
      return
    }
    guard hasAnswer(index) else { return }
    if task(index).value.call.value.result == 0 && actors[index].timesDone != 1 {
      throw Violation(text: "client \(index) was answered, and its call was done \(actors[index].timesDone) times")
    }
    actors[index].callsLeft -= 1
    actors[index].stage = actors[index].callsLeft == 0 ? .done : .start
  }

  private func stepServer(_ index: Int) throws(Violation) {
    let server = task(index)
    if actors[index].stage == .working {
      actors[index].stage = .start
      if let caller = queues.directCaller(of: server, number: actors[index].request, term: actors[index].term) {
        try note(caller)
        queues.answer(caller, by: server, result: 0)
        ModelScheduler.endWait(of: caller, .handed)
        return
      }
      // A caller that gave up is not there any more.
      if let caller = server.callerServed(number: actors[index].request, of: queues) {
        try note(caller)
        caller.finishCall(result: 0, ModelScheduler.self)
        ModelScheduler.wake(caller)
      }
      return
    }
    switch queues.next(for: server, term: actors[index].term, ModelScheduler.self) {
    case .take(let caller): work(index, on: caller)
    case .wait: queues.receivers.append(server)
    case .waitAsFormer: queues.formerReceivers.append(server)
    case .over: actors[index].stage = .done
    }
  }

  /// A server task has a caller's request.
  private func work(_ index: Int, on caller: Reference<Tasks.Task>) {
    actors[index].stage = .working
    actors[index].request = caller.value.call.value.number
  }

  /// A request has been done.
  private func note(_ caller: Reference<Tasks.Task>) throws(Violation) {
    let index = Int(caller.value.identity.value) - 1
    actors[index].timesDone += 1
    if actors[index].timesDone > 1 { throw Violation(text: "a request of actor \(index) was done twice") }
  }

  private func refuse(_ index: Int) {
    let server = task(index)
    actors[index].stage = .start
    guard let caller = server.callerServed(number: actors[index].request, of: queues) else { return }
    queues.putBack(caller, from: server, ModelScheduler.self)
  }

  private func stepManager(_ index: Int) throws(Violation) {
    let successor = count - 2
    switch actors[index].stage {
    case .start:
      queues.hold(by: TaskIdentity(Self.managerProcess))
      actors[index].stage = .holding
    case .holding:
      if queues.value.inside > 0 {
        queues.drainers.append(task(index))
        return
      }
      // The old server's state is asked for by an ordinary call.
      actors[index].stage = .replied
      actors[index].timesDone = 0
      send(index)
    case .replied:
      guard hasAnswer(index) else { return }
      if queues.value.term == 0 || queues.value.formerTerm != 0 {
        return letGo(index)
      }
      actors[index].stage = .saved
    case .saved:
      if queues.value.term == 0 { return letGo(index) }
      queues.beginTerm(ModelScheduler.self)
      header.value.hasSuccessor = true
      actors[successor].term = queues.value.term
      actors[successor].stage = .start
      actors[index].stage = .installed
    case .installed:
      queues.endFormerTerm(ModelScheduler.self)
      actors[index].stage = .retired
    case .retired: letGo(index)
    default: break
    }
  }

  private func letGo(_ index: Int) {
    queues.letGo(ModelScheduler.self)
    actors[index].stage = .done
  }

  // MARK: Ends

  /// The end of a task as the kernel does it: its wait is cut short, it unwinds, what it held is given back.
  private func end(_ index: Int) {
    let ended = task(index)
    if ended.value.queue != nil { ModelScheduler.endWait(of: ended, .cancelled) }
    if actors[index].role != .server { queues.leave(ended, ModelScheduler.self) }
    Reference<CallQueues>.serverTaskEnded(ended, ModelScheduler.self)
    let actor = actors[index]
    actors[index].stage = .dead
    switch actor.role {
    case .client: break
    case .manager: if queues.value.holder.value == Self.managerProcess { queues.letGo(ModelScheduler.self) }
    case .server:
      // With its last task the process ends, and its endpoint is given up.
      for other in 0..<count where actors[other].process == actor.process && isAlive(other) { return }
      giveUpEndpoint(of: actor.process)
    }
  }

  private func giveUpEndpoint(of process: UInt32) {
    if process == Self.serverProcess { header.value.hasServer = false }
    var term: UInt32 = 0
    for index in 0..<count where actors[index].process == process { term = actors[index].term }
    if term == 0 { return }
    if queues.value.term == term {
      queues.endTerm(ModelScheduler.self)
    } else if queues.value.formerTerm == term {
      queues.endFormerTerm(ModelScheduler.self)
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
        if actors[index].term != queues.value.term { throw Violation(text: "a task waits for requests of no term") }
      }
    }
  }
}
