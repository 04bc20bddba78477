// The call itself: registers, numbers, both ways in.

import ABI
import SDK
import UserSupport

enum CallTests {
  static func run(in report: inout TestReport) {
    report.run("a call keeps every register but EAX") { registers_lost_by_call() == 0 }
    report.run("the gate does the same as the system-call page") {
      gate_call0(SystemCall.null.rawValue) == 0 && megha_system_call0(SystemCall.null.rawValue) == 0
    }
    report.run("a call needs nothing in DS and ES") { call_without_data_segments() == 0 }
    report.run("unknown calls are refused") {
      for number in [SystemCall.count, 1000, 0x8000_0000, .max] as [UInt32] {
        guard megha_system_call0(number) == SystemError.unknownCall.rawValue,
          gate_call0(number) == SystemError.unknownCall.rawValue
        else { return false }
      }
      return true
    }
  }
}
