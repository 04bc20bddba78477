// The lives of tasks: parents and orphans, who ends with whom, kills, identities, starts that fail.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum Lives {
  static func checkAll(_ discipline: StartFlags, _ checks: inout Checklist) {
    orphans(&checks)
    endings(&checks)
    kills(discipline, &checks)
    waits(&checks)
    identities(&checks)
    failedStarts(&checks)
    fromMemory(&checks)
  }

  /// A child whose parent ended goes to the first process.
  private static func orphans(_ checks: inout Checklist) {
    let parent = Roles.start("--family", 0, 0, StartOptions())
    guard let parent, case .exited(let low) = try? parent.wait() else {
      checks.check(false, "a process that leaves a child behind")
      return
    }
    var orphan: TaskInformation?
    var task = TaskIdentity(parent.number)
    while let next = task.next {
      task = next
      if Int32(bitPattern: next.number & 0x7f) == low { orphan = try? next.information() }
    }
    checks.check(orphan?.parent == 1, "an orphan becomes a child of the first process")
    guard let orphan else { return }
    Thread.sleep(milliseconds: 60)
    checks.check(
      (try? TaskIdentity(orphan.task).information()) == nil, "the first process takes an orphan's outcome")
  }

  private static func endings(_ checks: inout Checklist) {
    let process = Roles.start("--family", 2, 0, StartOptions())
    checks.check(
      (try? process?.wait()) == .exited(status: 5), "the end of the first thread ends all threads of a process")
    let aborted = Roles.start("--family", 3, 0, StartOptions())
    checks.check((try? aborted?.wait()) == .exited(status: 6), "abort in a thread ends its process, with its status")
    let own = try? Thread.start { Process.exit(9) }
    checks.check((try? own?.join()) == .exited(status: 9), "exit in a thread ends that thread alone")
  }

  /// Every kind of task is killed in every state.
  private static func kills(_ discipline: StartFlags, _ checks: inout Checklist) {
    let endpoint = State.publish()
    defer { if let endpoint { _ = SystemCalls.close(endpoint) } }
    for kind in Kind.all {
      for state in State.all {
        let isKilled = kill(kind, state, discipline, endpoint)
        checks.check(isKilled) {
          $0.write("killed: ")
          $0.write(kind.name)
          $0.write(", ")
          $0.write(state.name)
        }
      }
    }
    // The threads that some of them waited for outlive them in this process.
    Thread.sleep(milliseconds: 2 * State.helperTime)
    var task = TaskIdentity(0)
    while let next = task.next {
      task = next
      if let thread = try? next.information(), thread.isThread == 1, thread.process == current_task() {
        _ = try? next.wait()
      }
    }
  }

  private static func kill(
    _ kind: Kind, _ state: State, _ discipline: StartFlags, _ endpoint: UInt32?
  ) -> Bool {
    var options = kind.options(discipline)
    // One that is ready and does not run has less priority than this task.
    options.priority = state == .ready ? 1 : 0
    let task: TaskIdentity?
    if kind.isThread {
      task =
        (try? Thread.start(options) {
          state.enter(endpoint: endpoint)
          return 1
        })?.task
    } else {
      task = Roles.start("--state", state.rawValue, 0, options)
    }
    guard let task else { return false }
    for _ in 0..<200 {
      Thread.sleep(milliseconds: 1)
      if (try? task.information())?.state == state.reported.rawValue { break }
    }
    let isThere = (try? task.information())?.state == state.reported.rawValue
    do throws(SystemError) { try task.kill(status: 77) } catch { return false }
    return (try? task.wait()) == .killed(status: 77) && isThere
  }

  private static func waits(_ checks: inout Checklist) {
    checks.check((try? TaskIdentity.waitForAnyChild(.noWait)) == nil, "without children there is nothing to wait for")
    var started: [UInt32] = []
    for _ in 0..<3 { if let child = Roles.start("--family", 1, 0, StartOptions()) { started.append(child.number) } }
    checks.check((try? TaskIdentity.waitForAnyChild(.noWait)) == nil, "children that live are not waited for unasked")
    var ended: [UInt32] = []
    while let child = try? TaskIdentity.waitForAnyChild() { ended.append(child.task.number) }
    checks.check(ended.count == 3 && ended.sorted() == started, "wait for any gives each child once")
    let detached = try? Thread.start(StartOptions(flags: .detached)) { 0 }
    checks.check(detached != nil && (try? detached?.join()) == nil, "nobody can wait for a detached thread")
    checks.check((try? TaskIdentity(current_task()).wait()) == nil, "nobody can wait for itself")
  }

  /// Each identity is a new one, and a stale one hits nobody.
  private static func identities(_ checks: inout Checklist) {
    var latest: UInt32 = 0
    var areNew = true
    var first: TaskIdentity?
    for _ in 0..<2_000 {
      guard let thread = try? Thread.start(body: { 0 }) else { break }
      if thread.task.number <= latest { areNew = false }
      latest = thread.task.number
      if first == nil { first = thread.task }
      _ = try? thread.join()
    }
    checks.check(areNew && latest > 2_000, "2,000 threads had 2,000 new identities")
    var isRefused = false
    do throws(SystemError) { try first?.kill(status: 1) } catch { isRefused = error == .noSuchTask }
    checks.check(isRefused, "the identity of an ended task is nobody's")
  }

  /// What cannot be started leaves nothing behind; `matrix` compares the free pages at its end.
  private static func failedStarts(_ checks: inout Checklist) {
    var words = WordList()
    words.append("nothing")
    checks.check(
      error { () throws(Refusal) in _ = try Process.start(Bytes("/bin/nothing"), arguments: words) }
        == .notFound, "a file that is not there is not started")
    checks.check(
      error { () throws(Refusal) in _ = try Process.start(image: [1, 2, 3], name: Bytes("x"), arguments: words) }
        == .badExecutable, "bytes that are no program are not started")
    var request = ThreadRequest()
    request.entry = 0xc010_0000
    let size = UInt32(MemoryLayout<ThreadRequest>.size)
    checks.check(
      unsafe SystemCalls.threadStart(&request, size) == SystemError.badAddress.rawValue,
      "no thread begins in the kernel")
    // Ring-0 stacks have their memory from the start: this runs out of it in the middle of building one.
    var options = StartOptions(flags: .ring0)
    options.stackSize = 16 << 20
    var threads: [Thread] = []
    let gate = Semaphore(0)
    while threads.count < 400,
      let thread = try? Thread.start(
        options,
        body: {
          gate.take(); return 0
        })
    {
      threads.append(thread)
    }
    checks.check(threads.count < 400) {
      $0.write("memory ran out after ")
      $0.write(decimal: threads.count)
      $0.write(" threads with 16 MiB of stack; the half-built one was taken apart")
    }
    for _ in 0..<threads.count { gate.give() }
    var areEnded = true
    for thread in threads where (try? thread.join()) != .exited(status: 0) { areEnded = false }
    checks.check(areEnded, "those that were started ended in order")
  }

  private static func error(_ body: () throws(Refusal) -> Void) -> SystemError? {
    do throws(Refusal) {
      try body()
      return nil
    } catch { return error.error }
  }

  private static func fromMemory(_ checks: inout Checklist) {
    var words = WordList()
    words.append("hello")
    if let image = try? File(Bytes("/bin/hello")).contents() {
      let child = try? Process.start(image: image, name: Bytes("hello"), arguments: words)
      checks.check((try? child?.wait()) == .exited(status: 0), "a process was started from an image in memory")
    }
  }
}
