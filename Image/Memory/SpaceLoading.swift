// Loading a program's segments into a new address space.

import ABI
import Executables
import Machine
import MachineSupport
import Memory
import Primitives

extension Reference where Value == AddressSpace {
  /// Adds a segment's region and copies its bytes from the file, or shares them with a space that runs the same file.
  /// Pages that hold none of the file's bytes stay without memory until they are touched.
  @inline(never)
  func load(
    _ segment: LoadSegment, from file: KernelBytes, sharing sibling: Reference<AddressSpace>?
  ) throws(SystemError) {
    var permissions: MemoryPermissions = .read
    if segment.permissions.contains(.writable) { permissions.insert(.write) }
    if segment.permissions.contains(.executable) { permissions.insert(.execute) }
    let purpose: ABI.RegionPurpose =
      segment.permissions.contains(.executable)
      ? .text : segment.permissions.contains(.writable) ? .data : .readOnlyData
    try addRegion(start: segment.pages.start, length: segment.pages.length, permissions, purpose)
    guard segment.fileSize > 0 else { return }
    if let sibling, !permissions.contains(.write),
      let range = VirtualRange(start: segment.pages.start, length: segment.pages.length)
    {
      return try share(range, of: sibling, at: range.start, permissions.page)
    }
    let source = UnsafeRawPointer(bitPattern: UInt(file.address &+ segment.fileOffset)).unsafelyUnwrapped
    try write(source, count: segment.fileSize, at: segment.start)
  }
}
