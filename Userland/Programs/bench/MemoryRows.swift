// What memory costs: the first touch of a page, mappings, and the SDK's heap.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum MemoryRows {
  static var pageSize: UInt32 { 4096 }

  static func measure(as kind: TaskKind, _ report: inout Report) {
    firstTouch(kind, &report)
    touchZeroed(kind, &report)
    report.measure(RowName("map and unmap of a page, ", kind.label)) { mapAndUnmap() }
    report.measure(RowName("map, touch and unmap of a page, ", kind.label)) { mapTouchAndUnmap() }
    for (size, label) in [
      (UInt32(16), "16 bytes" as StaticString), (1000, "1,000 bytes"), (20000, "20,000 bytes"),
    ] {
      report.measure(RowName("heap allocate and free of ", label, ", ", kind.label)) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(opaque(size)), alignment: 16)
        keep(UInt32(UInt(bitPattern: memory)))
        memory.deallocate()
        return 0
      }
    }
  }

  /// Maps a page and unmaps it untouched. Returns the last call's result.
  @inline(__always)
  static func mapAndUnmap() -> Int32 {
    let page = SystemCalls.memoryMap(0, pageSize, [.read, .write])
    return page < 0 ? page : SystemCalls.memoryUnmap(UInt32(bitPattern: page) << 12, pageSize)
  }

  @inline(__always)
  static func mapTouchAndUnmap() -> Int32 {
    let page = SystemCalls.memoryMap(0, pageSize, [.read, .write])
    guard page >= 0 else { return page }
    volatile_write(UInt32(bitPattern: page) << 12, 1)
    return SystemCalls.memoryUnmap(UInt32(bitPattern: page) << 12, pageSize)
  }

  @inline(__always)
  private static func keep(_ address: UInt32) { _ = opaque(address) }

  /// Each sample touches the next page of a fresh mapping.
  private static func firstTouch(_ kind: TaskKind, _ report: inout Report) {
    withFreshPages(RowName("first touch of a page, ", kind.label), &report) { name, start, report in
      var address = start
      report.measure(name) {
        volatile_write(address, 1)
        address &+= pageSize
        return 0
      }
    }
  }

  /// The same after a pause, in which the kernel zeroes frames.
  private static func touchZeroed(_ kind: TaskKind, _ report: inout Report) {
    withFreshPages(RowName("first touch of a page after a pause, ", kind.label), &report) { name, start, report in
      var address = start
      report.collect(name, samples: 50) {
        guard SystemCalls.sleep(100_000, 0) >= 0 else { return .max }
        let before = read_stamp()
        volatile_write(address, 1)
        let sample = read_stamp() &- before &- 2
        address &+= pageSize
        return sample
      }
    }
  }

  /// Calls `body` with the address of more untouched pages than a row has samples.
  @inline(__always)
  private static func withFreshPages(
    _ name: RowName, _ report: inout Report, _ body: (RowName, UInt32, inout Report) -> Void
  ) {
    let pages: UInt32 = 128
    let start = SystemCalls.memoryMap(0, pages * pageSize, [.read, .write])
    guard start >= 0 else { return report.write(name, reason: "the pages were not mapped") }
    body(name, UInt32(bitPattern: start) << 12, &report)
    _ = SystemCalls.memoryUnmap(UInt32(bitPattern: start) << 12, pages * pageSize)
  }
}
