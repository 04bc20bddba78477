// Memory that a system call's caller names: inert until it is copied from or to.
//
// The same checks hold for callers in both rings: the range must lie in the user half, and the copy itself finds out,
// page by page, whether it is mapped and writable; an access that cannot be resolved ends the copy with an error.
// What is read is read once: a caller's other threads cannot change it between check and use.
//
// Invariant: no kernel code follows a caller's address in any other way.

import ABI
import MachineSupport
import Memory
import Platform
import Primitives
import Scheduling

package struct UserBuffer {
  package let address: UInt32
  package let length: UInt32
  package let context: Context

  package init(address: UInt32, length: UInt32, in context: Context) {
    self.address = address
    self.length = length
    self.context = context
  }

  /// Whether the range lies in the part of the address space that tasks may use.
  @inline(__always)
  package func check() throws(SystemError) {
    if length == 0 { return }
    guard isInside else { throw .badAddress }
  }

  /// Two comparisons that no length or address can overflow.
  @inline(__always)
  package var isInside: Bool {
    let span = AddressLayout.kernelStart &- AddressLayout.nullGuardEnd
    return length <= span && address &- AddressLayout.nullGuardEnd <= span &- length
  }

  /// Reads every page of the buffer once, for a call that wants to know only that the bytes are the caller's.
  package func checkReadable() throws(SystemError) {
    guard length > 0 else { return }
    try check()
    var place = address
    var probe: UInt8 = 0
    repeat {
      let isReadable = unsafe withUnsafeMutablePointer(to: &probe) {
        unsafe user_copy(UnsafeMutableRawPointer($0), UnsafeRawPointer(bitPattern: UInt(place)), 1) == 0
      }
      guard isReadable else { throw Self.copyFailure(context) }
      place = (place | (pageSize &- 1)) &+ 1
    } while place < address &+ length
  }

  /// Copies `count` bytes from `offset` of the buffer to kernel memory.
  package func copyIn(to destination: UnsafeMutableRawPointer, offset: UInt32 = 0, count: UInt32) throws(SystemError) {
    try check()
    guard offset <= length, count <= length &- offset else { throw .badArgument }
    let source = unsafe UnsafeRawPointer(bitPattern: UInt(address &+ offset))
    guard unsafe count == 0 || user_copy(destination, source, count) == 0 else { throw Self.copyFailure(context) }
    context.counters.bytesCopied &+= UInt64(count)
  }

  /// Copies `count` bytes of kernel memory to `offset` of the buffer.
  package func copyOut(from source: UnsafeRawPointer, offset: UInt32 = 0, count: UInt32) throws(SystemError) {
    try check()
    guard offset <= length, count <= length &- offset else { throw .badArgument }
    try checkWritable(offset: offset, count: count)
    let destination = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address &+ offset))
    guard unsafe count == 0 || user_copy(destination, source, count) == 0 else { throw Self.copyFailure(context) }
    context.counters.bytesCopied &+= UInt64(count)
  }

  /// Why the last copy was cut short: the memory is not the caller's, or was promised and there is none left for its job.
  @inline(never)
  package static func copyFailure(_ context: Context) -> SystemError {
    context.memory.copyFailure
  }

  @inline(__always)
  private func checkWritable(offset: UInt32, count: UInt32) throws(SystemError) {
    guard context.scheduler.protection.checksCopies, count > 0 else { return }
    guard UserBuffer(address: address &+ offset, length: count, in: context).mayBeWritten else { throw .badAddress }
  }

  /// Whether all of the buffer, which lies in the part that tasks may use, may be written, where the processor alone would not tell.
  ///
  /// For a guarded task the kernel works with CR0.WP off, so a read-only page would not refuse: its entry in the page table is
  /// looked at here, and where it is not there yet, the regions.
  /// On a shared stack the kernel's own frames lie below the registers of the call, where a stale pointer of the caller's
  /// points: nothing may be copied there.
  package var mayBeWritten: Bool {
    @inline(never) get { context.processor.isGuarded ? isWritableForGuarded : isClearOfKernelPart }
  }

  /// Whether all of the buffer, which lies in the part that tasks may use, is a guarded task's to write. Most lie in one page,
  /// which is there.
  @inline(__always)
  package var isWritableForGuarded: Bool {
    if address ^ (address &+ length &- 1) < pageSize,
      context.scheduler.current.value.space.isWritableNow(page: address)
    {
      return true
    }
    return areRegionsWritable
  }

  /// Of two pages both are looked at, of more the regions.
  @inline(never)
  private var areRegionsWritable: Bool {
    if length == 0 { return true }
    let space = context.scheduler.current.value.space
    let last = address &+ length &- 1
    if last / pageSize &- address / pageSize == 1, space.isWritableNow(page: address), space.isWritableNow(page: last) {
      return true
    }
    return space.isWritable(start: address, length: length)
  }

  @inline(never)
  private var isClearOfKernelPart: Bool {
    let task = context.scheduler.current
    let kernelPart = task.value.callRegisters &+ UInt32(MemoryLayout<saved_registers>.size)
    // Lower than the kernel may need is the program's again: what handlers find is put there (Notices.swift).
    let reserveStart = task.value.callRegisters &- Scheduler.sharedStackReserve
    return address >= kernelPart || address &+ length <= max(task.value.stackStart, reserveStart)
  }

  /// Reads a structure of the ABI.
  package func read<T: BitwiseCopyable>(into value: inout T) throws(SystemError) {
    let size = UInt32(MemoryLayout<T>.size)
    try UserBuffer(address: address, length: size, in: context).check()
    let source = unsafe UnsafeRawPointer(bitPattern: UInt(address))
    let isCopied = unsafe withUnsafeMutablePointer(to: &value) { unsafe Self.copy(T.self, to: $0, from: source) }
    guard isCopied else { throw Self.copyFailure(context) }
    context.counters.bytesCopied &+= UInt64(size)
  }

  /// Writes a structure of the ABI.
  package func write<T: BitwiseCopyable>(_ value: T) throws(SystemError) {
    let size = UInt32(MemoryLayout<T>.size)
    let whole = UserBuffer(address: address, length: size, in: context)
    try whole.check()
    try whole.checkWritable(offset: 0, count: size)
    let destination = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address))
    let isCopied = unsafe withUnsafePointer(to: value) { unsafe Self.copy(T.self, to: destination, from: $0) }
    guard isCopied else { throw Self.copyFailure(context) }
    context.counters.bytesCopied &+= UInt64(size)
  }

  /// Almost all structures are whole words, which the compiler knows.
  @inline(__always)
  private static func copy<T: BitwiseCopyable>(
    _: T.Type, to destination: UnsafeMutableRawPointer?, from source: UnsafeRawPointer?
  ) -> Bool {
    let size = UInt32(MemoryLayout<T>.size)
    return unsafe size % 4 == 0
      ? user_copy_structure(destination, source, size / 4) == 0 : user_copy(destination, source, size) == 0
  }
}
