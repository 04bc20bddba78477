// The memory of a machine in the process of a test. The host is a 64-bit process that leaves the lowest 4 GiB of its addresses alone,
// so the kernel half lies there where it lies on i686: the direct map is a mapping of a file that stands for the RAM, and all
// else is mapped page by page when it is first touched, as the kernel's own page tables say. So the host's mappings are the translation
// cache: what the kernel does not invalidate stays stale here too.
//
// The user half is not mapped: the copies that the kernel makes from and to tasks' memory walk the page tables (UserAccess.swift).
//
// Invariant: the addresses are the process's, so there is one such memory at a time.

import Foundation
import MachineLayout

/// Where things of the kernel's image lie that i686 has from its linker.
enum ImageAddress {
  static var physicalStart: UInt32 { 0xc010_0000 }
  static var text: UInt32 { 0xc010_0000 }
  /// An instruction that may fault in a copy from or to a task, and where the kernel goes on then.
  static var copy: UInt32 { 0xc010_1000 }
  static var copyFault: UInt32 { 0xc010_1100 }
  static var taskStart: UInt32 { 0xc010_1200 }
  static var textEnd: UInt32 { 0xc010_2000 }
  static var recovery: UInt32 { 0xc010_2000 }
  static var readOnlyEnd: UInt32 { 0xc010_3000 }
  static var callPages: UInt32 { 0xc010_3000 }
  static var area: UInt32 { 0xc010_4000 }
  static var directoryPointers: UInt32 { 0xc010_5000 }
  static var directory: UInt32 { 0xc010_6000 }
  static var log: UInt32 { 0xc010_8000 }
  static var reaperStack: Range<UInt32> { 0xc011_0000..<0xc011_4000 }
  static var bootStack: UInt32 { 0xc011_4000 }
  static var idleStack: Range<UInt32> { 0xc011_6000..<0xc011_9000 }
  static var storage: Range<UInt32> { 0xc012_0000..<0xc013_0000 }
  static var end: UInt32 { 0xc013_0000 }
}

public final class HostedMemory {
  static var kernelHalf: UInt { 0xc000_0000 }
  static var directEnd: UInt { 0xe000_0000 }
  static var spaceEnd: UInt { 0x1_0000_0000 }

  public let size: UInt64
  private let file: Int32
  /// All of the RAM, at another address.
  let bytes: UnsafeMutableRawPointer
  /// Whether a page of the kernel half above the direct map is mapped.
  private let cached = UnsafeMutablePointer<Bool>.allocate(capacity: pageCount)
  private static var pageCount: Int { Int((spaceEnd - directEnd) / 4096) }
  nonisolated(unsafe) private static var filling: HostedMemory?

  /// - Parameter size: in bytes, a multiple of 2 MiB.
  public init(size: UInt64) {
    precondition(Self.filling == nil, "there is a machine with memory already")
    self.size = size
    cached.initialize(repeating: false, count: Self.pageCount)
    file = open_memory_file()
    precondition(file >= 0 && ftruncate(file, off_t(size)) == 0, "no memory for the machine")
    bytes = mmap(nil, Int(size), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0).unsafelyUnwrapped
    Self.reserve(Self.kernelHalf, Self.spaceEnd - Self.kernelHalf)
    let direct = min(size, UInt64(Self.directEnd - Self.kernelHalf))
    map(Self.kernelHalf, Int(direct), physical: 0, PROT_READ | PROT_WRITE)
    Self.filling = self
    Self.catchFaults()
    makeBootTables()
  }

  /// Gives the addresses back.
  public func close() {
    Self.reserve(Self.kernelHalf, Self.spaceEnd - Self.kernelHalf)
    munmap(bytes, Int(size))
    Foundation.close(file)
    cached.deallocate()
    Self.filling = nil
  }

  /// What boot.S leaves: the direct map of the first 512 MiB by large pages.
  private func makeBootTables() {
    let directory = word64(physical(ImageAddress.directory))
    for index in 0..<256 { directory[index] = UInt64(index) << 21 | 0x83 }
    word64(physical(ImageAddress.directoryPointers))[3] = UInt64(physical(ImageAddress.directory)) | 1
    // One instruction may fault (RECOVER in cpu_area.inc).
    let recovery = bytes.advanced(by: Int(physical(ImageAddress.recovery))).assumingMemoryBound(to: UInt32.self)
    recovery[0] = ImageAddress.copy
    recovery[1] = ImageAddress.copy + 16
    recovery[2] = ImageAddress.copyFault
  }

  private func physical(_ address: UInt32) -> UInt32 { address - 0xc000_0000 }

  private func word64(_ physical: UInt32) -> UnsafeMutablePointer<UInt64> {
    bytes.advanced(by: Int(physical)).assumingMemoryBound(to: UInt64.self)
  }

  /// Puts bytes at a physical address, as a boot loader does.
  public func load(_ contents: [UInt8], at physical: UInt64) {
    precondition(physical + UInt64(contents.count) <= size)
    contents.withUnsafeBytes {
      bytes.advanced(by: Int(physical)).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
  }

  // MARK: The host's mappings

  private static func reserve(_ start: UInt, _ length: UInt) {
    let flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let place = mmap(UnsafeMutableRawPointer(bitPattern: start), Int(length), PROT_NONE, flags, -1, 0)
    precondition(place != MAP_FAILED, "the host does not leave the lowest 4 GiB to the kernel")
  }

  private func map(_ address: UInt, _ length: Int, physical: UInt64, _ protection: Int32) {
    let place = mmap(
      UnsafeMutableRawPointer(bitPattern: address), length, protection, MAP_FIXED | MAP_SHARED, file, off_t(physical))
    precondition(place != MAP_FAILED, "the host could not map a page")
  }

  /// Forgets the translation of a page, as INVLPG does.
  func invalidate(_ address: UInt32) {
    let page = UInt(address) & ~4095
    guard page >= Self.directEnd else { return }
    let index = Int((page - Self.directEnd) / 4096)
    guard cached[index] else { return }
    cached[index] = false
    Self.reserve(page, 4096)
  }

  /// The entry of the kernel's tables for an address; nil where there is none.
  func kernelEntry(of address: UInt32) -> UInt64? {
    let directory = word64(physical(ImageAddress.directory))[Int((address - 0xc000_0000) >> 21)]
    guard directory & 1 != 0 else { return nil }
    if directory & 0x80 != 0 { return directory + UInt64(address & 0x1f_f000) }
    let table = directory & 0xf_ffff_f000
    guard table + 4096 <= size else { return nil }
    let entry = word64(UInt32(table))[Int(address >> 12 & 511)]
    return entry & 1 != 0 ? entry : nil
  }

  /// Maps the page of a kernel address as the tables say. Returns false where they have none.
  private func fill(_ address: UInt) -> Bool {
    guard address >= Self.directEnd, address < Self.spaceEnd, let entry = kernelEntry(of: UInt32(address)) else {
      return false
    }
    let frame = entry & 0xf_ffff_f000
    guard frame + 4096 <= size else { return false }
    let page = address & ~4095
    let index = Int((page - Self.directEnd) / 4096)
    // What is mapped already and faults is not allowed.
    if cached[index] { return false }
    cached[index] = true
    map(page, 4096, physical: frame, entry & 2 != 0 ? PROT_READ | PROT_WRITE : PROT_READ)
    return true
  }

  private static func catchFaults() {
    var stack = stack_t()
    stack.ss_sp = .allocate(byteCount: 65536, alignment: 16)
    stack.ss_size = 65536
    sigaltstack(&stack, nil)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO | Int32(SA_ONSTACK) | Int32(bitPattern: UInt32(SA_NODEFER))
    action.__sigaction_handler.sa_sigaction = { _, information, _ in
      let address = UInt(bitPattern: fault_address(information))
      if HostedMemory.filling?.fill(address) == true { return }
      // Nobody's to resolve: once more, to end the process as the host does.
      signal(SIGSEGV, SIG_DFL)
    }
    sigaction(SIGSEGV, &action, nil)
  }
}
