// One word of the current task's memory, which programs build their locks on.
//
// Invariants:
// - A word is known by the frame it lies in, so that it is the same for all who share the frame.
// - Who waits for a word holds its frame: unmapped meanwhile it does not become another process's, whose wakes would then
//   go to the wrong task.

import ABI
import Memory
import Platform
import Primitives
import Scheduling

package struct UserWord: LockWord {
  let address: UInt32
  let context: Context

  package init(address: UInt32, in context: Context) {
    self.address = address
    self.context = context
  }

  private var buffer: UserBuffer { UserBuffer(address: address, length: 4, in: context) }

  @inline(never)
  package func load() -> UInt32? {
    var value: UInt32 = 0
    do throws(SystemError) { try buffer.read(into: &value) } catch { return nil }
    return value
  }

  @inline(never)
  package func store(_ value: UInt32) -> Bool {
    do throws(SystemError) { try buffer.write(value) } catch { return false }
    return true
  }

  /// Why it could not be read or written.
  @inline(never)
  package func failure() -> SystemError {
    var value: UInt32 = 0
    do throws(SystemError) { try buffer.read(into: &value) } catch { return error }
    return .badAddress
  }

  /// What the word is known by: where it lies in physical memory.
  @inline(__always)
  package func key() throws(SystemError) -> UInt64 {
    if address & 3 == 0, address < AddressLayout.kernelStart,
      let physical = try context.scheduler.current.value.space.addressOfOwn(address)
    {
      return physical.value
    }
    return try look().key
  }

  /// Where the word is in physical memory, and what it is now.
  @inline(__always)
  package func look() throws(SystemError) -> (key: UInt64, value: UInt32) {
    guard address & 3 == 0 else { throw .badArgument }
    guard address < AddressLayout.kernelStart else { throw .badAddress }
    let space = context.scheduler.current.value.space
    if let physical = try space.addressOfOwn(address) {
      return (physical.value, FrameContents(context).word(at: physical))
    }
    return try touch(space)
  }

  /// The first touch of promised memory: reading the word puts a frame behind the address.
  @inline(never)
  private func touch(_ space: Reference<AddressSpace>) throws(SystemError) -> (key: UInt64, value: UInt32) {
    var value: UInt32 = 0
    try buffer.read(into: &value)
    guard let physical = space.physicalAddress(of: address) else { throw .badAddress }
    return (physical.value, value)
  }
}

extension Frames {
  /// Keeps a word's frame from being used for anything else until `release(held:)`. Returns nil where it is no memory of
  /// processes, and stays what it is.
  @inline(__always)
  package func hold(wordAt key: UInt64) throws(SystemError) -> FrameNumber? {
    let frame = FrameNumber(UInt32(truncatingIfNeeded: key / UInt64(pageSize)))
    guard let isHeld = context.memory.frames.holdPage(frame) else { throw .limitReached }
    return isHeld ? frame : nil
  }

  @inline(__always)
  package func release(held frame: FrameNumber?) {
    guard let frame, !context.memory.frames.releaseHeldPage(frame) else { return }
    release(frame)
  }

  /// Whether a task that waits for a word holds a frame that several address spaces map.
  package func holdsShared(_ task: Reference<Task>) -> Bool {
    guard task.value.waitKey != 0, task.value.state == .waitingForWord || task.value.state == .waitingForLock else {
      return false
    }
    let frame = FrameNumber(UInt32(truncatingIfNeeded: task.value.waitKey / UInt64(pageSize)))
    return context.memory.frames.owner(of: frame) == .shared
  }
}
