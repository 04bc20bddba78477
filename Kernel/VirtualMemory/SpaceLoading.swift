// Loading a program's segments into a new address space.
//
// Invariant: what belongs to the boot archive is mapped for reading only, and as memory that is not the space's own.

import ABI
import Executables
import Memory
import Platform
import Primitives
import Scheduling

/// A new address space, and the file that is loaded into it.
package struct LoadingSpace: ProgramSpace {
  let space: Reference<AddressSpace>
  let file: KernelBytes
  /// Whether other spaces that run the same file share what nobody can write.
  let sharesMemory: Bool

  /// How many pages are copied between two places at which others run.
  private static var pagesOfStep: UInt32 { 4 }

  package init(space: Reference<AddressSpace>, file: KernelBytes, sharesMemory: Bool) {
    self.space = space
    self.file = file
    self.sharesMemory = sharesMemory
  }

  /// Adds a segment's region and, where nobody can write it, what is in it: the pages of the boot archive themselves where
  /// they lie right, or those of a space that runs the same file. Pages that hold no bytes of the file stay without memory
  /// until they are touched.
  @inline(never)
  package func add(_ segment: LoadSegment, isInPlace: Bool) throws(SystemError) -> Bool {
    var permissions: MemoryPermissions = .read
    if segment.permissions.contains(.writable) { permissions.insert(.write) }
    if segment.permissions.contains(.executable) { permissions.insert(.execute) }
    let purpose: RegionPurpose =
      segment.permissions.contains(.executable)
      ? .text : segment.permissions.contains(.writable) ? .data : .readOnlyData
    try space.addRegion(start: segment.pages.start, length: segment.pages.length, permissions, purpose)
    if isInPlace {
      let first = DirectMap.frame(of: file.address &+ segment.fileOffset)
      for page in 0..<(segment.pages.length / pageSize) {
        try space.map(
          page: segment.pages.start &+ page &* pageSize, to: FrameNumber(first.value &+ page),
          permissions.page.union(.foreign))
      }
      return true
    }
    // Looked for each time: it may end while a segment is copied.
    guard sharesMemory, !permissions.contains(.write),
      let sibling = Reference<AddressSpace>.running(image: file.address, space.context),
      let range = VirtualRange(start: segment.pages.start, length: segment.pages.length)
    else { return false }
    try space.share(range, of: sibling, at: range.start, permissions.page)
    return true
  }

  @inline(never)
  package func copy(fileOffset: UInt32, count: UInt32, to address: UInt32) throws(SystemError) {
    var done: UInt32 = 0
    while done < count {
      if done > 0 { space.context.scheduler.preemptionPoint() }
      // Whole pages but for the last part.
      let part = min(count &- done, Self.pagesOfStep &* pageSize &- (address &+ done) & (pageSize &- 1))
      let source = unsafe UnsafeRawPointer(bitPattern: UInt(file.address &+ fileOffset &+ done)).unsafelyUnwrapped
      unsafe try space.write(source, count: part, at: address &+ done)
      done &+= part
    }
  }
}
