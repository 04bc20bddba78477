// Whether an operation becomes dearer while there is much of something: the same rows among 10, 100, 1,000 and more
// tasks that sleep, regions, handles, modules and free pages.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum GrowthRows {
  static func measure(_ report: inout Report) {
    amongTasks(&report)
    amongRegions(&report)
    amongHandles(&report)
    amongModules(&report)
    amongFreePages(&report)
  }

  private static func amongTasks(_ report: inout Report) {
    // Each sleeper waits for a word of its own, which nobody wakes.
    let most = 5000
    let words = UnsafeMutablePointer<UInt32>.allocate(capacity: most)
    words.initialize(repeating: 0, count: most)
    let tasks = UnsafeMutablePointer<UInt32>.allocate(capacity: most)
    var started = 0
    for (count, label) in [(10, "10" as StaticString), (100, "100"), (1000, "1,000"), (most, "5,000")] {
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
    report.measure(RowName("map and unmap of a page among ", label, " tasks")) { MemoryRows.mapAndUnmap() }
    var task = TaskInformation()
    report.measure(RowName("taskInformation among ", label, " tasks")) {
      SystemCalls.taskInformation(0, &task, UInt32(MemoryLayout<TaskInformation>.size))
    }
  }
}

extension GrowthRows {
  /// Every second page of a mapping may be written, so that each page is a region.
  private static func amongRegions(_ report: inout Report) {
    let most: UInt32 = 10_000
    let room = SystemCalls.memoryMap(0, most * MemoryRows.pageSize, .read)
    guard room >= 0 else { return report.write("map and unmap of a page among regions", reason: "No room.") }
    let base = UInt32(bitPattern: room) << 12
    defer { _ = SystemCalls.memoryUnmap(base, most * MemoryRows.pageSize) }
    func page(_ index: UInt32) -> UInt32 { base + 2 * index * MemoryRows.pageSize }
    var made: UInt32 = 0
    for (count, label) in [(10 as UInt32, "10" as StaticString), (100, "100"), (1000, "1,000"), (most, "10,000")] {
      while 2 * made < count, SystemCalls.memoryProtect(page(made), MemoryRows.pageSize, [.read, .write]) >= 0 {
        made += 1
      }
      guard 2 * made == count else {
        report.write(RowName("map and unmap of a page among ", label, " regions"), reason: "A page was not changed.")
        break
      }
      report.measure(RowName("map and unmap of a page among ", label, " regions")) { MemoryRows.mapAndUnmap() }
      // Each page can be touched first but once, and fifty are fewer than the samples.
      if count >= 1000 {
        var next = count / 4
        report.measure(RowName("first touch of a page among ", label, " regions"), samples: 50) {
          volatile_write(page(next), 1)
          next += 1
          return 0
        }
      }
    }
  }

  private static func amongHandles(_ report: inout Report) {
    var handles: [UInt32] = []
    // A process holds at most 32 handles.
    for (count, label) in [(10, "10" as StaticString), (25, "25")] {
      while handles.count < count {
        let handle = CallRows.openNothing()
        guard handle >= 0 else { break }
        handles.append(UInt32(bitPattern: handle))
      }
      guard handles.count == count, let last = handles.last else {
        report.write(RowName("open and close of a file among ", label, " handles"), reason: "A file was not opened.")
        break
      }
      report.measure(RowName("open and close of a file among ", label, " handles")) {
        let handle = CallRows.openNothing()
        return handle < 0 ? handle : SystemCalls.close(UInt32(bitPattern: handle))
      }
      var byte: UInt8 = 0
      report.measure(RowName("write of 1 byte among ", label, " handles")) { SystemCalls.write(last, &byte, 1) }
    }
    for handle in handles { _ = SystemCalls.close(handle) }
  }

  /// Each module of the chain imports from the one before it.
  private static func amongModules(_ report: inout Report) {
    let chain = [
      MeasuredModule(name: "chain0", path: "/lib/modules/chain0.so"),
      MeasuredModule(name: "chain1", path: "/lib/modules/chain1.so"),
      MeasuredModule(name: "chain2", path: "/lib/modules/chain2.so"),
      MeasuredModule(name: "chain3", path: "/lib/modules/chain3.so"),
      MeasuredModule(name: "chain4", path: "/lib/modules/chain4.so"),
      MeasuredModule(name: "chain5", path: "/lib/modules/chain5.so"),
      MeasuredModule(name: "chain6", path: "/lib/modules/chain6.so"),
      MeasuredModule(name: "chain7", path: "/lib/modules/chain7.so"),
      MeasuredModule(name: "chain8", path: "/lib/modules/chain8.so"),
      MeasuredModule(name: "chain9", path: "/lib/modules/chain9.so"),
    ]
    for (count, label) in [(1, "1" as StaticString), (10, "10")] {
      for module in chain.prefix(count) { _ = module.load() }
      ModuleRows.measureLoading(.lab, RowName("load and link the module lab among ", label, " modules"), &report)
      CallRows.callModule(RowName("call into a linked module among ", label, " modules"), &report)
      for module in chain.prefix(count).reversed() { _ = module.unload() }
    }
  }
}

extension GrowthRows {
  /// Pages are taken until no more than so many are free.
  private static func amongFreePages(_ report: inout Report) {
    var memory = MemoryInformation()
    let length: UInt32 = 0x4000_0000
    let room = SystemCalls.memoryMap(0, length, [.read, .write])
    guard room >= 0, SystemCalls.memoryInformation(&memory, []) >= 0 else {
      return report.write("first touch of a page among free pages", reason: "No room.")
    }
    let base = UInt32(bitPattern: room) << 12
    defer { _ = SystemCalls.memoryUnmap(base, length) }
    var taken: UInt32 = 0
    for (count, label) in [
      (50_000 as UInt32, "50,000" as StaticString), (10_000, "10,000"), (1000, "1,000"), (100, "100"),
    ] {
      guard SystemCalls.memoryInformation(&memory, []) >= 0, memory.free >= count else {
        report.write(RowName("first touch of a page among ", label, " free pages"), reason: "Less memory is free.")
        continue
      }
      for _ in 0..<min(memory.free - count, length / MemoryRows.pageSize - taken) {
        volatile_write(base + taken * MemoryRows.pageSize, 1)
        taken += 1
      }
      report.measure(RowName("map, touch and unmap of a page among ", label, " free pages")) {
        MemoryRows.mapTouchAndUnmap()
      }
      report.measure(RowName("process among ", label, " free pages"), samples: 20) { TaskRows.runNull(as: .ring3) }
    }
  }
}

@c func sleepForEver(_ argument: UInt32) {
  while true { _ = SystemCalls.wordWait(argument, 0, .max, .max) }
}
