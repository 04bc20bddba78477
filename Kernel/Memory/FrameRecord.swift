// What is known about each frame of physical memory: who owns it, how many hold it, and where it sits in the
// allocator's lists.
//
// Invariants: there is one record per frame from 0 to the highest frame of memory; the record of a frame that is not
// memory, or that nobody has used yet, says `absent`. A record is 8 bytes, so that the records of 8 MiB take 16 KiB: a free
// frame needs its two neighbours and a handed-out one its number of holders, never both, so these share their place.

import Primitives

/// Who a frame belongs to. The raw values order the states: everything above `free` was handed out and can be
/// given back.
public enum FrameOwner: UInt8, Sendable {
  /// Not memory, or never told to the allocator.
  case absent = 0
  /// Memory that the firmware keeps.
  case reserved = 1
  case free = 2
  /// The kernel's text and data as loaded.
  case kernelImage = 3
  /// The files that the boot loader placed in memory.
  case bootArchive = 4
  /// The frame records and the other tables made at boot.
  case metadata = 5
  /// Page-directory-pointer tables, page directories and page tables.
  case pageTable = 6
  case kernelHeap = 7
  case kernelStack = 8
  /// The text, data and modules of the kernel half that were loaded after boot.
  case module = 9
  /// Pages of one process.
  case processMemory = 10
  /// Pages that several processes map.
  case shared = 11
  /// Buffers that devices read and write (DMA).
  case device = 12

  /// All owners, in the order of their raw values.
  public static var count: Int { 13 }

  /// True for a frame that somebody holds and can give back.
  @inlinable public var isHandedOut: Bool { rawValue > FrameOwner.free.rawValue }

  /// The name that reports use.
  public var name: StaticString {
    switch self {
    case .absent: "absent"
    case .reserved: "reserved"
    case .free: "free"
    case .kernelImage: "kernel image"
    case .bootArchive: "boot archive"
    case .metadata: "metadata"
    case .pageTable: "page tables"
    case .kernelHeap: "kernel heap"
    case .kernelStack: "kernel stacks"
    case .module: "modules"
    case .processMemory: "processes"
    case .shared: "shared"
    case .device: "device buffers"
    }
  }
}

/// The part of memory that an allocation may come from. The raw value is the highest zone that serves it; lower
/// zones are the fallback, so that the scarce ones are used last.
public enum FrameZone: Int, Sendable {
  /// Below 16 MiB: what the ISA bus's DMA controller reaches.
  case dma = 0
  /// Below 512 MiB: what the kernel's direct map reaches.
  case low = 1
  /// Anywhere; above 512 MiB first.
  case any = 2

  /// The first frame above the zone.
  @inlinable public var end: UInt32 {
    switch self {
    case .dma: 0x1000
    case .low: 0x2_0000
    case .any: 0x0100_0000
    }
  }

  /// The zone that `frame` lies in.
  @inlinable static func index(of frame: UInt32) -> Int { frame < 0x1000 ? 0 : frame < 0x2_0000 ? 1 : 2 }
}

/// One frame's record. A frame in a free list is linked through `next` and `previous`; any other has `references`,
/// which lie where `next` does: whoever changes the owner sets the one or the other.
public struct FrameRecord: Sendable {
  /// `next` or `references` in the upper 24 bits, the owner in the lower 8.
  private var nextAndOwner: UInt32 = 0
  /// The complement of `previous` in the upper 24 bits, of the order in the lower 8: so the record of a frame that is
  /// absent is all zeroes, as the page is that stands for all records that are not there.
  private var notPreviousAndOrder: UInt32 = 0

  init() {}

  /// Whether the frame is absent, and its record as it was made.
  var isAbsent: Bool { @inline(__always) get { nextAndOwner == 0 } }

  /// Makes an absent frame one inside a free block.
  @inline(__always)
  mutating func becomeFree() { nextAndOwner = UInt32(FrameOwner.free.rawValue) }

  /// Of a free frame: the frame after this one in its list, or `none`.
  var next: UInt32 {
    @inline(__always) get { nextAndOwner &>> 8 }
    @inline(__always) set { nextAndOwner = (newValue &<< 8) | (nextAndOwner & 0xff) }
  }

  /// Of a free frame: the frame before this one in its list, or `none`.
  var previous: UInt32 {
    @inline(__always) get { ~notPreviousAndOrder &>> 8 }
    @inline(__always) set { notPreviousAndOrder = (~newValue &<< 8) | (notPreviousAndOrder & 0xff) }
  }

  /// How many hold the block that starts at this frame; 0 inside a block and for a free frame.
  var references: UInt16 {
    @inline(__always) get { owner == .free ? 0 : UInt16(truncatingIfNeeded: nextAndOwner &>> 8) }
    @inline(__always) set { nextAndOwner = (UInt32(newValue) &<< 8) | (nextAndOwner & 0xff) }
  }

  /// Whether it is a frame of processes: `processMemory` or `shared`.
  var isPage: Bool { @inline(__always) get { nextAndOwner & 0xfe == UInt32(FrameOwner.processMemory.rawValue) } }

  /// Of a frame of processes: one more holder, or one less where another one is left. Returns false, with nothing changed,
  /// where that cannot be.
  @inline(__always)
  mutating func addHolder() -> Bool {
    guard nextAndOwner < 0xffff00 else { return false }
    nextAndOwner &+= 0x100
    return true
  }

  @inline(__always)
  mutating func removeHolder() -> Bool {
    guard nextAndOwner >= 0x200 else { return false }
    nextAndOwner &-= 0x100
    return true
  }

  /// The binary logarithm of the number of frames in the block that starts here, or `interior` or `cached`.
  var order: UInt8 {
    @inline(__always) get { ~UInt8(truncatingIfNeeded: notPreviousAndOrder) }
    @inline(__always) set { notPreviousAndOrder = (notPreviousAndOrder & ~0xff) | UInt32(~newValue) }
  }

  var owner: FrameOwner {
    // Written by the setter only.
    @inline(__always) get { FrameOwner(rawValue: UInt8(truncatingIfNeeded: nextAndOwner)) ?? .absent }
    @inline(__always) set { nextAndOwner = (nextAndOwner & ~0xff) | UInt32(newValue.rawValue) }
  }

  /// No frame: the end of a list. Frame numbers have 24 bits: 64 GiB, as far as PAE was made for.
  static var none: UInt32 { 0xff_ffff }
  /// The order of a frame inside a block.
  static var interior: UInt8 { 0xff }
  /// The order of a single free frame in a zone's cache.
  static var cached: UInt8 { 0xfe }
}

/// The records of all frames, at a fixed address.
///
/// Indexing is not checked against `count`: the allocator checks a frame number where it comes in, and follows only
/// links that it wrote itself.
@safe struct FrameRecords {
  private let first: UnsafeMutablePointer<FrameRecord>
  let count: UInt32

  /// Unsafe: nothing else may use `storage` from now on, and it must hold `count` records of absent frames.
  @unsafe init(_ storage: UnsafeMutablePointer<FrameRecord>, count: UInt32) {
    unsafe first = storage
    self.count = count
  }

  subscript(_ frame: UInt32) -> FrameRecord {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(first + Int(truncatingIfNeeded: frame)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe first + Int(truncatingIfNeeded: frame) }
  }

  /// Throws unless `frame` starts a handed-out block.
  @inline(__always)
  func validate(_ frame: FrameNumber) throws(FrameFault) {
    guard frame.value < count, self[frame.value].owner.isHandedOut,
      self[frame.value].order != FrameRecord.interior
    else { throw explain(frame) }
  }

  /// Why `frame` does not start a handed-out block.
  @inline(never)
  private func explain(_ frame: FrameNumber) -> FrameFault {
    guard frame.value < count else { return .outOfRange(frame: frame, limit: count) }
    switch self[frame.value].owner {
    case .free: return .alreadyFree(frame: frame)
    case .absent, .reserved: return .notHandedOut(frame: frame, owner: self[frame.value].owner)
    default: return .insideBlock(frame: frame)
    }
  }

  /// Throws unless the `count` frames from `first` are managed and absent.
  func validateAbsent(first: FrameNumber, count: UInt32) throws(FrameFault) {
    let (end, overflow) = first.value.addingReportingOverflow(count)
    guard !overflow && end <= self.count else {
      throw FrameFault.outOfRange(frame: first, limit: self.count)
    }
    // This and the next visit many frames: pointers take half of the time that frame numbers would.
    var record = unsafe self.first + Int(truncatingIfNeeded: first.value)
    let last = unsafe self.first + Int(truncatingIfNeeded: end)
    while unsafe record < last && record.pointee.isAbsent { unsafe record += 1 }
    guard unsafe record >= last else {
      let frame = unsafe UInt32(truncatingIfNeeded: record - self.first)
      throw FrameFault.alreadyOwned(frame: FrameNumber(frame), owner: self[frame].owner)
    }
  }

  /// Makes the absent frames of `range` inside ones of free blocks.
  func becomeFree(_ range: Range<UInt32>) {
    var record = unsafe first + Int(truncatingIfNeeded: range.lowerBound)
    let last = unsafe first + Int(truncatingIfNeeded: range.upperBound)
    while unsafe record < last {
      unsafe record.pointee.becomeFree()
      unsafe record += 1
    }
  }
}
