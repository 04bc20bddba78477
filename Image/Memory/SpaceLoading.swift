// Loading a program's segments into a new address space.
//
// Invariant: what belongs to the boot archive is mapped for reading only, and as memory that is not the space's own.

import ABI
import Executables
import Machine
import MachineSupport
import Memory
import Primitives

extension Reference where Value == AddressSpace {
  /// Adds a segment's region and what is in it: the pages of the boot archive themselves where they lie right, those of a
  /// space that runs the same file where there is one, or else a copy of the file's bytes. Pages that hold none of these stay
  /// without memory until they are touched.
  ///
  /// - Parameter isInPlace: whether the file lies in a boot archive, and the segment there as it has to lie in memory.
  @inline(never)
  func load(
    _ segment: LoadSegment, from file: KernelBytes, isInPlace: Bool, sharing sibling: Reference<AddressSpace>?
  ) throws(SystemError) {
    var permissions: MemoryPermissions = .read
    if segment.permissions.contains(.writable) { permissions.insert(.write) }
    if segment.permissions.contains(.executable) { permissions.insert(.execute) }
    let purpose: ABI.RegionPurpose =
      segment.permissions.contains(.executable)
      ? .text : segment.permissions.contains(.writable) ? .data : .readOnlyData
    try addRegion(start: segment.pages.start, length: segment.pages.length, permissions, purpose)
    guard segment.fileSize > 0 else { return }
    if isInPlace {
      let first = DirectMap.frame(of: file.address &+ segment.fileOffset)
      for page in 0..<(segment.pages.length / pageSize) {
        try map(
          page: segment.pages.start &+ page &* pageSize, to: FrameNumber(first.value &+ page),
          permissions.page.union(.foreign))
      }
      return
    }
    if let sibling, !permissions.contains(.write),
      let range = VirtualRange(start: segment.pages.start, length: segment.pages.length)
    {
      return try share(range, of: sibling, at: range.start, permissions.page)
    }
    let source = UnsafeRawPointer(bitPattern: UInt(file.address &+ segment.fileOffset)).unsafelyUnwrapped
    try write(source, count: segment.fileSize, at: segment.start)
  }
}
