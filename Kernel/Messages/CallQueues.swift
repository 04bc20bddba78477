// The protocol of calls: who waits where, and what each event does to it. A caller is queued, handed to a server task or
// taken by one, and answered; a server's epoch ends and a successor's begins; calls are held back while a service moves.
//
// The kernel's own code, and the model checker of Tests/MessagesTests explores every order of these steps.
//
// Invariants:
// - A caller waits in exactly one queue: `callers`, `servedCallers` of the one task that has its request, or `kept`.
// - `inside` counts the callers handed to server tasks and not answered.
// - `epoch` is 0 exactly while nobody serves. An endpoint of any other epoch receives nothing.
// - While the service is held, only the holder's requests reach a server.
// - Every way out of a call (answer, the server's end, its own end, a time limit) goes through `finish` or `leave`.

import ABI
import Primitives
import Scheduling

/// What the protocol asks of the scheduler.
public protocol CallScheduler {
  /// Ends a task's wait: takes it out of the queue it is in, lets it run, and takes back the priority it lent.
  func wake(_ task: Reference<Task>)
  /// Makes a task at least as urgent as `priority`.
  func lend(_ priority: UInt8, to task: Reference<Task>)
  /// Gives a task the priority that it has by itself and by those who wait for it.
  func updatePriority(of task: Reference<Task>)
  /// Takes the pages back that a caller has lent.
  func revokeLease(of caller: Reference<Task>)
}

/// What a server task that asks for a request is to do.
public enum NextRequest {
  /// Work on this caller's request.
  case take(Reference<Task>)
  /// Wait in `receivers`, then ask again.
  case wait
  /// A successor serves, and may fail: wait in `formerReceivers`, then ask again.
  case waitAsFormer
  /// The epoch is over for good.
  case over
}

public struct CallQueues: ~Copyable {
  // In this order ipc.S expects them.
  /// Callers whose requests nobody has.
  public var callers = TaskQueue()
  /// Tasks of the server that wait for a request.
  public var receivers = TaskQueue()
  /// Tasks of the predecessor, until it is retired or comes back.
  public var formerReceivers = TaskQueue()
  /// Tasks that wait for the calls inside to be answered.
  public var drainers = TaskQueue()
  public internal(set) var inside: UInt32 = 0
  public internal(set) var epoch: UInt32 = 0
  /// The predecessor's epoch while it may still come back; 0: there is none.
  public fileprivate(set) var formerEpoch: UInt32 = 0
  fileprivate var latestTerm: UInt32 = 0
  /// The process that holds calls back, while it does.
  public internal(set) var holder = TaskIdentity.none
  public var calls: UInt32 = 0
  public var faults: UInt32 = 0
  var latestNumber: UInt32 = 1
  /// Callers whose requests the present server answers later (CallQueues+Kept.swift).
  public var kept = TaskQueue()

  public init() {}

  public var isHeld: Bool { holder != .none }

  /// Whether a request of this process may reach a server now.
  public func admits(_ process: TaskIdentity) -> Bool { holder == .none || holder == process }

  /// The epoch that the next server gets.
  public var nextEpoch: UInt32 { latestTerm &+ 1 }
}

extension Reference where Value == TaskQueue {
  /// The queue in place: it does not move.
  init(to queue: inout TaskQueue) {
    self = unsafe withUnsafeMutablePointer(to: &queue) { unsafe Reference<TaskQueue>($0) }
  }
}

extension Reference where Value == CallQueues {
  public var callers: Reference<TaskQueue> { Reference<TaskQueue>(to: &value.callers) }
  public var receivers: Reference<TaskQueue> { Reference<TaskQueue>(to: &value.receivers) }
  public var formerReceivers: Reference<TaskQueue> { Reference<TaskQueue>(to: &value.formerReceivers) }
  public var drainers: Reference<TaskQueue> { Reference<TaskQueue>(to: &value.drainers) }

  // MARK: The caller's side

  /// Begins a call whose request is in the caller's record. Returns the waiting server task that it was handed to: the
  /// caller is to wait in `servedCallers` of that one, and it is to run. Nil: the caller is to wait in `callers`.
  @inline(__always)
  public func begin<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, _ scheduler: Scheduler
  ) -> Reference<Task>? {
    let record = caller.value.call
    enter(record)
    guard value.admits(record.value.sender), let server = value.receivers.first else { return nil }
    give(caller, to: server, scheduler)
    return server
  }

  @inline(__always)
  func enter(_ record: Reference<CallRecord>) {
    record.value.service = address
    record.value.place = .queued
    record.value.result = SystemError.peerGone.rawValue
    record.value.number = nextNumber()
    value.calls &+= 1
  }

  /// Odd, so that it is never 0, and never negative.
  @inline(__always)
  public func nextNumber() -> UInt32 {
    value.latestNumber = value.latestNumber &+ 2 & 0x7fff_ffff
    return value.latestNumber
  }

  @inline(__always)
  func give<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, to server: Reference<Task>, _ scheduler: Scheduler
  ) {
    caller.value.call.value.place = .given
    value.inside &+= 1
    caller.value.lockOwner = server
    if caller.value.priority > server.value.priority { scheduler.lend(caller.value.priority, to: server) }
  }

  /// A caller's wait is over, for whatever reason. Where nobody answered it (its time ran out, it is to end), it takes
  /// its request back.
  public func leave<Scheduler: CallScheduler>(_ caller: Reference<Task>, _ scheduler: Scheduler) {
    if caller.value.call.value.place != .nowhere { withdraw(caller, scheduler) }
  }

  func withdraw<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, _ scheduler: Scheduler
  ) {
    finish(caller, SystemError.cancelled.rawValue, scheduler)
    if let server = caller.value.lockOwner {
      // It was to end and did not wait at all.
      caller.value.lockOwner = nil
      scheduler.updatePriority(of: server)
    }
  }

  /// Ends a call. The caller is still to be woken, where it waits.
  @inline(__always)
  func finish<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, _ result: Int32, _ scheduler: Scheduler
  ) {
    let record = caller.value.call
    let wasInside = record.value.place.isInside
    if record.value.lentTo != nil { scheduler.revokeLease(of: caller) }
    record.value.place = .nowhere
    record.value.service = 0
    record.value.result = result
    if wasInside { countOut(scheduler) }
  }

  @inline(__always)
  func countOut<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    value.inside &-= 1
    if value.inside == 0 { wakeAll(in: drainers, scheduler) }
  }

  /// Answers a caller with an error.
  public func fail<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, _ error: SystemError, _ scheduler: Scheduler
  ) {
    finish(caller, error.rawValue, scheduler)
    scheduler.wake(caller)
  }

  // MARK: The server's side

  /// What `server`, an endpoint of `epoch`, is to do now.
  @inline(__always)
  public func next<Scheduler: CallScheduler>(
    for server: Reference<Task>, epoch: UInt32, _ scheduler: Scheduler
  ) -> NextRequest {
    let isServing = value.epoch == epoch
    while let caller = server.callerGiven(by: self) {
      if isServing {
        caller.value.call.value.place = .taken
        return .take(caller)
      }
      // The epoch ended between the handing over and now.
      finish(caller, CallRecord.retry, scheduler)
      scheduler.wake(caller)
    }
    guard isServing else { return value.formerEpoch == epoch && epoch != 0 ? .waitAsFormer : .over }
    guard let caller = nextCaller() else { return .wait }
    value.callers.remove(caller)
    server.servedCallers.append(caller)
    give(caller, to: server, scheduler)
    caller.value.call.value.place = .taken
    return .take(caller)
  }

  /// The first caller whose request may be taken now.
  private func nextCaller() -> Reference<Task>? {
    var candidate = value.callers.first
    while let caller = candidate {
      if value.admits(caller.value.call.value.sender) { return caller }
      candidate = caller.value.next
    }
    return nil
  }

  /// A server task cannot use the request that it took: the next that asks gets it.
  public func putBack<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, from server: Reference<Task>, _ scheduler: Scheduler
  ) {
    if caller.value.call.value.lentTo != nil { scheduler.revokeLease(of: caller) }
    server.value.servedCallers.remove(caller)
    caller.value.lockOwner = nil
    scheduler.updatePriority(of: server)
    caller.value.call.value.place = .queued
    callers.prepend(caller)
    countOut(scheduler)
    // Another task of the server may be waiting for it.
    if let other = value.receivers.first { scheduler.wake(other) }
    if value.epoch == 0 { failAdmitted(scheduler) }
  }

  /// A server task has ended: those whose requests it had get an error.
  public static func serverTaskEnded<Scheduler: CallScheduler>(
    _ server: Reference<Task>, _ scheduler: Scheduler
  ) {
    while let caller = server.value.servedCallers.first {
      let queues = unsafe Reference(
        UnsafeMutablePointer<CallQueues>(bitPattern: caller.value.call.value.service).unsafelyUnwrapped)
      queues.value.faults &+= 1
      queues.fail(caller, .serviceFaulted, scheduler)
    }
  }

  // MARK: Terms

  /// A server takes over. The one before it, which only a held service has, becomes its predecessor.
  public func beginEpoch<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    // Those of the holder itself: its predecessor will not answer them.
    requeueKept()
    value.formerEpoch = value.epoch
    value.latestTerm &+= 1
    value.epoch = value.latestTerm
    // The predecessor's tasks go on waiting, but elsewhere.
    wakeAll(in: receivers, scheduler)
  }

  /// The server is gone; its predecessor, if there is one, serves again.
  public func endEpoch<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    failKept(scheduler)
    value.epoch = value.formerEpoch
    value.formerEpoch = 0
    wakeAll(in: receivers, scheduler)
    wakeAll(in: formerReceivers, scheduler)
    if value.epoch == 0 { failAdmitted(scheduler) }
  }

  /// The predecessor will not come back: its tasks learn that their epoch is over.
  public func endFormerEpoch<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    value.formerEpoch = 0
    wakeAll(in: formerReceivers, scheduler)
  }

  /// Nobody serves any more: all fail who do not wait for the end of a hold. That includes the holder's own requests.
  func failAdmitted<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    while let caller = nextCaller() { fail(caller, .peerGone, scheduler) }
  }

  // MARK: Moves

  /// Keeps the requests of all others waiting. The holder is to wait in `drainers` until `inside` is 0. What the server
  /// keeps is given back: the callers wait for the end of the hold, and send their requests again then.
  public func hold(by process: TaskIdentity) {
    value.holder = process
    requeueKept()
  }

  /// Lets the calls go on. Every caller sends its request again, to whoever serves then.
  public func resume<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    value.holder = .none
    endFormerEpoch(scheduler)
    while let caller = value.callers.first {
      finish(caller, CallRecord.retry, scheduler)
      scheduler.wake(caller)
    }
  }

  private func wakeAll<Scheduler: CallScheduler>(in queue: Reference<TaskQueue>, _ scheduler: Scheduler) {
    while let task = queue.value.first { scheduler.wake(task) }
  }
}

extension Reference where Value == Task {
  /// The caller that was handed to this task by a service and not taken yet.
  @inline(__always)
  func callerGiven(by queues: Reference<CallQueues>) -> Reference<Task>? {
    var candidate = value.servedCallers.first
    while let caller = candidate {
      let record = caller.value.call
      if record.value.place == .given && record.value.service == queues.address { return caller }
      candidate = caller.value.next
    }
    return nil
  }

  /// The caller whose request of this number the task has taken.
  @inline(__always)
  public func callerServed(number: UInt32, of queues: Reference<CallQueues>?) -> Reference<Task>? {
    var candidate = value.servedCallers.first
    while let caller = candidate {
      let record = caller.value.call
      if record.value.place == .taken && record.value.number == number
        && (queues == nil || record.value.service == queues?.address)
      {
        return caller
      }
      candidate = caller.value.next
    }
    return nil
  }

  /// Ends a call with a reply, which is in the caller's record. The caller is still to be woken.
  @inline(__always)
  public func finishCall<Scheduler: CallScheduler>(result: Int32, _ scheduler: Scheduler) {
    let record = value.call
    guard record.value.service != 0 else { return }
    let queues = unsafe Reference<CallQueues>(
      UnsafeMutablePointer(bitPattern: record.value.service).unsafelyUnwrapped)
    queues.finish(self, result, scheduler)
  }
}
