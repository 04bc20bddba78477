// The most frequent steps of the protocol in one go: a request handed to a server task that waits, and an answer by a
// server task that has nothing else to do. They do what `begin`, `next` and `finishCall` do in these cases: the server
// has taken the request, the caller has its answer. Both find `handed` as the reason why their wait ended.
//
// Invariants:
// - Each is asked for first (`directServer`, `directCaller`), which changes nothing. Nothing is lent and nobody is
//   woken on the way: where that is needed, the general steps do it.
// - The scheduler runs the one that `handOver` or `answer` took out of its wait at once, with no other task in between.

import ABI
import Primitives
import Scheduling

extension Reference where Value == CallQueues {
  /// The server task that a request of `caller` can be handed to.
  @inline(__always)
  public func directServer(for caller: Reference<Task>) -> Reference<Task>? {
    guard value.holder == .none, let server = value.receivers.first,
      server.value.priority >= caller.value.priority
    else { return nil }
    return server
  }

  /// Hands a request to the first of the waiting server tasks and makes the caller wait for it: the last of those that
  /// the server task serves.
  @inline(__always)
  public func handOver(_ caller: Reference<Task>, to server: Reference<Task>) {
    let record = caller.value.call
    enter(record)
    record.value.place = .taken
    value.inside &+= 1
    caller.value.lockOwner = server
    value.receivers.takeFirst(server)
    server.servedCallers.append(caller)
    server.value.wakeReason = .handed
  }

  /// The caller that `server`, an endpoint of `epoch`, answers with request `number`, where it waits for the next
  /// request afterwards.
  @inline(__always)
  public func directCaller(of server: Reference<Task>, number: UInt32, epoch: UInt32) -> Reference<Task>? {
    guard let caller = server.value.servedCallers.first,
      caller.value.call.value.number == number, caller.value.call.value.place == .taken,
      caller.value.call.value.service == address, value.epoch == epoch, value.callers.first == nil,
      value.drainers.first == nil, server.value.priority == server.value.basePriority,
      !caller.value.wakeTimer.isRunning
    else { return nil }
    return caller
  }

  /// Answers the caller that `directCaller` found, and makes the server task wait for a request.
  @inline(__always)
  public func answer(_ caller: Reference<Task>, by server: Reference<Task>, result: Int32) {
    let record = caller.value.call
    record.value.place = .nowhere
    record.value.service = 0
    record.value.result = result
    value.inside &-= 1
    caller.value.lockOwner = nil
    caller.value.wakeReason = .handed
    server.value.servedCallers.takeFirst(caller)
    receivers.append(server)
  }
}
