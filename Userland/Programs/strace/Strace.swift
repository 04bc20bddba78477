// Runs a program and prints the system calls it makes: the task, its ring, the call with its arguments as the table
// describes them, the result, and the instructions the call took.
//
//     strace [--ring0] [--stack separate|shared] [--guarded] PROGRAM [WORD...]
//
// The program's own output comes in between. The exit status is the program's.

import ABI
import Primitives
import Runtime
import SDK

@main
struct Strace: Program {
  static func run() -> Int32 {
    var flags: StartFlags = .traced
    var index = 1
    while index < ProgramInformation.argumentCount, ProgramInformation.argument(index).hasPrefix("--") {
      let word = ProgramInformation.argument(index)
      let value =
        index + 1 < ProgramInformation.argumentCount ? ProgramInformation.argument(index + 1) : Bytes("")
      if word == "--ring0" {
        flags.insert(.ring0)
      } else if word == "--guarded" {
        flags.formUnion([.ring0, .guarded])
      } else if word == "--stack", value == "shared" {
        flags.formUnion([.ring0, .sharedStack])
        index += 1
      } else if word == "--stack", value == "separate" {
        index += 1
      } else {
        return usage()
      }
      index += 1
    }
    guard index < ProgramInformation.argumentCount else { return usage() }
    return trace(argumentsFrom: index, flags)
  }

  private static func usage() -> Int32 {
    Console.complain("usage: strace [--ring0] [--stack separate|shared] [--guarded] PROGRAM [WORD...]\n")
    return 2
  }

  private static func trace(argumentsFrom first: Int, _ flags: StartFlags) -> Int32 {
    var arguments = WordList()
    for index in first..<ProgramInformation.argumentCount { arguments.append(ProgramInformation.argument(index)) }
    do throws(Refusal) {
      let task = try Process.start(
        named: ProgramInformation.argument(first), arguments: arguments, options: StartOptions(flags: flags))
      printCalls(of: task)
      guard let outcome = try? task.wait() else { return 1 }
      Console.write {
        $0.write("strace: the program ")
        outcome.describe(to: &$0)
        $0.write("\n")
      }
      return outcome.shellStatus
    } catch {
      Console.write {
        $0.write("strace: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return 126
    }
  }

  private static func printCalls(of task: TaskIdentity) {
    var records = InlineArray<8, TraceRecord>(repeating: TraceRecord())
    let size = MemoryLayout<TraceRecord>.size
    while true {
      let result = withUnsafeMutablePointer(to: &records) {
        SystemCalls.traceRead(task.number, $0, UInt32(8 * size))
      }
      guard result > 0 else { return }
      for index in 0..<Int(result) / size { Console.write { CallText(records[index]).write(to: &$0) } }
    }
  }
}
