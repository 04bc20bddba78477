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
  static func pull(
    from space: Reference<AddressSpace>, at address: UInt32, to buffer: UserBuffer
  ) throws(CopyFailure) {
    try forEachPage(of: space, at: address, count: buffer.length, writes: false) {
      (place, offset, count) throws(SystemError) in
      try buffer.copyOut(
        from: UnsafeRawPointer(bitPattern: UInt(place)).unsafelyUnwrapped, offset: offset, count: count)
    }
  }

  /// Copies the caller's memory to another space.
  static func push(
    _ buffer: UserBuffer, to space: Reference<AddressSpace>, at address: UInt32
  ) throws(CopyFailure) {
    try forEachPage(of: space, at: address, count: buffer.length, writes: true) {
      (place, offset, count) throws(SystemError) in
      try buffer.copyIn(
        to: UnsafeMutableRawPointer(bitPattern: UInt(place)).unsafelyUnwrapped, offset: offset, count: count)
    }
  }

  /// Calls `body` with the kernel address, the offset and the length of each part of a range that lies in one page.
  @inline(__always)
  private static func forEachPage(
    of space: Reference<AddressSpace>, at address: UInt32, count: UInt32, writes: Bool,
    _ body: (UInt32, UInt32, UInt32) throws(SystemError) -> Void
  ) throws(CopyFailure) {
    let (end, overflow) = address.addingReportingOverflow(count)
    guard !overflow, address >= AddressLayout.nullGuardEnd, end <= AddressLayout.kernelStart else {
      throw .ofPeer(.badAddress)
    }
    var done: UInt32 = 0
    while done < count {
      let position = address &+ done
      let offset = position & (pageSize &- 1)
      let part = min(count &- done, pageSize &- offset)
      let frame: FrameNumber
      do throws(SystemError) {
        frame = try space.frame(ofPage: position &- offset, forWriting: writes)
      } catch { throw .ofPeer(error) }
      var failure: SystemError?
      Frames.withAddress(of: frame) { base in
        do throws(SystemError) { try body(base &+ offset, done, part) } catch { failure = error }
      }
      if let failure { throw .own(failure) }
      done &+= part
    }
  }
}

extension Reference where Value == AddressSpace {
  /// The frame behind a page that may be read (or written), which gets memory now if it was only promised.
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
