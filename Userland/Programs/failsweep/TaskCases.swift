// Starting tasks of all kinds, and calls about tasks.

import ABI
import Primitives
import Runtime
import SDK

enum TaskCases {
  static func run(_ sweep: inout Sweep, _ scratch: Scratch) {
    let guarded: StartFlags = [.ring0, .guarded]
    let shared: StartFlags = [.ring0, .sharedStack]
    process(&sweep, "processStart, Ring 3", [])
    process(&sweep, "processStart, Ring 0", .ring0)
    process(&sweep, "processStart, Ring 0, shared stack", shared)
    process(&sweep, "processStart, Ring 0, guarded", guarded)
    image(&sweep)
    thread(&sweep, "threadStart, Ring 3", [])
    thread(&sweep, "threadStart, Ring 0", .ring0)
    thread(&sweep, "threadStart, Ring 0, shared stack", shared)
    thread(&sweep, "threadStart, Ring 0, guarded", guarded)
    sweep.run("wait for a thread that has ended") { arm in
      let thread = try? Thread.start { 0 }
      Thread.yield()
      arm()
      return result(of: try? thread?.join())
    }
    simple(&sweep, scratch)
  }

  /// A child that sleeps until it is killed.
  static func sleeper() -> TaskIdentity? {
    var words = WordList()
    words.append("sleep")
    return try? Process.start(Bytes("/bin/forever"), arguments: words)
  }

  private static func process(_ sweep: inout Sweep, _ name: StaticString, _ flags: StartFlags) {
    var words = WordList()
    words.append("failsweep")
    words.append("child")
    sweep.run(name, undo: wait) { arm in
      arm()
      do throws(Refusal) {
        let task = try Process.start(Bytes("/bin/failsweep"), arguments: words, options: StartOptions(flags: flags))
        return Int32(bitPattern: task.number)
      } catch { return error.error.rawValue }
    }
  }

  private static func image(_ sweep: inout Sweep) {
    guard let image = try? File(Bytes("/bin/hello")).contents() else { return }
    var words = WordList()
    words.append("hello")
    sweep.run("processStart from memory", undo: wait) { arm in
      arm()
      do throws(Refusal) {
        return Int32(bitPattern: try Process.start(image: image, name: Bytes("hello"), arguments: words).number)
      } catch { return error.error.rawValue }
    }
  }

  private static func thread(_ sweep: inout Sweep, _ name: StaticString, _ flags: StartFlags) {
    sweep.run(name, undo: wait) { arm in
      arm()
      do throws(SystemError) {
        return Int32(bitPattern: try Thread.start(StartOptions(flags: flags)) { 0 }.task.number)
      } catch { return error.rawValue }
    }
  }

  /// A task that ran out of memory after it was started is not the case's mistake; that it is gone is what counts.
  private static func wait(_ task: Int32) { _ = try? TaskIdentity(UInt32(bitPattern: task)).wait() }

  private static func simple(_ sweep: inout Sweep, _ scratch: Scratch) {
    sweep.run("yield") { arm in
      arm()
      return SystemCalls.yield()
    }
    sweep.run("sleep") { arm in
      arm()
      return SystemCalls.sleep(1000, 0)
    }
    sweep.run("taskInformation") { arm in
      arm()
      return unsafe min(
        SystemCalls.taskInformation(0, scratch.structure(), UInt32(MemoryLayout<TaskInformation>.size)), 0)
    }
    sweep.run("taskNext") { arm in
      arm()
      return min(SystemCalls.taskNext(0), 0)
    }
    sweep.run("prioritySet") { arm in
      arm()
      return SystemCalls.prioritySet(0, 16)
    }
    sweep.run("eventTimer and eventWait") { arm in
      arm()
      let result = SystemCalls.eventTimer(1000, 0, 0, 0)
      guard result >= 0 else { return result }
      return unsafe SystemCalls.eventWait(.timer, scratch.structure(), .max, .max)
    }
    sweep.run("wordWait, timed out") { arm in
      arm()
      let result = SystemCalls.wordWait(scratch.start + 15 * 4096, 0, 1000, 0)
      return result == SystemError.timedOut.rawValue ? 0 : result
    }
    sweep.run("wordWake") { arm in
      arm()
      return SystemCalls.wordWake(scratch.start, 1)
    }
    sweep.run("lockAcquire and lockRelease") { arm in
      arm()
      let result = SystemCalls.lockAcquire(scratch.start + 15 * 4096 + 64, .max, .max)
      guard result >= 0 else { return result }
      return SystemCalls.lockRelease(scratch.start + 15 * 4096 + 64)
    }
  }
}
