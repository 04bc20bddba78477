// Frames for tests: real records on the host, any map of memory.

import Primitives

@testable import Memory

/// A frame allocator over its own records, at an address that stays.
final class FrameFixture {
  let frames: Reference<FrameAllocator>
  private let storage: UnsafeMutablePointer<FrameRecord>
  private let frameCount: Int
  /// The pages of records that were provided, with their frames.
  private(set) var provided: [UInt32: FrameNumber] = [:]

  /// - Parameter chunks: those that are added as untouched.
  init(
    frameCount: UInt32, free ranges: [Range<UInt32>], untouched chunks: [Range<UInt32>] = [],
    placement: Placement = .inOrder
  ) throws {
    self.frameCount = Int(frameCount)
    storage = .allocate(capacity: Int(frameCount))
    storage.initialize(repeating: FrameRecord(), count: Int(frameCount))
    let pointer = UnsafeMutablePointer<FrameAllocator>.allocate(capacity: 1)
    frames = Reference(pointer)
    pointer.initialize(
      to: FrameAllocator(
        storage: storage, frameCount: frameCount, placement: placement,
        provideRecords: { [unowned self] page, frame in
          precondition(provided[page] == nil, "page \(page) was provided twice")
          provided[page] = frame
        }))
    for range in ranges {
      try frames.value.addFree(first: FrameNumber(range.lowerBound), count: UInt32(range.count))
    }
    for range in chunks { try frames.value.addUntouched(chunks: range) }
  }

  func take(order: Int = 0, zone: FrameZone = .any, owner: FrameOwner = .kernelHeap) -> FrameNumber? {
    frames.value.allocate(order: order, zone: zone, owner: owner)
  }

  /// Whether nothing was written to the records of these chunks.
  func isUnwritten(_ chunks: some Sequence<UInt32>) -> Bool {
    chunks.allSatisfy { chunk in
      (chunk * 1024..<(chunk + 1) * 1024).allSatisfy { storage[Int($0)].isAbsent }
    }
  }

  deinit {
    frames.unsafePointer.deinitialize(count: 1)
    frames.unsafePointer.deallocate()
    storage.deallocate()
  }
}
