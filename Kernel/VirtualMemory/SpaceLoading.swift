// Loading a program's segments into a new address space.
//
// Invariant: what belongs to the boot archive is mapped for reading only, and as memory that is not the space's own.

import ABI
import Executables
import Memory
import Platform
import Primitives

/// A new address space, and the file that is loaded into it.
package struct LoadingSpace: ProgramSpace {
  let space: Reference<AddressSpace>
  let file: KernelBytes
  /// A space that runs the same file.
  let sibling: Reference<AddressSpace>?

  package init(space: Reference<AddressSpace>, file: KernelBytes, sibling: Reference<AddressSpace>?) {
    self.space = space
    self.file = file
    self.sibling = sibling
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
    guard let sibling, !permissions.contains(.write),
      let range = VirtualRange(start: segment.pages.start, length: segment.pages.length)
    else { return false }
    try space.share(range, of: sibling, at: range.start, permissions.page)
    return true
  }

  @inline(never)
  package func copy(fileOffset: UInt32, count: UInt32, to address: UInt32) throws(SystemError) {
    let source = unsafe UnsafeRawPointer(bitPattern: UInt(file.address &+ fileOffset)).unsafelyUnwrapped
    unsafe try space.write(source, count: count, at: address)
  }
}
