// System calls about memory: mapping pages, and counting and describing what there is.

import ABI
import Machine
import Memory
import Modules
import Primitives
import Scheduling

enum MemoryCalls {
  /// The most a single call maps, in bytes.
  private static var lengthLimit: UInt32 { AddressLayout.dynamicEnd - AddressLayout.dynamicStart }

  @inline(never)
  static func map(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.third)
    let length = try roundedLength(arguments.second)
    let space = try currentSpace()
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
  static func unmap(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let length = try roundedLength(arguments.second)
    try checkDynamic(arguments.first, length)
    try currentSpace().removeMappings(start: arguments.first, length: length)
    return 0
  }

  @inline(never)
  static func protect(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.third)
    let length = try roundedLength(arguments.second)
    try checkDynamic(arguments.first, length)
    try currentSpace().protectMappings(start: arguments.first, length: length, permissions)
    return 0
  }

  @inline(never)
  static func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let flags = MemoryInformationFlags(rawValue: arguments.second)
    guard flags.isSubset(of: .check) else { throw .badArgument }
    var information = MemoryCounts.take()
    if flags.contains(.check) { information.discrepancies = MemoryCounts.discrepancies() }
    try UserBuffer(address: arguments.first, length: 0).write(information)
    return 0
  }

  @inline(never)
  static func region(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process: Reference<Process>
    if arguments.first == 0 {
      process = kernel.scheduler.current.value.process
    } else {
      guard let task = kernel.scheduler.tasks.find(TaskIdentity(arguments.first)) else { throw .noSuchTask }
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
    try UserBuffer(address: arguments.third, length: 0).write(information)
    return 0
  }

  @inline(never)
  static func heapInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
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
      information.isGuarded = kernel.memory.heap.isGuarded ? 1 : 0
      try UserBuffer(address: arguments.second, length: 0).write(information)
      return 0
    }
    throw .notFound
  }

  /// What one owner has of the kernel's heap, or a module of its own; nil where that is nothing.
  private static func heapUse(of tag: UInt8, name: inout Name) -> HeapUse? {
    var use = kernel.memory.heap.use(of: tag)
    if tag >= HeapTag.firstModule {
      guard Int(tag &- HeapTag.firstModule) < ModuleTable.capacity,
        let module = kernel.modules.value.records[Int(tag &- HeapTag.firstModule)], let entry = module.entry
      else { return nil }
      use = module.value.heap.total
      name = Name(entry.name)
    } else {
      name = HeapTag(rawValue: tag).shortName
    }
    return use.allocations > 0 ? use : nil
  }

  @inline(never)
  static func share(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let permissions = try checkedPermissions(arguments.fourth)
    let length = try roundedLength(arguments.third)
    try checkDynamic(arguments.second, length)
    let task = try TaskCalls.find(arguments.first)
    try TaskCalls.checkRight(over: task)
    let source = try currentSpace()
    guard let target = task.value.process.value.space else { throw .noSuchTask }
    guard target != source else { throw .badArgument }
    let start = try target.addShared(start: arguments.second, length: length, of: source, permissions)
    return Int32(bitPattern: start >> 12)
  }

  private static func currentSpace() throws(SystemError) -> Reference<AddressSpace> {
    guard let space = kernel.scheduler.current.value.process.value.space else { throw .cancelled }
    return space
  }

  private static func checkedPermissions(_ word: UInt32) throws(SystemError) -> MemoryPermissions {
    let permissions = MemoryPermissions(rawValue: word)
    guard permissions.isSubset(of: .all), !permissions.isSuperset(of: [.write, .execute]) else {
      throw .badArgument
    }
    // The processor has no pages that can be written or run but not read.
    return permissions.isEmpty ? permissions : permissions.union(.read)
  }

  private static func roundedLength(_ length: UInt32) throws(SystemError) -> UInt32 {
    guard length > 0, length <= lengthLimit else { throw .badArgument }
    return pagesNeeded(length) * pageSize
  }

  /// Programs may place mappings only in the dynamic part of the address space.
  private static func checkDynamic(_ start: UInt32, _ length: UInt32) throws(SystemError) {
    guard start & (pageSize - 1) == 0, start >= AddressLayout.dynamicStart, start < AddressLayout.dynamicEnd,
      length <= AddressLayout.dynamicEnd - start
    else { throw .badArgument }
  }
}
