// What the log must do: number its records, give them back, and drop the oldest.

import ABI
import Primitives
import SDK
import ServiceSupport

extension Conformance {
  static func checksLog() -> Bool {
    do throws(SystemError) {
      let log = try ServiceClient("log")
      defer { log.close() }
      var reply: [UInt8] = []
      // Nothing is there to read at first.
      guard try log.call(LogOperation.read.rawValue, words: words(0), reply: &reply, capacity: 64)[0] == 0 else {
        return false
      }
      for number in 0..<700 as Range<UInt32> {
        let result = try log.call(LogOperation.append.rawValue, data: record(number), reply: &reply)
        guard result[0] == 1, result[1] == number else { return false }
      }
      // Records of up to 79 bytes: 256 of them are below the limit in bytes, so the number is what is limited.
      var status = try log.call(LogOperation.status.rawValue, reply: &reply)
      guard status[0] == 700 - 256, status[1] == 700 else { return false }
      for number in status[0]..<700 {
        let result = try log.call(LogOperation.read.rawValue, words: words(number), reply: &reply, capacity: 128)
        guard result[0] == 1, result[1] == number, reply == record(number) else { return false }
      }
      // One that was dropped reads as the oldest; one that is not there yet as none.
      guard try log.call(LogOperation.read.rawValue, words: words(3), reply: &reply, capacity: 128)[1] == 444,
        try log.call(LogOperation.read.rawValue, words: words(700), reply: &reply, capacity: 128)[0] == 0
      else { return false }
      // Long records push out more than one, and too long ones are refused.
      let long = [UInt8](repeating: 7, count: 1024)
      for _ in 0..<20 { _ = try log.call(LogOperation.append.rawValue, data: long, reply: &reply) }
      status = try log.call(LogOperation.status.rawValue, reply: &reply)
      guard status[1] == 720, status[1] - status[0] == 16, status[2] == 16384 else { return false }
      return try log.call(LogOperation.append.rawValue, data: long + [1], reply: &reply)[0] == 2
    } catch {
      return false
    }
  }

  private static func record(_ number: UInt32) -> [UInt8] {
    var record: [UInt8] = []
    for index in 0..<(number % 60) { record.append(UInt8(truncatingIfNeeded: number &* 13 &+ index)) }
    return record
  }
}
