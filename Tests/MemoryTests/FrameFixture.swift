// Frames for tests: real records on the host, any map of memory.

import Primitives

@testable import Memory

/// A frame allocator over its own records, at an address that stays.
final class FrameFixture {
  let frames: Reference<FrameAllocator>
  private let storage: UnsafeMutablePointer<FrameRecord>

  init(frameCount: UInt32, free ranges: [Range<UInt32>]) throws {
    storage = .allocate(capacity: Int(frameCount))
    let pointer = UnsafeMutablePointer<FrameAllocator>.allocate(capacity: 1)
    pointer.initialize(to: FrameAllocator(storage: storage, frameCount: frameCount))
    frames = Reference(pointer)
    for range in ranges {
      try frames.value.addFree(first: FrameNumber(range.lowerBound), count: UInt32(range.count))
    }
  }

  func take(order: Int = 0, zone: FrameZone = .any, owner: FrameOwner = .kernelHeap) -> FrameNumber? {
    frames.value.allocate(order: order, zone: zone, owner: owner)
  }

  deinit {
    frames.unsafePointer.deinitialize(count: 1)
    frames.unsafePointer.deallocate()
    storage.deallocate()
  }
}
