// Requests as a placement makes them, from processes of which some have ended.

import ABI
import ServiceSupport

/// Which processes have ended. Tests that use it run one after the other.
nonisolated(unsafe) var endedProcesses: Set<UInt32> = []

/// What those who ask may do. The same.
nonisolated(unsafe) var rightsOfAsking: Rights = []

struct Answer {
  var words: InlineArray<6, UInt32>
  var bytes: [UInt8]
}

final class Asked<Placed: Service> {
  private var host = ServiceHost<Placed>()

  func ask(
    _ operation: UInt32, _ words: [UInt32] = [], _ data: [UInt8] = [], by sender: UInt32 = 1, capacity: Int = 4096,
    with rights: Rights = []
  ) -> Answer {
    rightsOfAsking = rights
    var all = InlineArray<6, UInt32>(repeating: 0)
    for (index, word) in words.enumerated() { all[index] = word }
    var buffer = [UInt8](repeating: 0, count: capacity)
    var reply = InlineArray<6, UInt32>(repeating: 0)
    var count = 0
    unsafe data.withUnsafeBufferPointer { data in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        unsafe withUnsafePointer(to: all) { words in
          var request = unsafe Request(
            operation: operation, words: words, sender: sender, data: data.baseAddress, dataCount: data.count,
            reply: buffer.baseAddress, capacity: capacity,
            rights: { _ in rightsOfAsking.rawValue }, lives: { !endedProcesses.contains($0) })
          host.handle(&request)
          reply = request.reply
          count = request.replyCount
        }
      }
    }
    return Answer(words: reply, bytes: Array(buffer.prefix(count)))
  }

  /// The state, as its mover gets it.
  func savedState() -> [UInt8] {
    var state: [UInt8] = []
    repeat {
      let part = ask(CommonOperation.save, [UInt32(state.count)], by: 0x8000_0009, capacity: 700)
      state += part.bytes
      if part.bytes.isEmpty || state.count == Int(part.words[0]) { return state }
    } while true
  }

  /// Returns whether the service took it.
  func restore(_ state: [UInt8]) -> Bool {
    var done = 0
    while true {
      let next = min(done + 700, state.count)
      let words = [UInt32(done), UInt32(state.count)]
      let answer = ask(CommonOperation.restore, words, Array(state[done..<next]), by: 0x8000_0009)
      if next == state.count { return answer.words[0] == 1 }
      done = next
    }
  }
}
