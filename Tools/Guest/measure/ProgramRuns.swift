// A program from its start to its end, in every kind of task.
//
// Invariant: a run that exceeds its limit is ended by a thread that sleeps meanwhile, so that nothing of it is measured.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

struct ProgramRuns {
  let runs: Int
  /// The longest that one run may take, in milliseconds.
  let limit: UInt32
  /// The path, and the arguments.
  let words: [Bytes]

  /// The status with which a run is ended that took too long.
  private static var overdue: UInt32 { 0x7e57_0124 }

  /// How long nothing runs before each run, in milliseconds.
  private static var rest: UInt32 { 100 }

  func measureAll() -> Int32 {
    var status: Int32 = 0
    for kind in TaskKind.allCases where !measure(kind) { status = 1 }
    return status
  }

  private func measure(_ kind: TaskKind) -> Bool {
    let name = { (line: inout ConsoleLine) in line.write(kind.label) }
    guard var samples = Samples() else {
      Row.write(name) { $0.write("There is no memory for samples.") }
      return false
    }
    var counts = Counts()
    // The first run finds caches and pools empty; it does not count.
    for run in -1..<runs {
      let before = Counts.take()
      switch sample(kind) {
      case .taken(let instructions):
        if run >= 0 {
          samples.append(instructions)
          counts.add(Counts.take().since(before, operations: 1))
        }
      case .failed(let reason):
        Row.write(name, reason: reason)
        return false
      }
    }
    samples.sort()
    Row.write(name, samples, counts.divided(by: UInt32(runs)))
    return true
  }

  private enum Sample {
    case taken(UInt32)
    case failed((inout ConsoleLine) -> Void)
  }

  private func sample(_ kind: TaskKind) -> Sample {
    var list = WordList()
    for word in words { list.append(word) }
    let target = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    defer { target.deallocate() }
    target.pointee = 0
    let limit = limit
    do throws(SystemError) {
      let watch = try Thread.start {
        Thread.sleep(milliseconds: limit &+ Self.rest)
        do throws(SystemError) { try TaskIdentity(target.pointee).kill(status: Self.overdue) } catch {}
        return 0
      }
      defer {
        do throws(SystemError) {
          try watch.task.kill(status: 0)
          _ = try watch.join()
        } catch {}
      }
      // Each run finds an empty screen (ESC c): the console moves all lines up where one is full, which costs 16,000 instructions.
      Console.write("\u{1b}c")
      // The machine rests: each run finds as many frames zeroed ahead, and the serial port done with what was printed before.
      Thread.sleep(milliseconds: Self.rest)
      let start = read_stamp()
      let task: TaskIdentity
      do throws(Refusal) {
        task = try Process.start(words[0], arguments: list, options: StartOptions(flags: kind.flags))
      } catch {
        return .failed { line in
          line.write("It cannot be started: ")
          line.write(error.error.sentence)
        }
      }
      target.pointee = task.number
      let outcome = try task.wait()
      let end = read_stamp()
      switch outcome {
      case .exited(status: 0): return .taken(end &- start)
      case .killed(status: Int32(bitPattern: Self.overdue)):
        return .failed { line in
          line.write("It did not end within ")
          line.write(decimal: limit)
          line.write(" million instructions.")
        }
      default:
        return .failed { line in
          line.write("It ")
          outcome.describe(to: &line)
          line.write(".")
        }
      }
    } catch {
      return .failed { line in line.write(error.sentence) }
    }
  }
}
