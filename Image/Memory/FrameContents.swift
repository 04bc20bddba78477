// What is in frames: zeroed, read, written, and copied between tasks. A frame of the direct map is reached through it,
// any other through a temporary window, which is one page of the kernel half.
//
// Invariants:
// - Each window has one role. While the window of a task's copy is open, the task's own page may be missing: the page
//   fault then zeroes a frame, through the window of the kernel's own work. A report may come in the middle of either.
// - Nothing here takes a closure, and a window does not leave this file: between opening and closing one runs only
//   assembly that touches memory. So no window can be asked for while it is open.
// - The boot option windows=always has all contents reached through windows, so that a small machine takes the same paths
//   as one with more than the direct map.

import Boot
import Machine
import MachineSupport
import Memory
import Primitives

/// What a window is for, by its page.
private enum WindowRole: UInt32 {
  /// The kernel's own work on a frame, which cannot fault.
  case work
  /// A copy from or to the current task's memory, which can.
  case taskCopy
  /// Reading what a report shows.
  case report

  var page: UInt32 { KernelLayout.windows &+ rawValue &* pageSize }
}

/// The frames that are reached without a window.
struct DirectContents {
  fileprivate var end = DirectMap.endFrame

  /// Reads the boot option.
  mutating func start(_ boot: borrowing BootInformation) {
    if boot.has(.windowsAlways) { end = FrameNumber(0) }
  }
}

/// Where a frame's 4,096 bytes can be read and written, as long as this value lives.
private struct OpenFrame: ~Copyable {
  let address: UInt32

  @inline(__always)
  init(_ frame: FrameNumber, for role: WindowRole) {
    if frame < kernel.memory.directContents.end {
      address = DirectMap.address(of: frame)
    } else {
      address = role.page
      Self.open(role.page, frame)
    }
  }

  @inline(__always)
  deinit { if address >= KernelLayout.windows { Self.close(address) } }

  @inline(never)
  private static func open(_ page: UInt32, _ frame: FrameNumber) {
    // Whatever was being reported when another report began is not needed any more.
    if page == WindowRole.report.page { _ = KernelMemory.unmap(page) }
    do throws(PageTableError) {
      try kernel.memory.tables.map(VirtualAddress(page), to: frame, [.write]).settle(ProcessorTranslationCache())
    } catch { panic("a temporary window is used twice at once") }
  }

  @inline(never)
  private static func close(_ page: UInt32) { _ = KernelMemory.unmap(page) }
}

enum FrameContents {
  /// How many pages of the kernel half are windows.
  static var windowCount: UInt32 { 3 }

  @inline(__always)
  static func zero(_ frame: FrameNumber) {
    let open = OpenFrame(frame, for: .work)
    zero_words(open.address, 1024)
  }

  /// Zeroes the words that have no byte of `kept`.
  static func zero(_ frame: FrameNumber, around kept: Range<UInt32>) {
    let open = OpenFrame(frame, for: .work)
    let rest = kept.upperBound & ~3
    zero_words(open.address, (kept.lowerBound &+ 3) &>> 2)
    zero_words(open.address &+ rest, (pageSize &- rest) &>> 2)
  }

  /// Copies kernel memory into a frame.
  static func write(_ source: UnsafeRawPointer, count: UInt32, to frame: FrameNumber, at offset: UInt32) {
    let open = OpenFrame(frame, for: .work)
    UnsafeMutableRawPointer(bitPattern: UInt(open.address &+ offset)).unsafelyUnwrapped
      .copyMemory(from: source, byteCount: Int(count))
  }

  /// The word at a physical address, a multiple of 4.
  @inline(__always)
  static func word(at place: PhysicalAddress) -> UInt32 {
    let open = OpenFrame(place.frame, for: .work)
    return memory_read32(open.address &+ UInt32(truncatingIfNeeded: place.value) & (pageSize &- 1))
  }

  /// The same for a report, which may begin in the middle of any other use.
  static func reportedWord(at place: PhysicalAddress) -> UInt32 {
    let open = OpenFrame(place.frame, for: .report)
    return memory_read32(open.address &+ UInt32(truncatingIfNeeded: place.value) & (pageSize &- 1))
  }

  /// Copies a part of a frame to the current task's memory. Returns false where the copy was cut short.
  @inline(__always)
  static func copy(from frame: FrameNumber, at offset: UInt32, count: UInt32, toTask address: UInt32) -> Bool {
    let open = OpenFrame(frame, for: .taskCopy)
    return copy(to: address, from: open.address &+ offset, count)
  }

  /// Copies the current task's memory to a part of a frame. Returns false where the copy was cut short.
  @inline(__always)
  static func copy(fromTask address: UInt32, to frame: FrameNumber, at offset: UInt32, count: UInt32) -> Bool {
    let open = OpenFrame(frame, for: .taskCopy)
    return copy(to: open.address &+ offset, from: address, count)
  }

  /// One side is the task's memory.
  @inline(__always)
  private static func copy(to: UInt32, from: UInt32, _ count: UInt32) -> Bool {
    if count & 3 == 0 { return user_copy_words(to, from, count &>> 2) == 0 }
    return user_copy(
      UnsafeMutableRawPointer(bitPattern: UInt(to)), UnsafeRawPointer(bitPattern: UInt(from)), count) == 0
  }
}
