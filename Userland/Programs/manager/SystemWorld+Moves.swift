// Holding a service's calls, taking its state and giving it to its successor, in parts of at most 32 KiB: each with a time limit.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

extension SystemWorld {
  /// How long the calls inside a service may take to be answered, in milliseconds, and how long one of the manager's own.
  private static var holdLimit: UInt64 { 5000 }
  private static var callLimit: UInt64 { 2000 }
  private static var part: Int { 32768 }
  /// The most bytes of a state.
  private static var stateLimit: Int { 16 << 20 }

  // MARK: Holding

  func hold(_ name: [UInt8]) throws(ManagerRefusal) {
    let arguments = NameArguments(name)
    let result = LimitedCall.run(milliseconds: Self.holdLimit) {
      unsafe SystemCalls.serviceControl(arguments.name, arguments.count, ServiceAction.hold.rawValue)
    }
    guard let result else {
      // The thread may have come so far just before its end.
      try? release(name)
      throw ManagerRefusal("it does not answer the calls that it has taken")
    }
    if result < 0 { throw Self.refusal(result) }
  }

  func release(_ name: [UInt8]) throws(ManagerRefusal) { try control(name, .release) }
  func retire(_ name: [UInt8]) throws(ManagerRefusal) { try control(name, .retire) }

  private func control(_ name: [UInt8], _ action: ServiceAction) throws(ManagerRefusal) {
    var failure: SystemError?
    Self.withBytes(name) { name in
      do throws(SystemError) { try ServiceList.control(name, action) } catch { failure = error }
    }
    if let failure { throw ManagerRefusal(failure.sentence) }
  }

  private static func refusal(_ result: Int32) -> ManagerRefusal {
    ManagerRefusal((SystemError(rawValue: result) ?? .peerGone).sentence)
  }

  // MARK: States

  func save(_ name: [UInt8], of server: Server) throws(ManagerRefusal) -> [UInt8] {
    var state: [UInt8] = []
    while true {
      let reply = try ask(name, server, CommonOperation.save, (UInt32(state.count), 0), [], Self.part)
      // A service may say anything.
      guard let size = Int(exactly: reply.word), size <= Self.stateLimit else {
        throw ManagerRefusal("it has more to say than can be moved")
      }
      state += reply.data
      guard state.count <= size else { throw ManagerRefusal("it says more than it announced") }
      if state.count == size { return state }
      guard !reply.data.isEmpty else { throw ManagerRefusal("it says less than it announced") }
    }
  }

  func restore(_ name: [UInt8], _ state: [UInt8], to server: Server) throws(ManagerRefusal) {
    var done = 0
    repeat {
      let next = min(done + Self.part, state.count)
      let words = (UInt32(done), UInt32(state.count))
      let reply = try ask(name, server, CommonOperation.restore, words, Array(state[done..<next]), 0)
      guard reply.word == 1 || next < state.count else {
        throw ManagerRefusal("the new placement refused the state of the old one")
      }
      done = next
    } while done < state.count
  }

  /// Asks a service whose calls are held.
  /// Has a server bring what is only in memory to where it stays.
  func settle(_ name: [UInt8], _ server: Server) {
    _ = try? ask(name, server, CommonOperation.settle, (0, 0), [], 0)
  }

  private func ask(
    _ name: [UInt8], _ server: Server, _ operation: UInt32, _ words: (UInt32, UInt32), _ data: [UInt8],
    _ capacity: Int
  ) throws(ManagerRefusal) -> (word: UInt32, data: [UInt8]) {
    let client = try Self.open(name)
    defer { client.close() }
    var all = InlineArray<6, UInt32>(repeating: 0)
    (all[0], all[1]) = words
    do throws(SystemError) {
      var reply: [UInt8] = []
      let result: InlineArray<6, UInt32>
      if server.placement == .linked {
        // The thread that calls is inside the module, where the kernel keeps no limit for it.
        let call = LinkedCall(client, operation, all, data, capacity)
        guard let status = LimitedCall.run(milliseconds: Self.callLimit, { call.send() }) else { throw .timedOut }
        if let error = SystemError(rawValue: status) { throw error }
        if isUnknownOperation(call.words[0]) { throw .unsupported }
        (result, reply) = (call.words, call.reply)
      } else {
        result = try client.call(
          operation, words: all, data: data, reply: &reply, capacity: capacity,
          nanoseconds: Self.callLimit * 1_000_000)
      }
      return (result[0], reply)
    } catch {
      switch error {
      case .timedOut where operation == CommonOperation.save:
        throw ManagerRefusal("it does not answer when it is asked for its state")
      case .timedOut: throw ManagerRefusal("the new placement does not answer when it is given the state")
      default: throw ManagerRefusal(error.sentence)
      }
    }
  }
}
