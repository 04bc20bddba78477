// Giving up the memory of a space in steps, between which others run: how much there is, is for programs to say.
//
// Invariants:
// - After each step regions and pages agree, and what is left is as it was.
// - What a step covers is checked in that step: the other tasks of the process may have changed it since the last one.

import ABI
import Memory
import Platform
import Primitives
import Scheduling

extension Reference where Value == AddressSpace {
  /// How many pages with memory behind them a step gives up at the most.
  private static var pagesOfStep: UInt32 { 32 }
  /// How far a step goes over pages that have none.
  private static var emptyLimit: UInt32 { 64 << 20 }
  /// What a page table covers.
  private static var tableLength: UInt32 { 2 << 20 }

  /// Removes mappings; holes are no error. Where the range has a part of anything else, no part of it is touched.
  package func removeMappings(start: UInt32, length: UInt32) throws(SystemError) {
    guard let range = VirtualRange(start: start, length: length) else { throw .badArgument }
    try checkMappings(in: range, includesOthers: true)
    try removeInSteps(start, start &+ length) { purpose in
      purpose == .mapping || purpose == .shared || purpose == .device
    }
  }

  /// Removes what is large in a process whose last task is about to end: all but stacks, and what is lent to it.
  package func removeBeforeEnd() {
    guard value.residentPages > 2 * Self.pagesOfStep else { return }
    unpublish()
    var address: UInt32 = 0
    while let region = region(endingAbove: address) {
      address = region.start &+ region.length
      guard Self.isLarge(region.purpose) else { continue }
      do throws(SystemError) { try removeInSteps(region.start, address, Self.isLarge) } catch {
        // It is given back with the space.
      }
    }
  }

  private static func isLarge(_ purpose: RegionPurpose) -> Bool {
    switch purpose {
    case .text, .readOnlyData, .data, .mapping, .shared: true
    case .stack, .threadStack, .guardPage, .systemCallPage, .device, .lent, .exchange: false
    }
  }

  private func removeInSteps(
    _ start: UInt32, _ end: UInt32, _ isMeant: (RegionPurpose) -> Bool
  ) throws(SystemError) {
    var position = start
    while true {
      let next = endOfStep(from: position, to: end)
      try removeStep(position, next, isMeant)
      if next == end { return }
      context.scheduler.preemptionPoint()
      position = next
    }
  }

  @inline(__always)
  private func removeStep(
    _ start: UInt32, _ end: UInt32, _ isMeant: (RegionPurpose) -> Bool
  ) throws(SystemError) {
    guard let range = VirtualRange(start: start, length: end &- start) else { throw .badArgument }
    var isAllMeant = true
    value.regions.forEach(in: range) { region in
      isAllMeant = isMeant(region.purpose)
      return isAllMeant
    }
    guard isAllMeant else { throw .badArgument }
    do throws(RegionError) {
      try value.regions.remove(start: start, length: range.length) { _ in }
    } catch { throw error == .outOfMemory ? context.memory.shortage : .badArgument }
    releasePages(in: range)
  }

  /// So far that a step has no more pages than it may have.
  @inline(__always)
  private func endOfStep(from start: UInt32, to end: UInt32) -> UInt32 {
    let first = Self.pagesOfStep &* pageSize
    if end &- start <= first { return end }
    return endOfLongStep(from: start, start &+ first, to: end)
  }

  @inline(never)
  private func endOfLongStep(from start: UInt32, _ first: UInt32, to end: UInt32) -> UInt32 {
    var position = first
    guard isEmpty(start, position) else { return position }
    while position < end, position &- start < Self.emptyLimit {
      let next = min(end, (position & ~(Self.tableLength &- 1)) &+ Self.tableLength)
      guard isEmpty(position, next) else { break }
      position = next
    }
    return position
  }

  private func isEmpty(_ start: UInt32, _ end: UInt32) -> Bool {
    VirtualRange(start: start, length: end &- start).map { value.tables.countMapped(in: $0) == 0 } ?? true
  }
}
