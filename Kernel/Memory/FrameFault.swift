// What can be wrong with a frame that is given back, and what the checker can find wrong with the allocator.
//
// A `FrameFault` is a mistake of the kernel itself, never of a program: the kernel stops and prints it.

import Primitives

/// A wrong use of the frame allocator. Nothing was changed when one is thrown.
public enum FrameFault: Error, Equatable, Sendable {
  /// The block reaches past the last frame, `limit` being the first frame that is not managed.
  case outOfRange(frame: FrameNumber, limit: UInt32)
  /// The frame is free already: it was given back twice.
  case alreadyFree(frame: FrameNumber)
  /// The frame was never handed out: it is absent or the firmware's.
  case notHandedOut(frame: FrameNumber, owner: FrameOwner)
  /// The frame lies inside a block; only a block's first frame names it.
  case insideBlock(frame: FrameNumber)
  case wrongOrder(frame: FrameNumber, given: UInt8, actual: UInt8)
  /// The block has other holders and cannot be freed at once.
  case stillShared(frame: FrameNumber, references: UInt16)
  /// One more holder than can be counted.
  case tooManyReferences(frame: FrameNumber)
  /// Memory was added or claimed that belongs to somebody already.
  case alreadyOwned(frame: FrameNumber, owner: FrameOwner)

  /// Writes one sentence that says what was wrong.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .outOfRange(let frame, let limit):
      output.write(frame: frame)
      output.write(" reaches past the last managed frame ")
      output.write(hexadecimal: limit &- 1)
    case .alreadyFree(let frame):
      output.write(frame: frame)
      output.write(" was given back twice")
    case .notHandedOut(let frame, let owner):
      output.write(frame: frame)
      output.write(" was given back but never handed out (it is ")
      output.write(owner.name)
      output.write(")")
    case .insideBlock(let frame):
      output.write(frame: frame)
      output.write(" lies inside a block and does not name it")
    case .wrongOrder(let frame, let given, let actual):
      output.write(frame: frame)
      output.write(" was given back with order ")
      output.write(decimal: UInt32(given))
      output.write(" but handed out with order ")
      output.write(decimal: UInt32(actual))
    case .stillShared(let frame, let references):
      output.write(frame: frame)
      output.write(" was freed while ")
      output.write(decimal: UInt32(references))
      output.write(" hold it")
    case .tooManyReferences(let frame):
      output.write(frame: frame)
      output.write(" has more than 65535 holders")
    case .alreadyOwned(let frame, let owner):
      output.write(frame: frame)
      output.write(" cannot be added: its owner is ")
      output.write(owner.name)
    }
  }
}

/// What `FrameAllocator.check` found.
public enum FrameViolation: Equatable, Sendable {
  /// A list leads to a frame that is not the free block the list is for, or whose back link is wrong.
  case brokenList(zone: Int, order: UInt8, frame: FrameNumber)
  /// A list and the records disagree on the number of free blocks of an order.
  case listLength(zone: Int, order: UInt8, listed: UInt32, recorded: UInt32)
  /// A block's frames do not agree on owner, order or alignment.
  case brokenBlock(frame: FrameNumber)
  /// Two free buddies that should be one block.
  case apartBuddies(frame: FrameNumber, order: UInt8)
  /// A handed-out block that nobody holds.
  case wrongReferences(frame: FrameNumber, references: UInt16)
  case freeCount(zone: Int, counted: UInt32, recorded: UInt32)
  case ownerCount(owner: FrameOwner, counted: UInt32, recorded: UInt32)
  /// A lease gave back a frame that it could not.
  case recordedFault(FrameFault)

  /// Writes one sentence that says what does not hold.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .brokenList(let zone, let order, let frame):
      output.write("the list of free blocks of ")
      output.write(zone: zone, order: order)
      output.write(" is broken at ")
      output.write(frame: frame)
    case .listLength(let zone, let order, let listed, let recorded):
      output.write("the list of free blocks of ")
      output.write(zone: zone, order: order)
      output.write(counted: listed, recorded: recorded)
    case .brokenBlock(let frame):
      output.write("the frames of the block at ")
      output.write(frame: frame)
      output.write(" disagree")
    case .apartBuddies(let frame, let order):
      output.write(frame: frame)
      output.write(" and its buddy of order ")
      output.write(decimal: UInt32(order))
      output.write(" are both free but not one block")
    case .wrongReferences(let frame, let references):
      output.write(frame: frame)
      output.write(" has an impossible number of holders: ")
      output.write(decimal: UInt32(references))
    case .freeCount(let zone, let counted, let recorded):
      output.write("the number of free frames of zone ")
      output.write(decimal: zone)
      output.write(counted: counted, recorded: recorded)
    case .ownerCount(let owner, let counted, let recorded):
      output.write("the number of frames of ")
      output.write(owner.name)
      output.write(counted: counted, recorded: recorded)
    case .recordedFault(let fault):
      fault.describe(to: &output)
    }
  }
}

extension TextOutput {
  mutating func write(frame: FrameNumber) {
    write("frame ")
    write(hexadecimal: frame.value, digits: 5)
  }

  fileprivate mutating func write(zone: Int, order: UInt8) {
    write("zone ")
    write(decimal: zone)
    write(" and order ")
    write(decimal: UInt32(order))
  }

  fileprivate mutating func write(counted: UInt32, recorded: UInt32) {
    write(" is wrong: counted ")
    write(decimal: counted)
    write(", recorded ")
    write(decimal: recorded)
  }
}
