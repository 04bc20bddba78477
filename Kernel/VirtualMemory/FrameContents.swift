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
import Executables
import MachineSupport
import Memory
import Platform
import Primitives

/// What a window is for, by its page.
private enum WindowRole: UInt32 {
  /// The kernel's own work on a frame, which cannot fault.
  case work
  /// A copy from or to the current task's memory, which can.
  case taskCopy
  /// Reading what a report shows.
  case report
  /// The frame that a private copy is made of. The page fault that asks for it may come while a task's copy is under way.
  case original

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
  private let context: Context

  @inline(__always)
  init(_ frame: FrameNumber, for role: WindowRole, _ context: Context) {
    self.context = context
    if frame < context.memory.directContents.end {
      address = DirectMap.address(of: frame)
    } else {
      address = role.page
      Self.open(role.page, frame, context)
    }
  }

  @inline(__always)
  deinit { if address >= KernelLayout.windows { Self.close(address, context) } }

  @inline(never)
  private static func open(_ page: UInt32, _ frame: FrameNumber, _ context: Context) {
    // Whatever was being reported when another report began is not needed any more.
    if page == WindowRole.report.page { _ = KernelMemory(context).unmap(page) }
    do throws(PageTableError) {
      try context.memory.tables.map(VirtualAddress(page), to: frame, [.write]).flush(
        ProcessorTranslationCache(context))
    } catch { panic("a temporary window is used twice at once") }
  }

  @inline(never)
  private static func close(_ page: UInt32, _ context: Context) { _ = KernelMemory(context).unmap(page) }
}

struct FrameContents {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// How many pages of the kernel half are windows.
  static var windowCount: UInt32 { 4 }

  @inline(__always)
  func zero(_ frame: FrameNumber) {
    let open = OpenFrame(frame, for: .work, context)
    zero_words(open.address, 1024)
  }

  /// Zeroes the words that have no byte of `kept`.
  func zero(_ frame: FrameNumber, around kept: Range<UInt32>) {
    let open = OpenFrame(frame, for: .work, context)
    let rest = kept.upperBound & ~3
    zero_words(open.address, (kept.lowerBound &+ 3) &>> 2)
    zero_words(open.address &+ rest, (pageSize &- rest) &>> 2)
  }

  /// Copies a whole frame.
  func copy(_ original: FrameNumber, to frame: FrameNumber) {
    let source = OpenFrame(original, for: .original, context)
    let target = OpenFrame(frame, for: .work, context)
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(target.address)).unsafelyUnwrapped.copyMemory(
      from: UnsafeRawPointer(bitPattern: UInt(source.address)).unsafelyUnwrapped, byteCount: Int(pageSize))
  }

  /// Copies kernel memory into a frame.
  func write(_ source: UnsafeRawPointer, count: UInt32, to frame: FrameNumber, at offset: UInt32) {
    let open = OpenFrame(frame, for: .work, context)
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(open.address &+ offset)).unsafelyUnwrapped
      .copyMemory(from: source, byteCount: Int(count))
  }

  /// The word at a physical address, a multiple of 4.
  @inline(__always)
  func word(at place: PhysicalAddress) -> UInt32 {
    let open = OpenFrame(place.frame, for: .work, context)
    return memory_read32(open.address &+ UInt32(truncatingIfNeeded: place.value) & (pageSize &- 1))
  }

  /// The same for a report, which may begin in the middle of any other use.
  func reportedWord(at place: PhysicalAddress) -> UInt32 {
    let open = OpenFrame(place.frame, for: .report, context)
    return memory_read32(open.address &+ UInt32(truncatingIfNeeded: place.value) & (pageSize &- 1))
  }

  /// Copies a part of a frame to the current task's memory. Returns false where the copy was cut short.
  @inline(__always)
  func copy(from frame: FrameNumber, at offset: UInt32, count: UInt32, toTask address: UInt32) -> Bool {
    let open = OpenFrame(frame, for: .taskCopy, context)
    return copy(to: address, from: open.address &+ offset, count)
  }

  /// Copies the current task's memory to a part of a frame. Returns false where the copy was cut short.
  @inline(__always)
  func copy(fromTask address: UInt32, to frame: FrameNumber, at offset: UInt32, count: UInt32) -> Bool {
    let open = OpenFrame(frame, for: .taskCopy, context)
    return copy(to: open.address &+ offset, from: address, count)
  }

  /// One side is the task's memory.
  @inline(__always)
  private func copy(to: UInt32, from: UInt32, _ count: UInt32) -> Bool {
    if count & 3 == 0 { return user_copy_words(to, from, count &>> 2) == 0 }
    return unsafe user_copy(
      UnsafeMutableRawPointer(bitPattern: UInt(to)), UnsafeRawPointer(bitPattern: UInt(from)), count) == 0
  }
}
