// Requests that a server keeps: it has taken them, works on others meanwhile, and answers them later by their numbers.
//
// Invariants:
// - A kept request has changed nothing yet. So it can be sent again, to this server or to another one, whenever that is simpler
//   than to wait for its answer: a hold gives all of them back.
// - Requests that a module keeps are in no queue of the service's: their callers wait with the module (ModuleWaits.swift), and find
//   out by themselves that the epoch has ended or a hold has begun.
// - `kept` holds requests of the present epoch. They are not `inside`, and their callers lend nobody their priority.

import ABI
import Primitives
import Scheduling

extension Reference where Value == CallQueues {
  public var kept: Reference<TaskQueue> { Reference<TaskQueue>(to: &value.kept) }

  /// `server`, an endpoint of `epoch`, keeps the request that it has taken from `caller`. Where its term is over, or the
  /// calls are held, the request waits for whoever serves next instead: an answer by its number reaches nobody.
  public func keep<Scheduler: CallScheduler>(
    _ caller: Reference<Task>, from server: Reference<Task>, epoch: UInt32, _ scheduler: Scheduler
  ) {
    let record = caller.value.call
    if record.value.lentTo != nil { scheduler.revokeLease(of: caller) }
    server.value.servedCallers.remove(caller)
    caller.value.lockOwner = nil
    scheduler.updatePriority(of: server)
    let isAdmitted = value.admits(record.value.sender)
    if isAdmitted && value.epoch == epoch {
      record.value.place = .kept
      kept.append(caller)
    } else {
      record.value.place = .queued
      callers.append(caller)
    }
    countOut(scheduler)
    if record.value.place == .queued && isAdmitted {
      if let other = value.receivers.first { scheduler.wake(other) }
      if value.epoch == 0 { failAdmitted(scheduler) }
    }
  }

  /// The caller whose request of this number the server of `epoch` keeps.
  public func callerKept(number: UInt32, epoch: UInt32) -> Reference<Task>? {
    guard value.epoch == epoch else { return nil }
    var candidate = value.kept.first
    while let caller = candidate {
      if caller.value.call.value.number == number { return caller }
      candidate = caller.value.next
    }
    return nil
  }

  /// A module keeps the request of a caller, which waits with the module's other ones.
  public func keep(_ caller: Reference<Task>, number: UInt32) {
    let record = caller.value.call
    record.value.service = address
    record.value.place = .kept
    record.value.result = SystemError.peerGone.rawValue
    record.value.number = number
  }

  /// A caller gives up a request that a module keeps, and runs.
  public func forget(_ caller: Reference<Task>) {
    let record = caller.value.call
    record.value.place = .nowhere
    record.value.service = 0
  }

  /// What is kept waits for a server again, in its order and before what came later.
  func requeueKept() {
    while let caller = value.kept.last {
      value.kept.remove(caller)
      caller.value.call.value.place = .queued
      callers.prepend(caller)
    }
  }

  /// The server is gone that kept them.
  public func failKept<Scheduler: CallScheduler>(_ scheduler: Scheduler) {
    while let caller = value.kept.first {
      value.faults &+= 1
      fail(caller, .serviceFaulted, scheduler)
    }
  }
}
