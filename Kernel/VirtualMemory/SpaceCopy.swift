// Copying between the loaded address space and another one: once, page by page, through the contents of its frames.
//
// Invariant: the other side's pages are looked up and, where they were promised, given memory; its permissions are
// checked by its regions, because the processor checks only the loaded side.

import ABI
import Memory
import Platform
import Primitives
import Scheduling

/// Why a copy between two address spaces failed, and whose fault it is.
package enum CopyFailure: Error {
  /// The current task's memory.
  case own(SystemError)
  /// The other side's memory.
  case ofPeer(SystemError)
}

package struct SpaceCopy {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Copies from another space to the caller's memory.
  @inline(__always)
  package func pull(
    from space: Reference<AddressSpace>, at address: UInt32, to buffer: UserBuffer
  ) throws(CopyFailure) {
    do throws(SystemError) {
      try buffer.check()
      if context.scheduler.protection.checksCopies, !buffer.mayBeWritten { throw .badAddress }
    } catch { throw .own(error) }
    try forEachPage(of: space, at: address, count: buffer.length, writes: false) { frame, place, done, count in
      FrameContents(context).copy(from: frame, at: place, count: count, toTask: buffer.address &+ done)
    }
  }

  /// Copies the caller's memory to another space.
  @inline(__always)
  package func push(
    _ buffer: UserBuffer, to space: Reference<AddressSpace>, at address: UInt32
  ) throws(CopyFailure) {
    do throws(SystemError) { try buffer.check() } catch { throw .own(error) }
    try forEachPage(of: space, at: address, count: buffer.length, writes: true) { frame, place, done, count in
      FrameContents(context).copy(fromTask: buffer.address &+ done, to: frame, at: place, count: count)
    }
  }

  /// Copies kernel memory, which may not be there, to another space.
  package func push(
    fromKernel start: UInt32, count: UInt32, to space: Reference<AddressSpace>, at address: UInt32
  ) throws(CopyFailure) {
    try forEachPage(of: space, at: address, count: count, writes: true) { frame, place, done, part in
      FrameContents(context).copy(fromTask: start &+ done, to: frame, at: place, count: part)
    }
  }

  /// Calls `body` for each part of a range that lies in one page, with the frame, the place in it, how much went before,
  /// and the length. It returns false where the copy was cut short.
  @inline(__always)
  private func forEachPage(
    of space: Reference<AddressSpace>, at address: UInt32, count: UInt32, writes: Bool,
    _ body: (FrameNumber, UInt32, UInt32, UInt32) -> Bool
  ) throws(CopyFailure) {
    guard UserBuffer(address: address, length: count, in: context).isInside else { throw .ofPeer(.badAddress) }
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
      guard body(frame, offset, done, part) else { throw .own(UserBuffer.copyFailure(context)) }
      done &+= part
    }
    context.counters.bytesCopied &+= UInt64(count)
  }
}

extension Reference where Value == AddressSpace {
  /// The frame behind a page that may be read (or written), which gets memory now if it was only promised.
  @inline(never)
  package func frame(ofPage page: UInt32, forWriting: Bool) throws(SystemError) -> FrameNumber {
    if let entry = value.tables.lookup(VirtualAddress(page)) {
      if entry.isUser, !forWriting || entry.isWritable { return entry.frame }
      // It may be the page of a region that is writable, and shared until it is written.
      guard forWriting, entry.isCopyOnWrite, let own = try makeOwnIfWritable(page: page, entry) else {
        throw .badAddress
      }
      return own
    }
    guard let region = region(containing: page), !region.permissions.isEmpty,
      !forWriting || region.permissions.contains(.write)
    else { throw .badAddress }
    return try populate(page: page, region.permissions)
  }
}
