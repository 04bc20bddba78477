// Whether an operation becomes dearer while many tasks exist: the same rows among 10, 100 and 1,000 that sleep.

import ABI
import Primitives
import Runtime
import SDK

enum GrowthRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    guard kind == .ring3 else { return }
    // Each sleeper waits for a word of its own, which nobody wakes.
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 1000)
    words.initialize(repeating: 0, count: 1000)
    let tasks = UnsafeMutablePointer<UInt32>.allocate(capacity: 1000)
    var started = 0
    for (count, label) in [(10, "10" as StaticString), (100, "100"), (1000, "1,000")] {
      while started < count {
        let word = UInt32(UInt(bitPattern: words + started))
        guard let thread = BareThread(sleepForEver, argument: word, kind: .ring3) else { break }
        tasks[started] = thread.task
        started += 1
        _ = SystemCalls.yield()
      }
      guard started == count else {
        report.write(RowName("yield round trip among ", label, " tasks"), reason: "A thread was not started.")
        break
      }
      operations(label, words, &report)
    }
    for index in 0..<started {
      _ = SystemCalls.kill(tasks[index], 0)
      _ = SystemCalls.wait(tasks[index], [], nil)
    }
  }

  private static func operations(
    _ label: StaticString, _ words: UnsafeMutablePointer<UInt32>, _ report: inout Report
  ) {
    if let partner = BareThread(yieldForEver, argument: 0, kind: .ring3) {
      report.measure(RowName("yield round trip among ", label, " tasks")) { SystemCalls.yield() }
      partner.end()
    }
    report.measure(RowName("thread among ", label, " tasks"), samples: 50) {
      guard let thread = BareThread(endAtOnce, argument: 0, kind: .ring3) else {
        return SystemError.outOfMemory.rawValue
      }
      thread.join()
      return 0
    }
    report.measure(RowName("map and unmap of a page among ", label, " tasks")) {
      let page = SystemCalls.memoryMap(0, 4096, [.read, .write])
      return page < 0 ? page : SystemCalls.memoryUnmap(UInt32(bitPattern: page) << 12, 4096)
    }
    var task = TaskInformation()
    report.measure(RowName("taskInformation among ", label, " tasks")) {
      SystemCalls.taskInformation(0, &task, UInt32(MemoryLayout<TaskInformation>.size))
    }
  }
}

@c func sleepForEver(_ argument: UInt32) {
  while true { _ = SystemCalls.wordWait(argument, 0, .max, .max) }
}
