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
    report.run("a directory has nothing at positions that make no sense") { hasNothingAtOddPositions() }
  }

  /// Around each number where another bit or the sign begins.
  private static func hasNothingAtOddPositions() -> Bool {
    for path in ["/", "/bin", "/dev"] as [StaticString] {
      guard let directory = try? Handle.open(Bytes(path).copied, .directory) else { return false }
      defer { directory.close() }
      for bit in 12..<32 as Range<UInt32> {
        for distance in 0..<3 as Range<UInt32> {
          var entry = DirectoryEntry()
          let result = unsafe SystemCalls.directoryEntry(directory.number, (1 << bit) &- 2 &+ distance, &entry)
          guard result >= 0 || SystemError(rawValue: result) == .notFound else { return false }
        }
      }
    }
    return true
  }
}
