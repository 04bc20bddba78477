// Tells the frame allocator of the machine's memory.
//
// Invariant: memory that is not free when the system starts, and what lies in the same chunks, has its records before the
// allocator hears of it. All other memory is added as untouched.

import ABI
import Boot
import Consoles
import Memory
import Platform
import Primitives

struct FrameSetup {
  /// Chunks, of 1,024 frames each.
  private static var chunkSize: UInt32 { FrameAllocator.chunkSize }
  /// Frames that were set aside for records, taken one by one.
  private var reserve: Range<UInt32>
  private let context: Context

  /// Makes the allocator from what the map leaves.
  ///
  /// - Parameter image: the frames of the kernel's image, which the map leaves out, like those of the boot archives.
  @inline(never)
  static func start(
    _ map: inout MemoryMap, image: Range<UInt32>, boot: borrowing BootInformation, in context: Context
  ) {
    var frameCount: UInt32 = 0
    for index in 0..<map.count { frameCount = max(frameCount, map[index].first.value &+ map[index].count) }
    frameCount = min(frameCount, limit(of: frameCount, context))
    let tableCount = FrameMetadataMap.tables(for: frameCount)
    let needed = tableCount + 1 + mostRecordFrames(map, image, boot)
    guard let place = findPlace(for: needed, in: map) else { panic("there is no memory for the frame records") }
    if let range = PhysicalRange(start: place.address, length: UInt64(needed) << 12) {
      map.reserve(range, note: { _ in })
    }
    context.memory.recordPages = FrameMetadataMap(first: place, tableCount: tableCount)
    context.memory.frames = unsafe FrameAllocator(
      storage: DirectMap.pointer(KernelLayout.recordsStart, as: FrameRecord.self), frameCount: frameCount,
      placement: context.memory.placement,
      provideRecords: { context.memory.recordPages.provide($0, $1) })
    var setup = FrameSetup(reserve: (place.value + tableCount + 1)..<(place.value + needed), context: context)
    do throws(FrameFault) {
      try setup.add(map, frameCount)
      try setup.claim(place.value..<(place.value + tableCount), .pageTable)
      try setup.claim(image, .kernelImage)
      for index in 0..<boot.moduleCount {
        // Two archives may share a page, and one may end behind the last frame that is free. Neither is lost: what the map
        // leaves out is nobody's to hand out.
        for frame in frames(of: boot.module(index)) {
          do throws(FrameFault) { try setup.claim(frame..<(frame + 1), .bootArchive) } catch {}
        }
      }
      // The frame of zeroes, and those that records took.
      setup.provide((place.value + tableCount)..<(place.value + needed))
      let rest = setup.reserve
      try setup.claim((place.value + tableCount)..<rest.lowerBound, .metadata)
      try context.memory.frames.addFree(first: FrameNumber(rest.lowerBound), count: UInt32(rest.count))
    } catch { Frames(context).report(error) }
  }

  /// The first frame that cannot be used: the allocator's end, or the processor's, which is said.
  private static func limit(of frameCount: UInt32, _ context: Context) -> UInt32 {
    let bits = context.features.physicalAddressBits
    guard bits < 36, frameCount > 1 << (bits - 12) else { return FrameAllocator.frameLimit }
    var output = KernelOutput(context)
    output.write("memory: this processor's addresses have ")
    output.write(decimal: bits)
    output.write(" bits; what lies above ")
    output.write(decimal: 1 << (bits - 20))
    output.write(" MiB is not used\n")
    return 1 << (bits - 12)
  }

  private static func frames(of module: BootModule) -> Range<UInt32> {
    let first = UInt32(truncatingIfNeeded: module.range.start.value >> 12)
    return first..<max(first, UInt32(truncatingIfNeeded: (module.range.end.value &+ 4095) >> 12))
  }

  /// The most frames that `provide` can take: for both ends of each range and for all that is not free.
  @inline(never)
  private static func mostRecordFrames(
    _ map: borrowing MemoryMap, _ image: Range<UInt32>, _ boot: borrowing BootInformation
  ) -> UInt32 {
    // What is set aside itself may lie in a chunk of its own, and make another one less than whole.
    var chunks = 2 + chunkCount(of: image)
    for index in 0..<boot.moduleCount { chunks += chunkCount(of: frames(of: boot.module(index))) }
    // The ranges are sorted, and those of one chunk follow each other.
    var last: UInt32?
    for index in 0..<map.count {
      let (first, end) = (map[index].first.value, map[index].first.value &+ map[index].count)
      for frame in [first, end - 1] where frame / chunkSize != last {
        chunks += 1
        last = frame / chunkSize
      }
    }
    return chunks * FrameAllocator.recordPages
  }

  private static func chunkCount(of frames: Range<UInt32>) -> UInt32 {
    frames.isEmpty ? 0 : (frames.upperBound - 1) / chunkSize - frames.lowerBound / chunkSize + 1
  }

  /// The first frames in a row that the direct map reaches.
  private static func findPlace(for count: UInt32, in map: borrowing MemoryMap) -> FrameNumber? {
    for index in 0..<map.count {
      let range = map[index]
      if min(range.first.value &+ range.count, DirectMap.endFrame.value) >= range.first.value &+ count {
        return range.first
      }
    }
    return nil
  }

  /// Adds all ranges of the map: whole chunks as untouched ones, the frames before and behind them as free ones.
  @inline(never)
  private mutating func add(_ map: borrowing MemoryMap, _ frameCount: UInt32) throws(FrameFault) {
    for index in 0..<map.count {
      let first = map[index].first.value
      guard first < frameCount else { continue }
      let end = min(first &+ map[index].count, frameCount)
      let firstWhole = (first + Self.chunkSize - 1) / Self.chunkSize
      let chunks = firstWhole..<max(firstWhole, end / Self.chunkSize)
      if chunks.isEmpty {
        try addFree(first..<end)
      } else {
        try addFree(first..<(chunks.lowerBound * Self.chunkSize))
        try context.memory.frames.addUntouched(chunks: chunks)
        try addFree((chunks.upperBound * Self.chunkSize)..<end)
      }
    }
  }

  @inline(never)
  private mutating func addFree(_ frames: Range<UInt32>) throws(FrameFault) {
    provide(frames)
    try context.memory.frames.addFree(first: FrameNumber(frames.lowerBound), count: UInt32(frames.count))
  }

  @inline(never)
  private mutating func claim(_ frames: Range<UInt32>, _ owner: FrameOwner) throws(FrameFault) {
    provide(frames)
    try context.memory.frames.claim(first: FrameNumber(frames.lowerBound), count: UInt32(frames.count), owner: owner)
  }

  /// Gives the chunks of `frames` their records, where they have none.
  @inline(never)
  private mutating func provide(_ frames: Range<UInt32>) {
    guard !frames.isEmpty else { return }
    let first = frames.lowerBound / Self.chunkSize * FrameAllocator.recordPages
    let end = ((frames.upperBound - 1) / Self.chunkSize + 1) * FrameAllocator.recordPages
    for page in first..<end where !context.memory.recordPages.isThere(page) {
      guard let frame = reserve.first else { panic("too few frames were set aside for frame records") }
      context.memory.recordPages.provide(page, FrameNumber(frame))
      reserve = (frame + 1)..<reserve.upperBound
    }
  }
}
