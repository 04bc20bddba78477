// Copying between the loaded address space and another one: once, page by page, through the direct map or a window.
//
// Invariant: the other side's pages are looked up and, where they were promised, given memory; its permissions are
// checked by its regions, because the processor checks only the loaded side.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives

/// Why a copy between two address spaces failed, and whose fault it is.
enum CopyFailure: Error {
  /// The current task's memory.
  case own(SystemError)
  /// The other side's memory.
  case ofPeer(SystemError)
}

enum SpaceCopy {
  /// Copies from another space to the caller's memory.
  @inline(__always)
  static func pull(
    from space: Reference<AddressSpace>, at address: UInt32, to buffer: UserBuffer
  ) throws(CopyFailure) {
    do throws(SystemError) {
      try buffer.check()
      if cpu.guarded != 0 { try buffer.checkWritable() }
    } catch { throw .own(error) }
    try forEachPage(of: space, at: address, count: buffer.length, writes: false) { place, offset, count in
      copy(to: buffer.address &+ offset, from: place, count)
    }
  }

  /// Copies the caller's memory to another space.
  @inline(__always)
  static func push(
    _ buffer: UserBuffer, to space: Reference<AddressSpace>, at address: UInt32
  ) throws(CopyFailure) {
    do throws(SystemError) { try buffer.check() } catch { throw .own(error) }
    try forEachPage(of: space, at: address, count: buffer.length, writes: true) { place, offset, count in
      copy(to: place, from: buffer.address &+ offset, count)
    }
  }

  /// One side is the caller's memory. Returns false where the copy was cut short.
  @inline(__always)
  private static func copy(to: UInt32, from: UInt32, _ count: UInt32) -> Bool {
    if count & 3 == 0 { return user_copy_words(to, from, count &>> 2) == 0 }
    return user_copy(
      UnsafeMutableRawPointer(bitPattern: UInt(to)), UnsafeRawPointer(bitPattern: UInt(from)), count) == 0
  }

  /// Calls `body` with the kernel address, the offset and the length of each part of a range that lies in one page.
  @inline(__always)
  private static func forEachPage(
    of space: Reference<AddressSpace>, at address: UInt32, count: UInt32, writes: Bool,
    _ body: (UInt32, UInt32, UInt32) -> Bool
  ) throws(CopyFailure) {
    guard UserBuffer(address: address, length: count).isInside else { throw .ofPeer(.badAddress) }
    var done: UInt32 = 0
    while done < count {
      let position = address &+ done
      let offset = position & (pageSize &- 1)
      let part = min(count &- done, pageSize &- offset)
      let page = position &- offset
      let frame: FrameNumber
      if let entry = space.value.tables.lookup(VirtualAddress(page)), entry.isUser, !writes || entry.isWritable {
        frame = entry.frame
      } else {
        do throws(SystemError) { frame = try space.frame(ofPage: page, forWriting: writes) } catch {
          throw .ofPeer(error)
        }
      }
      guard Frames.withAddress(of: frame, { body($0 &+ offset, done, part) }) else {
        throw .own(UserBuffer.copyFailure())
      }
      done &+= part
    }
    kernel.counters.bytesCopied &+= UInt64(count)
  }
}

extension Reference where Value == AddressSpace {
  /// The frame behind a page that may be read (or written), which gets memory now if it was only promised.
  @inline(never)
  func frame(ofPage page: UInt32, forWriting: Bool) throws(SystemError) -> FrameNumber {
    if let entry = value.tables.lookup(VirtualAddress(page)) {
      guard entry.isUser, !forWriting || entry.isWritable else { throw .badAddress }
      return entry.frame
    }
    guard let region = region(containing: page), !region.permissions.isEmpty,
      !forWriting || region.permissions.contains(.write)
    else { throw .badAddress }
    return try populate(page: page, region.permissions)
  }
}
