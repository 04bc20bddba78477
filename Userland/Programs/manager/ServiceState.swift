// Taking a service's state and giving it to its successor, in parts of at most 32 KiB.

import ABI
import SDK
import ServiceSupport

enum ServiceState {
  private static var part: Int { 32768 }

  static func save(_ name: [UInt8]) throws(ManagerRefusal) -> [UInt8] {
    var state: [UInt8] = []
    var words = InlineArray<6, UInt32>(repeating: 0)
    while true {
      words[0] = UInt32(state.count)
      var reply: [UInt8] = []
      let size = try call(name, CommonOperation.save, words, [], &reply, part)[0]
      state += reply
      if state.count >= Int(size) || reply.isEmpty { break }
    }
    return state
  }

  static func restore(_ name: [UInt8], _ state: [UInt8]) throws(ManagerRefusal) {
    var done = 0
    repeat {
      let next = min(done + part, state.count)
      var words = InlineArray<6, UInt32>(repeating: 0)
      words[0] = UInt32(done)
      words[1] = UInt32(state.count)
      var reply: [UInt8] = []
      let taken = try call(name, CommonOperation.restore, words, Array(state[done..<next]), &reply, 0)[0]
      guard taken == 1 else { throw ManagerRefusal("the new placement refused the state of the old one") }
      done = next
    } while done < state.count
  }

  private static func call(
    _ name: [UInt8], _ operation: UInt32, _ words: InlineArray<6, UInt32>, _ data: [UInt8],
    _ reply: inout [UInt8], _ capacity: Int
  ) throws(ManagerRefusal) -> InlineArray<6, UInt32> {
    var result: InlineArray<6, UInt32>?
    var failure: SystemError?
    Servers.withBytes(name) { name in
      do throws(SystemError) {
        let client = try ServiceClient(name)
        defer { client.close() }
        result = try client.call(operation, words: words, data: data, reply: &reply, capacity: capacity)
      } catch { failure = error }
    }
    guard let result else { throw ManagerRefusal((failure ?? .peerGone).sentence) }
    return result
  }
}
