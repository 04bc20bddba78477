// What single system calls cost, from every kind of task.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum CallRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    report.measure(RowName("null call, ", kind.label)) { SystemCalls.null() }
    report.measure(RowName("null call by int 0x80, ", kind.label)) { gate_call0(SystemCall.null.rawValue) }
    writeToNothing(kind, &report)
    callModule(RowName("call into a linked module, ", kind.label), &report)
    report.measure(RowName("yield with nobody else ready, ", kind.label)) { SystemCalls.yield() }
    if kind != .shared { measureOthers(kind, &report) }
  }

  private static func writeToNothing(_ kind: TaskKind, _ report: inout Report) {
    let handle = openNothing()
    var byte: UInt8 = 0
    report.measure(RowName("write of 1 byte to /dev/null, ", kind.label)) {
      SystemCalls.write(UInt32(bitPattern: handle), &byte, 1)
    }
    _ = SystemCalls.close(UInt32(bitPattern: handle))
  }

  /// A handle of the null device, or an error.
  @inline(__always)
  static func openNothing() -> Int32 {
    let path: StaticString = "/dev/null"
    return SystemCalls.open(path.utf8Start, UInt32(path.utf8CodeUnitCount), [])
  }

  /// A request in registers to a service that is linked into the kernel, and does nothing.
  static func callModule(_ name: RowName, _ report: inout Report) {
    guard MeasuredModule.lab.load() else { return report.write(name, reason: "the module was not loaded") }
    let handle = openService("lab-nothing")
    if handle >= 0 {
      report.measure(name) { SystemCalls.callInRegisters(UInt32(bitPattern: handle), 1, 2, 3, 4).result }
      _ = SystemCalls.close(UInt32(bitPattern: handle))
    }
    _ = MeasuredModule.lab.unload()
  }

  private static func measureOthers(_ kind: TaskKind, _ report: inout Report) {
    var reading = ClockReading()
    report.measure(RowName("clock, ", kind.label)) { SystemCalls.clock(&reading) }
    var task = TaskInformation()
    report.measure(RowName("taskInformation, ", kind.label)) {
      SystemCalls.taskInformation(0, &task, UInt32(MemoryLayout<TaskInformation>.size))
    }
    report.measure(RowName("taskNext, ", kind.label)) { SystemCalls.taskNext(1) }
    var memory = MemoryInformation()
    report.measure(RowName("memoryInformation, ", kind.label)) { SystemCalls.memoryInformation(&memory, []) }
    var region = RegionInformation()
    report.measure(RowName("memoryRegion, ", kind.label)) { SystemCalls.memoryRegion(0, 0, &region) }
    report.measure(RowName("prioritySet, ", kind.label)) { SystemCalls.prioritySet(0, task.priority) }
    report.measure(RowName("rightsDrop of none, ", kind.label)) { SystemCalls.rightsDrop([]) }
    let word = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    let address = UInt32(UInt(bitPattern: word))
    report.measure(RowName("wordWake with nobody waiting, ", kind.label)) { SystemCalls.wordWake(address, 1) }
    var counters = MachineCounters()
    report.measure(RowName("measure, ", kind.label)) { SystemCalls.counters(&counters) }
  }
}

enum FileRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    let path = Partner.program
    let length = UInt32(path.utf8CodeUnitCount)
    report.measure(RowName("open and close of a file, ", kind.label)) {
      let handle = SystemCalls.open(path.utf8Start, length, [])
      return handle < 0 ? handle : SystemCalls.close(UInt32(bitPattern: handle))
    }
    let handle = UInt32(bitPattern: SystemCalls.open(path.utf8Start, length, []))
    report.measure(RowName("seek, ", kind.label)) { SystemCalls.seek(handle, 0) }
    var buffer = InlineArray<4096, UInt8>(repeating: 0)
    report.measure(RowName("seek and read of 1 byte, ", kind.label)) {
      _ = SystemCalls.seek(handle, 0)
      return SystemCalls.read(handle, &buffer, 1)
    }
    report.measure(RowName("seek and read of 512 bytes, ", kind.label)) {
      _ = SystemCalls.seek(handle, 0)
      return SystemCalls.read(handle, &buffer, 512)
    }
    report.measure(RowName("seek and read of 4096 bytes, ", kind.label)) {
      _ = SystemCalls.seek(handle, 0)
      return SystemCalls.read(handle, &buffer, 4096)
    }
    var entry = FileEntry()
    report.measure(RowName("fileEntry of the first file, ", kind.label)) { SystemCalls.fileEntry(0, &entry) }
    _ = SystemCalls.close(handle)
    ServedFileRows.measure(as: kind, &report)
  }
}
