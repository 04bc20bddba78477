// The place of the frame records: an array in the kernel half, of which only what is needed has memory behind it.
//
// Invariants: every page of the array is mapped, those of untouched memory to one frame of zeroes that nobody can write; the
// tables that map them are there from the start, so that giving a page its own frame needs no memory.

import MachineSupport
import Memory
import Platform
import Primitives

struct FrameMetadataMap {
  private var firstTable = FrameNumber(0)
  private var tableCount: UInt32 = 0
  private var zeroes = FrameNumber(0)

  /// The frames of tables that the records of `frameCount` frames need.
  static func tables(for frameCount: UInt32) -> UInt32 {
    (pagesNeeded(frameCount &* UInt32(MemoryLayout<FrameRecord>.stride)) + 511) / 512
  }

  init() {}

  /// A page of zeroes, in the direct map.
  var pageOfZeroes: UInt32 { DirectMap.address(of: zeroes) }

  /// The first address behind what the tables map.
  var end: UInt32 { KernelLayout.recordsStart &+ tableCount &* 0x20_0000 }

  /// Maps all of the array to zeroes.
  ///
  /// - Parameter first: as many frames as there are tables, and one more, all in the direct map.
  init(first: FrameNumber, tableCount: UInt32) {
    firstTable = first
    self.tableCount = tableCount
    zeroes = FrameNumber(first.value + tableCount)
    zero_words(DirectMap.address(of: zeroes), 1024)
    let directory = unsafe DirectMap.pointer(address_of_kernel_page_directory(), as: UInt64.self)
    let index = Int((KernelLayout.recordsStart - DirectMap.start) >> 21)
    for table in 0..<tableCount {
      let entries = unsafe self.entries(ofTable: table)
      for page in 0..<512 { unsafe entries[page] = UInt64(zeroes.value) << 12 | 1 }
      unsafe directory[index + Int(table)] = UInt64(first.value + table) << 12 | 3
    }
  }

  private func entries(ofTable table: UInt32) -> UnsafeMutablePointer<UInt64> {
    unsafe DirectMap.pointer(DirectMap.address(of: FrameNumber(firstTable.value + table)), as: UInt64.self)
  }

  /// Whether a page has a frame of its own.
  func isThere(_ page: UInt32) -> Bool {
    unsafe PageEntry(rawValue: entries(ofTable: page / 512)[Int(page % 512)]).frame != zeroes
  }

  /// Puts a frame behind a page, and makes it all zeroes.
  func provide(_ page: UInt32, _ frame: FrameNumber) {
    let entry = unsafe entries(ofTable: page / 512) + Int(page % 512)
    // The flags stay, and writing is allowed.
    unsafe entry.pointee = unsafe (entry.pointee & (1 << 63 | 0xfff)) | UInt64(frame.value) << 12 | 2
    let address = KernelLayout.recordsStart + page * pageSize
    invalidate_page(address)
    zero_words(address, 1024)
  }

  /// Adds `flags` to the entries of all pages, once it is known what the processor can do.
  func setFlags(_ flags: UInt64) {
    for table in 0..<tableCount {
      let entries = unsafe self.entries(ofTable: table)
      for page in 0..<512 { unsafe entries[page] |= flags }
    }
  }
}
