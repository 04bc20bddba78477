// Duplicates allow what they were made for and nothing else.

import ABI
import Primitives
import Runtime
import SDK

enum RightsChecks {
  static func run(_ checks: inout Checklist) {
    guard let withoutWriting = try? Handle.output.duplicate(.duplicate),
      let writeOnly = try? Handle.output.duplicate(.write)
    else {
      checks.check(false, "two duplicates of the console")
      return
    }
    var byte: UInt8 = 0x2e
    let refused = unsafe SystemCalls.write(withoutWriting.number, &byte, 1)
    checks.check(refused == SystemError.badHandle.rawValue, "a duplicate without the right to write does not write")
    checks.check(unsafe SystemCalls.write(writeOnly.number, &byte, 0) == 0, "one with the right does")
    checks.check(
      Handles.refusal { () throws(SystemError) in try withoutWriting.duplicate([.read, .write]) } == .notPermitted,
      "a duplicate allows no more than what it was made from")
    checks.check(
      Handles.refusal { () throws(SystemError) in try writeOnly.duplicate(.write) } == .badHandle,
      "without the right to duplicate there is none")
    checks.check(
      Handles.refusal { () throws(SystemError) in try writeOnly.duplicate(HandleRights(rawValue: 32)) } == .badArgument,
      "a right that does not exist is an error")
    withoutWriting.close()
    checks.check(unsafe SystemCalls.write(writeOnly.number, &byte, 0) == 0, "closing one leaves the others")
    writeOnly.close()
    checks.check(
      unsafe SystemCalls.write(writeOnly.number, &byte, 0) == SystemError.badHandle.rawValue, "a closed one is gone")
    fullTable(&checks)
  }

  private static func fullTable(_ checks: inout Checklist) {
    var handles: [Handle] = []
    while let handle = try? Handle.output.duplicate(.write) { handles.append(handle) }
    checks.check(
      handles.count == 29 && Handles.refusal { () throws(SystemError) in try Notification() } == .limitReached,
      "a full table is an error, and a notification is not half made")
    for handle in handles { handle.close() }
  }
}
