// Asks the new system call what the grader wants to know. The grader builds this against the student's tree.
//
//     checksum sum LENGTH FIRST OFFSET   bytes FIRST, FIRST + 7, ... at OFFSET of a page
//     checksum at ADDRESS LENGTH         whatever is there, or is not
//     checksum edge LENGTH               so many bytes before the end of the caller's memory, and one more
//
// Each writes `result N`.

import ABI
import Primitives
import Runtime
import SDK

@main
struct Checksum: Program {
  private static var pageSize: UInt32 { 4096 }

  static func run() -> Int32 {
    let count = ProgramInformation.argumentCount
    guard count > 2, let first = ProgramInformation.argument(2).number else { return 2 }
    let action = ProgramInformation.argument(1)
    let second = count > 3 ? ProgramInformation.argument(3).number ?? 0 : 0
    let third = count > 4 ? ProgramInformation.argument(4).number ?? 0 : 0
    if action == "sum" { return sum(length: first, first: second, offset: third) }
    if action == "at" { return report(first, second) }
    if action == "edge" { return edge(first) }
    return 2
  }

  private static func report(_ address: UInt32, _ length: UInt32) -> Int32 {
    let result = unsafe SystemCalls.checksum(UnsafeRawPointer(bitPattern: UInt(address)), length)
    Console.write {
      $0.write("result ")
      $0.write(decimal: Int(result))
      $0.write("\n")
    }
    return 0
  }

  private static func sum(length: UInt32, first: UInt32, offset: UInt32) -> Int32 {
    guard let start = try? Memory.map(length + offset + pageSize, [.read, .write]) else { return 1 }
    for index in 0..<length {
      unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(start + offset + index))?.pointee =
        UInt8(truncatingIfNeeded: first &+ index &* 7)
    }
    return report(start + offset, length)
  }

  private static func edge(_ length: UInt32) -> Int32 {
    // The second page is taken away: nothing lies behind the first.
    guard let start = try? Memory.map(2 * pageSize, [.read, .write]) else { return 1 }
    try? Memory.unmap(start + pageSize, pageSize)
    return report(start + pageSize - length, length + 1)
  }
}
