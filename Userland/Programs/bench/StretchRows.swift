// How long somebody urgent waits for the processor while others make calls with much to do: the longest stretch of the
// kernel's in which nobody else runs, for each call by its name.
//
// A thread of a high priority sleeps again and again, for times that have nothing to do with the calls, and keeps by how much it
// was late at the most. What it is late by beside a loop that makes no calls is taken off. A stretch that makes up a good part
// of a call is found to within a few instructions in so many wakes.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum StretchRows {
  /// How often the thread wakes for a row.
  fileprivate static var wakes: UInt32 { 400 }
  private static var pages: UInt32 { 512 }
  static var largeLength: UInt32 { pages * MemoryRows.pageSize }

  static func measure(_ report: inout Report) {
    guard let base = lateness(beside: { count_down(100) }) else {
      return report.write("start a process", reason: "the thread was not started")
    }
    row("map, touch and unmap 512 pages", base, &report) { mapTouchAndUnmap() }
    row("map and unmap 1 GiB, untouched", base, &report) {
      let length: UInt32 = 1 << 30
      let page = SystemCalls.memoryMap(0, length, [.read, .write])
      if page >= 0 { _ = SystemCalls.memoryUnmap(UInt32(bitPattern: page) << 12, length) }
    }
    row("start a process that has 512 pages at its end", base, &report) {
      if let partner = Partner(kind: .ring3, role: .large) { _ = partner.wait() }
    }
    row("start and end a process", base, &report) { _ = TaskRows.runNull(as: .ring3) }
    row("start and end a Ring-0 process", base, &report) { _ = TaskRows.runNull(as: .separate) }
    withBuffer { buffer in
      row("read a file of the boot archive, 256 KiB at a time", base, &report) { readWhole(buffer) }
    }
    row("load, link and unload a module", base, &report) {
      if MeasuredModule.lab.load() { _ = MeasuredModule.lab.unload() }
    }
    row("describe every task", base, &report) {
      var task = TaskIdentity(0)
      while let next = task.next { task = next }
    }
  }

  private static func row(_ name: RowName, _ base: UInt32, _ report: inout Report, _ operation: () -> Void) {
    guard let late = lateness(beside: operation) else {
      return report.write(name, reason: "the thread was not started")
    }
    report.write(name, value: late > base ? late - base : 0, unit: report.unit)
  }

  /// By how much the urgent thread was late at the most, in instructions.
  private static func lateness(beside operation: () -> Void) -> UInt32? {
    let place = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    defer { place.deallocate() }
    let address = UInt32(UInt(bitPattern: place))
    volatile_write(address, 0)
    // What is kept for later is there from the first time on.
    operation()
    guard let thread = BareThread(noteLateness, argument: address, kind: .ring3, priority: 20) else { return nil }
    while volatile_read(address) == 0 { operation() }
    thread.join()
    return volatile_read(address)
  }

  // MARK: Operations

  private static func mapTouchAndUnmap() {
    let start = mapAndTouch()
    if start != 0 { _ = SystemCalls.memoryUnmap(start, largeLength) }
  }

  /// Returns where; 0 where there is no room.
  private static func mapAndTouch() -> UInt32 {
    let page = SystemCalls.memoryMap(0, largeLength, [.read, .write])
    guard page >= 0 else { return 0 }
    let start = UInt32(bitPattern: page) << 12
    for index in 0..<pages { volatile_write(start + index << 12, 1) }
    return start
  }

  /// What a process of that size does.
  static func end() -> Int32 { mapAndTouch() == 0 ? 1 : 0 }

  private static func withBuffer(_ body: (UInt32) -> Void) {
    let page = SystemCalls.memoryMap(0, 256 << 10, [.read, .write])
    guard page >= 0 else { return }
    body(UInt32(bitPattern: page) << 12)
    _ = SystemCalls.memoryUnmap(UInt32(bitPattern: page) << 12, 256 << 10)
  }

  private static func readWhole(_ buffer: UInt32) {
    guard let file = try? File(Bytes(Partner.program)) else { return }
    let memory = UnsafeMutableRawPointer(bitPattern: UInt(buffer))
    while SystemCalls.read(file.handle, memory, 256 << 10) > 0 {}
  }
}

/// Wakes after times that go through all of a call, and writes by how much it was late at the most.
@c func noteLateness(_ place: UInt32) {
  var greatest: UInt32 = 1
  for index in 0..<StretchRows.wakes {
    let time = 20_000 &+ index &* 1_237
    let before = read_stamp()
    _ = SystemCalls.sleep(time, 0)
    let late = read_stamp() &- before &- time
    if late > greatest { greatest = late }
  }
  volatile_write(place, greatest)
  SystemCalls.exit(0)
}
