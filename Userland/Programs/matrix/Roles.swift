// What the program does when it was started by itself: `matrix ROLE NUMBER NUMBER`.

import ABI
import Primitives
import SDK
import UserSupport

enum Roles {
  /// Starts this program in a role. Returns nil where that failed.
  static func start(
    _ role: StaticString, _ first: UInt32, _ second: UInt32, _ options: StartOptions
  ) -> TaskIdentity? {
    var arguments = WordList()
    arguments.append("matrix")
    arguments.append(role)
    arguments.append(digits(first))
    arguments.append(digits(second))
    do throws(Refusal) {
      return try Process.start(Bytes("/bin/matrix"), arguments: arguments, options: options)
    } catch {
      Console.write {
        $0.write("matrix: not started: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return nil
    }
  }

  private static func digits(_ number: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(decimal: number)
    return writer.bytes
  }

  static func run(_ role: Bytes) -> Int32 {
    guard ProgramInformation.argumentCount == 4, let first = ProgramInformation.argument(2).number,
      let second = ProgramInformation.argument(3).number, let own = try? TaskIdentity.current.information()
    else {
      Console.complain("usage: matrix [--stack separate|shared]\n")
      return 2
    }
    if role == "--starter" {
      guard read_code_segment() & 3 == second else { return 15 }
      return Int32(bitPattern: Starts.fromHere(first == 1 ? .sharedStack : []))
    }
    if role == "--started" {
      let isRight = Starts.isAsAsked(Kind(ring: first, isThread: false), own) && own.parent == second
      return isRight && own.isThread == 0 ? 0 : 1
    }
    if role == "--state", let state = State(rawValue: first) {
      state.enter()
      return 1
    }
    if role == "--family" { return family(first) }
    return 2
  }

  /// A process with children and threads that outlive the end of its first thread, unless they end with it.
  private static func family(_ member: UInt32) -> Int32 {
    switch member {
    case 0:
      // Starts a sleeping child and ends: the child is an orphan.
      guard let child = start("--family", 1, 0, StartOptions()) else { return 255 }
      return Int32(bitPattern: child.number & 0x7f)
    case 1:
      Thread.sleep(milliseconds: 20)
      return 0
    case 2, 3:
      for flags: StartFlags in [[], .detached] {
        _ = try? Thread.start(StartOptions(flags: flags)) {
          Thread.sleep(milliseconds: 60_000)
          return 0
        }
      }
      guard member == 3 else { return 5 }
      // A thread aborts: all end, and its status is the process's.
      _ = try? Thread.start { Process.abort(6) }
      Thread.sleep(milliseconds: 60_000)
      return 0
    default: return 2
    }
  }
}
