// What a byte through a pipe and another one back costs: to another process, which has its ends as input and output.

import ABI
import Primitives
import Runtime
import SDK

enum PipeRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in [TaskKind.ring3, .separate] {
      let name = RowName("round trip of 1 byte, ", kind.label, " and ", other.label)
      guard let there = try? Pipe(), let back = try? Pipe() else {
        report.write(name, reason: "there is no pipe")
        continue
      }
      var options = StartOptions(flags: other.flags)
      options.input = .handle(there.reading.number)
      options.output = .handle(back.writing.number)
      let partner = Partner(role: .repeater, options: options)
      there.reading.close()
      back.writing.close()
      if let partner {
        var byte: UInt8 = 0
        report.measure(name) {
          let result = unsafe SystemCalls.write(there.writing.number, &byte, 1)
          return result < 0 ? result : unsafe SystemCalls.read(back.reading.number, &byte, 1)
        }
        partner.end()
      } else {
        report.write(name, reason: "the other process was not started")
      }
      there.writing.close()
      back.reading.close()
    }
  }

  /// The other process: writes what it reads, until nothing comes any more.
  static func answer() -> Int32 {
    var byte: UInt8 = 0
    while unsafe SystemCalls.read(StandardHandle.input, &byte, 1) == 1,
      unsafe SystemCalls.write(StandardHandle.output, &byte, 1) == 1
    {}
    return 1
  }
}
