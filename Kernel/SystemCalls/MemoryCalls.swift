// System calls about memory: mapping pages, and counting and describing what there is.

import ABI
import LinkedModules
import Memory
import Modules
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct MemoryCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// The most a single call maps, in bytes.
  private static var lengthLimit: UInt32 { AddressLayout.dynamicEnd - AddressLayout.dynamicStart }

  @inline(never)
  func map(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.third)
    let length = try roundedLength(arguments.second)
    let space = context.scheduler.current.value.space
    let start: UInt32
    if arguments.first == 0 {
      start = try space.addMapping(length: length, permissions)
    } else {
      try checkDynamic(arguments.first, length)
      try space.addRegion(start: arguments.first, length: length, permissions, .mapping)
      start = arguments.first
    }
    return Int32(bitPattern: start >> 12)
  }

  @inline(never)
  func unmap(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let length = try roundedLength(arguments.second)
    try checkDynamic(arguments.first, length)
    try context.scheduler.current.value.space.removeMappings(start: arguments.first, length: length)
    return 0
  }

  @inline(never)
  func protect(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.third)
    let length = try roundedLength(arguments.second)
    guard arguments.first & (pageSize - 1) == 0 else { throw .badArgument }
    try context.scheduler.current.value.space.protectMappings(start: arguments.first, length: length, permissions)
    return 0
  }

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let flags = MemoryInformationFlags(rawValue: arguments.second)
    guard flags.isSubset(of: .check) else { throw .badArgument }
    // The walk over all memory lets nobody else run.
    guard !flags.contains(.check) || context.currentProcess.value.rights.contains(.tasks) else { throw .notPermitted }
    var information = MemoryCounts(context).take()
    if flags.contains(.check) { information.discrepancies = MemoryCounts(context).discrepancies() }
    try UserBuffer(address: arguments.first, length: 0, in: context).write(information)
    return 0
  }

  @inline(never)
  func region(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process: Reference<Process>
    if arguments.first == 0 {
      process = context.currentProcess
    } else {
      let task = try TaskCalls(context).find(arguments.first)
      try TaskCalls(context).checkRight(over: task)
      process = task.value.process
    }
    guard let space = process.value.space, let region = space.region(endingAbove: arguments.second) else {
      throw .notFound
    }
    var information = RegionInformation()
    information.start = region.start
    information.length = region.length
    information.permissions = region.permissions
    information.purpose = region.purpose.rawValue
    information.residentPages = space.residentPages(of: region)
    information.task = process.task(withStackNear: region.start)?.value.identity.value ?? 0
    try UserBuffer(address: arguments.third, length: 0, in: context).write(information)
    return 0
  }

  @inline(never)
  func heapInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var left = arguments.first
    for tag in 1...UInt8.max {
      var information = HeapInformation()
      guard let use = heapUse(of: tag, name: &information.name) else { continue }
      guard left == 0 else {
        left -= 1
        continue
      }
      information.tag = UInt32(tag)
      information.bytes = use.bytes
      information.allocations = use.allocations
      information.isGuarded = context.memory.heap.isGuarded ? 1 : 0
      try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
      return 0
    }
    throw .notFound
  }

  /// What one owner has of the kernel's heap, or a module of its own; nil where that is nothing.
  private func heapUse(of tag: UInt8, name: inout Name) -> HeapUse? {
    var use = context.memory.heap.use(of: tag)
    if tag >= HeapTag.firstModule {
      guard Int(tag &- HeapTag.firstModule) < ModuleTable.capacity,
        let module = context.modules.value.records[Int(tag &- HeapTag.firstModule)], let entry = module.entry
      else { return nil }
      use = module.value.heap.total
      name = Name(entry.name)
    } else {
      name = HeapTag(rawValue: tag).shortName
    }
    return use.allocations > 0 ? use : nil
  }

  @inline(never)
  func share(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.fourth)
    let length = try roundedLength(arguments.third)
    try checkDynamic(arguments.second, length)
    let source = arguments.second
    let place = try partner(arguments.first).addRoomForSharing(length: length, permissions)
    var done: UInt32 = 0
    do throws(SystemError) {
      while done < length {
        let size = min(length &- done, Self.sharingStep)
        guard let range = VirtualRange(start: source &+ done, length: size) else { throw .badArgument }
        let space = context.scheduler.current.value.space
        try partner(arguments.first).addShared(range, of: space, at: place &+ done, permissions)
        done &+= size
        if done < length { context.scheduler.preemptionPoint() }
      }
    } catch {
      takeBack(place, length, of: arguments.first)
      throw error
    }
    return Int32(bitPattern: place >> 12)
  }

  /// Removes room for sharing from another space. Where that has ended there is nothing to take back.
  private func takeBack(_ start: UInt32, _ length: UInt32, of task: UInt32) {
    for offset in stride(from: 0, to: length, by: Int(Self.sharingStep)) {
      if offset > 0 { context.scheduler.preemptionPoint() }
      try? partner(task).removeMappings(start: start &+ offset, length: min(length &- offset, Self.sharingStep))
    }
  }

  /// How much is shared between two preemption points.
  private static var sharingStep: UInt32 { 8 * pageSize }

  /// The space with which memory is shared: found anew after others ran, since it may have ended.
  private func partner(_ task: UInt32) throws(SystemError) -> Reference<AddressSpace> {
    let task = try TaskCalls(context).find(task)
    try TaskCalls(context).checkRight(over: task)
    guard let target = task.value.process.value.space else { throw .noSuchTask }
    guard target != context.scheduler.current.value.space else { throw .badArgument }
    return target
  }

  private func checkedPermissions(_ word: UInt32) throws(SystemError) -> MemoryPermissions {
    let permissions = MemoryPermissions(rawValue: word)
    guard permissions.isSubset(of: .all), !permissions.isSuperset(of: [.write, .execute]) else {
      throw .badArgument
    }
    // The processor has no pages that can be written or run but not read.
    return permissions.isEmpty ? permissions : permissions.union(.read)
  }

  private func roundedLength(_ length: UInt32) throws(SystemError) -> UInt32 {
    guard length > 0, length <= Self.lengthLimit else { throw .badArgument }
    return pagesNeeded(length) * pageSize
  }

  /// Programs may place mappings only in the dynamic part of the address space.
  private func checkDynamic(_ start: UInt32, _ length: UInt32) throws(SystemError) {
    guard start & (pageSize - 1) == 0, start >= AddressLayout.dynamicStart, start < AddressLayout.dynamicEnd,
      length <= AddressLayout.dynamicEnd - start
    else { throw .badArgument }
  }
}
