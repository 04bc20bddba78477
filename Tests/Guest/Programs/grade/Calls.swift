// Calls to services: one with words and bytes whose reply is written out, and many of one kind whose cost is measured.

import ABI
import Primitives
import SDK
import UserSupport

extension Grade {
  /// As long as a program may run; in nanoseconds.
  private static var waitLimit: UInt64 { 100_000_000 }

  static func call(_ tag: Tag) -> Int32 {
    var words = InlineArray<6, UInt32>(repeating: 0)
    var data: [UInt8] = []
    var index = 5
    let count = ProgramInformation.argumentCount
    guard count > 4, let operation = ProgramInformation.argument(4).number else { return usage() }
    while index < count, !(ProgramInformation.argument(index) == ":") {
      guard index < 11, let word = ProgramInformation.argument(index).number else { return usage() }
      words[index - 5] = word
      index += 1
    }
    if index + 1 < count {
      guard let bytes = bytes(ProgramInformation.argument(index + 1)) else { return usage() }
      data = bytes
    }
    var reply: [UInt8] = []
    do throws(SystemError) {
      let service = try open(ProgramInformation.argument(3))
      defer { service.close() }
      // Only who holds a service's calls, to move it, may ask for its state (0x7fffff01 and 0x7fffff02).
      let isAboutState = operation & ~3 == 0x7fff_ff00
      if isAboutState { try ServiceList.control(ProgramInformation.argument(3), .hold) }
      defer { if isAboutState { try? ServiceList.control(ProgramInformation.argument(3), .release) } }
      // A server that loops is more urgent than programs are: who gives it up must be more urgent still.
      try TaskIdentity.current.setPriority(31)
      let answer = try service.call(
        operation, words: words, data: data, reply: &reply, capacity: 4096, nanoseconds: waitLimit)
      tag.say("reply") { line in
        for index in answer.indices {
          line.write(decimal: answer[index])
          line.write(" ")
        }
        line.write(": ")
        for byte in reply {
          line.write(hexadecimalDigit: byte >> 4)
          line.write(hexadecimalDigit: byte & 15)
        }
      }
      return 0
    } catch {
      if error == .timedOut {
        giveUp(ProgramInformation.argument(3))
        tag.say("limit")
      } else {
        tag.say("refused") { $0.write(error.sentence) }
      }
      return 1
    }
  }

  /// Ends a server that does not answer: whatever comes next would wait for it. The manager starts it again.
  private static func giveUp(_ name: Bytes) {
    guard let service = ServiceList.find(name), service.state == 1 else { return }
    try? TaskIdentity(service.owner).kill(status: 1)
  }

  /// Opens a service, which may be on its way back from a crash.
  private static func open(_ name: Bytes) throws(SystemError) -> ServiceClient {
    for _ in 0..<500 {
      do throws(SystemError) { return try ServiceClient(name) } catch {
        guard error == .notFound || error == .peerGone else { throw error }
        Thread.sleep(milliseconds: 2)
      }
    }
    return try ServiceClient(name)
  }

  private static func bytes(_ text: Bytes) -> [UInt8]? {
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: text.count - 1, by: 2) {
      guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return text.count % 2 == 0 ? bytes : nil
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// The median of `COUNT` calls with `LENGTH` bytes each way, less what a pair of readings costs by itself. The first 16
  /// do not count: they touch pages and caches for the first time.
  static func measure(_ tag: Tag) -> Int32 {
    guard ProgramInformation.argumentCount == 6, let length = ProgramInformation.argument(4).number,
      let count = ProgramInformation.argument(5).number, length <= 4096, (1...1000).contains(count)
    else { return usage() }
    let data = [UInt8](repeating: 0x5a, count: Int(length))
    var costs: [UInt64] = []
    costs.reserveCapacity(Int(count))
    do throws(SystemError) {
      let service = try open(ProgramInformation.argument(3))
      defer { service.close() }
      var empty = UInt64.max
      for _ in 0..<16 {
        let start = read_time_stamp()
        empty = min(empty, read_time_stamp() - start)
      }
      var reply: [UInt8] = []
      for index in 0..<Int(count) + 16 {
        let start = read_time_stamp()
        _ = try service.call(1, data: data, reply: &reply, capacity: Int(length))
        let cost = read_time_stamp() - start
        if index >= 16 { costs.append(cost - empty) }
      }
    } catch {
      tag.say("refused") { $0.write(error.sentence) }
      return 1
    }
    sort(&costs)
    tag.say("done") { $0.write(decimal: costs[costs.count / 2]) }
    return 0
  }

  private static func sort(_ numbers: inout [UInt64]) {
    for index in 1..<max(numbers.count, 1) {
      var place = index
      while place > 0, numbers[place - 1] > numbers[place] {
        numbers.swapAt(place - 1, place)
        place -= 1
      }
    }
  }
}
