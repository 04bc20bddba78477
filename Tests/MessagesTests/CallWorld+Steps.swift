// What the tasks of the model do when it is their turn: clients call, servers take and answer, and the manager moves the
// service.

import ABI
@testable import Messages
import Primitives
import Scheduling
import TestSupport

extension CallWorld {
  func step(_ index: Int) throws(Violation) {
    switch actors[index].role {
    case .client: try stepCaller(index)
    case .server: try stepServer(index)
    case .manager: try stepManager(index)
    }
  }

  private func send(_ index: Int) {
    let caller = task(index)
    caller.value.call.value.sender = TaskIdentity(actors[index].process)
    if queues.value.admits(TaskIdentity(actors[index].process)) && queues.value.epoch == 0 {
      // Nobody serves: the call fails without a wait.
      caller.value.call.value.result = SystemError.peerGone.rawValue
      return
    }
    if let server = queues.directServer(for: caller) {
      queues.handOver(caller, to: server)
      ModelScheduler().endWait(of: server, .handed)
      // It runs at once, and has the request.
      work(Int(server.value.identity.value) - 1, on: caller)
    } else if let server = queues.begin(caller, ModelScheduler()) {
      server.servedCallers.append(caller)
      // As in the kernel the caller joins the queue before the server's wait ends.
      ModelScheduler().wake(server)
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
    case .woken, .inRegisters: break
    case .handed: return true
    case .timedOut, .cancelled:
      queues.leave(caller, ModelScheduler())
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
      if let caller = queues.directCaller(of: server, number: actors[index].request, epoch: actors[index].epoch) {
        try note(caller)
        queues.answer(caller, by: server, result: 0)
        // The caller runs at once, and does this first.
        ModelScheduler().revokeLease(of: caller)
        ModelScheduler().endWait(of: caller, .handed)
        return
      }
      // A caller that gave up is not there any more.
      if let caller = server.callerServed(number: actors[index].request, of: queues) {
        try note(caller)
        caller.finishCall(result: 0, ModelScheduler())
        ModelScheduler().wake(caller)
      }
      return
    }
    switch queues.next(for: server, epoch: actors[index].epoch, ModelScheduler()) {
    case .take(let caller): work(index, on: caller)
    case .wait: queues.receivers.append(server)
    case .waitAsFormer: queues.formerReceivers.append(server)
    case .over: actors[index].stage = .done
    }
  }

  /// A server task has a caller's request.
  private func work(_ index: Int, on caller: Reference<Scheduling.Task>) {
    if isLending { caller.value.call.value.lentTo = task(index) }
    actors[index].stage = .working
    actors[index].request = caller.value.call.value.number
  }

  /// A request has been done.
  private func note(_ caller: Reference<Scheduling.Task>) throws(Violation) {
    let index = Int(caller.value.identity.value) - 1
    actors[index].timesDone += 1
    if actors[index].timesDone > 1 { throw Violation(text: "a request of actor \(index) was done twice") }
  }

  func refuse(_ index: Int) {
    let server = task(index)
    actors[index].stage = .start
    guard let caller = server.callerServed(number: actors[index].request, of: queues) else { return }
    queues.putBack(caller, from: server, ModelScheduler())
  }

  func keep(_ index: Int) {
    let server = task(index)
    actors[index].stage = .start
    guard let caller = server.callerServed(number: actors[index].request, of: queues) else { return }
    queues.keep(caller, from: server, epoch: actors[index].epoch, ModelScheduler())
  }

  func answerKept(_ index: Int) throws(Violation) {
    let number = task(index).value.call.value.number
    guard let caller = queues.callerKept(number: number, epoch: queues.value.epoch) else {
      throw Violation(text: "the request of actor \(index) is kept and not found")
    }
    try note(caller)
    caller.finishCall(result: 0, ModelScheduler())
    ModelScheduler().wake(caller)
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
      if queues.value.epoch == 0 || queues.value.formerEpoch != 0 {
        return resume(index)
      }
      actors[index].stage = .saved
    case .saved:
      if queues.value.epoch == 0 { return resume(index) }
      queues.beginEpoch(ModelScheduler())
      header.value.hasSuccessor = true
      actors[successor].epoch = queues.value.epoch
      actors[successor].stage = .start
      actors[index].stage = .installed
    case .installed:
      queues.endFormerEpoch(ModelScheduler())
      actors[index].stage = .retired
    case .retired: resume(index)
    default: break
    }
  }

  private func resume(_ index: Int) {
    queues.resume(ModelScheduler())
    actors[index].stage = .done
  }
}
