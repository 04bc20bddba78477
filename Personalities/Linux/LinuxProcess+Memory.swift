// Calls about memory: mappings, the heap that `brk` moves, and the segment of thread-local data.

import ABI

extension LinuxProcess {
  /// Where the heap begins: with room on both sides for mappings that lie where there is room.
  private static var heapStart: UInt32 { 0x6000_0000 }

  /// Protection bits (asm-generic/mman-common.h) as the native calls have them. No page is both written and run.
  func permissions(_ protection: UInt32) throws(LinuxError) -> UInt32 {
    guard protection & ~7 == 0 else { throw .invalid }
    guard protection & 6 != 6 else { throw .accessDenied }
    return protection
  }

  /// `mmap2`: memory of nobody's file, wherever there is room or in place of what is there.
  mutating func map(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let (address, length, flags) = (words[0], words[1], words[3])
    let permissions = try permissions(words[2])
    guard length > 0, flags & 3 != 0 else { throw .invalid }
    // Files are read, not mapped.
    guard flags & 0x20 != 0 else { throw .noDevice }
    // Nobody else could see what is shared: there is no other process that has it.
    if flags & 0x10 == 0 {
      pending = .mapped
      return .make(.memoryMap, 0, length, permissions)
    }
    guard address & 4095 == 0 else { throw .invalid }
    pending = .replacing(address: address, length: length, permissions: permissions)
    return .make(.memoryUnmap, address, length)
  }

  func mappedPage(_ result: StepResult) throws(LinuxError) -> Int32 {
    switch SystemError(rawValue: result.value) {
    case .limitReached, .outOfMemory, .alreadyExists: throw .outOfMemory
    default: return try result.checked()
    }
  }

  // MARK: The heap

  /// The end stays where it is where there is no memory: `brk` has no errors.
  mutating func moveBreak(to wanted: UInt32) -> LinuxStep {
    if programBreak == 0 { programBreak = Self.heapStart }
    let (mapped, needed) = (Self.page(after: programBreak), Self.page(after: wanted))
    guard wanted >= Self.heapStart, wanted <= AddressLayout.dynamicEnd else {
      return .answer(Int32(bitPattern: programBreak))
    }
    if needed == mapped {
      programBreak = wanted
      return .answer(Int32(bitPattern: wanted))
    }
    pending = .programBreak(wanted)
    return needed > mapped
      ? .make(
        .memoryMap,
        mapped, needed - mapped, MemoryPermissions.read.rawValue | MemoryPermissions.write.rawValue)
      : .make(.memoryUnmap, needed, mapped - needed)
  }

  private static func page(after address: UInt32) -> UInt32 { (address &+ 4095) & ~4095 }

  mutating func brokeTo(_ wanted: UInt32, _ result: StepResult) -> LinuxStep {
    if result.value >= 0 { programBreak = wanted }
    return .answer(Int32(bitPattern: programBreak))
  }

  // MARK: Thread-local data

  /// The entry of the descriptor table that native tasks have for the same (asm/ldt.h, `user_desc`).
  private static var segment: UInt32 { 6 }

  mutating func threadArea(_ result: StepResult, _ place: UInt32) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    let number = result.word(0)
    guard number == .max || number == Self.segment else { throw .invalid }
    var descriptor = result.data
    descriptor.put(Self.segment, at: 0)
    pending = .threadSet(at: place, descriptor: descriptor)
    return .make(.threadPointerSet, result.word(1))
  }
}
