// A linked module, and the table of all of them.
//
// Invariants:
// - The registry says which modules there are, what state each is in and how many calls are inside; `records` holds
//   what the kernel needs besides, in the same places. A record is made before anything is mapped and goes when all
//   that the module held is given back.

import ABI
import Boot
import Consoles
import Devices
import Diagnostics
import Executables
import FaultReports
import IPC
import MachineSupport
import Memory
import Messages
import ModuleInterface
import Modules
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// The kernel's record of a module.
package struct LinkedModule: ~Copyable {
  package let context: Context
  package let number: ModuleNumber
  package let name: ShortText
  /// The module's file; the archive that it is in stays.
  let file: KernelBytes
  /// The address of the first page.
  package let base: UInt32
  package let pageCount: UInt32
  /// What its file said; addresses are relative to the base.
  let plan: ModulePlan
  /// The services that it offers: the first `serviceCount` are held.
  package var services = InlineArray<32, OfferedService?>(repeating: nil)
  var serviceCount = 0
  /// The memory that it allocates. Nobody but the module itself is harmed by what it does to it.
  package var heap: Heap<KernelHeapPages>
  /// The books of its heap were found damaged: nothing is taken from it or given back any more.
  var isHeapClosed = false
  /// The newest of its allocations; 0: none.
  var newestAllocation: UInt32 = 0
  /// The one that is looked at next for an overrun; 0: the newest.
  var inspectedAllocation: UInt32 = 0
  package var allocatedBytes: UInt32 = 0
  var allocations: UInt32 = 0
  /// Tasks that wait until no call is inside.
  var drainers = TaskQueue()
  /// What its lines signal, with the callers as waiters whose requests it keeps; nil until it has a line or keeps a request.
  var signals: Reference<NotificationRecord>?
  /// The lines that it has, a bit for each.
  var lines: UInt32 = 0
  /// When those whose requests are kept go on by themselves, in nanoseconds since boot.
  var wakeMoment: UInt64 = .max
  /// Calls that wait for their turn inside.
  var turns = TaskQueue()
  /// The edge of calls that do not come by a service's door names this one.
  var door = module_door()

  init(_ plan: ModulePlan, number: ModuleNumber, file: KernelBytes, base: UInt32, in context: Context) {
    self.context = context
    self.number = number
    self.file = file
    self.base = base
    name = ShortText(plan.manifest.name.bytes)
    pageCount = plan.pageCount
    self.plan = plan
    heap = Heap(
      source: KernelHeapPages(ofModuleIn: UInt32(number.slot), context),
      guarding: context.memory.heap.isGuarded ? .on : .off)
  }

  package var slot: UInt32 { UInt32(number.slot) }
  var end: UInt32 { base &+ pageCount &* pageSize }
}

/// A service of a module's, and the function that serves it.
package struct OfferedService {
  package let service: Reference<Service>
  let function: UInt32
  /// The requests that others had served before.
  let callsBefore: UInt32
}

/// A call into a module that is being cut short: what is to be told about it.
struct ModuleFailure {
  var cause: FaultCause
  var registers = FaultRegisters()
  var address: UInt32 = 0
  /// Whether the processor could not use the stack.
  var isStackFault = false
}

extension ModuleFailure {
  /// The module called the page that is for tasks, and its return address is on top of the stack: what is to be told is
  /// where it called.
  mutating func becomeSystemCall(_ context: Context) {
    cause = .moduleMistake(.systemCall)
    if let caller = KernelFaultContext(process: nil, in: context).word(at: registers.esp) {
      registers.eip = caller
      registers.esp &+= 4
    }
  }
}

extension Context {
  /// The table of all modules.
  package var modules: Reference<ModuleTable> { unsafe place(of: .modules, as: Reference<ModuleTable>.self).pointee }
}

package struct ModuleTable: ~Copyable {
  package static var capacity: Int { ModuleRegistry.capacity }
  package var registry: ModuleRegistry
  package fileprivate(set) var records = InlineArray<64, Reference<LinkedModule>?>(repeating: nil)
  var failure = ModuleFailure(cause: .exception(vector: 0, errorCode: 0))
  /// Where the pages of `ModuleWindow` are mapped.
  var windowEntries = HeldEntry(address: 0)
  /// Counts the calls that do not come by a service's door, and requests that were kept.
  var callCount: UInt32 = 0
  var keptCount: UInt32 = 0
  /// What the watchdog saw: the call, by its door and its number among those of the door, and how many looks in a row
  /// found it.
  var watchedCall: (door: UInt32, number: UInt32) = (0, 0)
  var looks: UInt32 = 0
  /// The call has had its time, but was inside the kernel when the watchdog looked.
  package var isOverdue = false
  /// The addresses of files whose code was found good; the one at `nextGood` is replaced next. They lie in boot archives, which
  /// stay as they are.
  private var goodFiles = InlineArray<32, UInt32>(repeating: 0)
  private var nextGood = 0
  /// The boot option `modules=off`.
  package var isOff = false
  /// The module that was in this place last, for addresses that still point there.
  fileprivate(set) var lastRemoved: (name: ShortText, base: UInt32, end: UInt32) = ("", 0, 0)
}

extension ModuleTable {
  init(registry: consuming ModuleRegistry) { self.registry = registry }

  /// Whether the code of the file at `address` was read before.
  func isCodeGood(ofFileAt address: UInt32) -> Bool {
    for index in goodFiles.indices where goodFiles[index] == address { return true }
    return false
  }

  package mutating func noteGoodCode(ofFileAt address: UInt32) {
    goodFiles[nextGood] = address
    nextGood = (nextGood &+ 1) % goodFiles.count
  }

  /// The pages that are mapped for modules.
  package var mappedPages: UInt32 {
    var pages: UInt32 = 0
    for slot in 0..<Self.capacity { pages += records[slot]?.mappedPages ?? 0 }
    return pages
  }

  /// The record of the module of this number, or nil where it is gone.
  func record(_ module: ModuleNumber) -> Reference<LinkedModule>? {
    guard let record = records[module.slot], record.value.number == module else { return nil }
    return record
  }

  /// A record can lie where another one did, so what the watchdog saw of a call there means nothing any more.
  mutating func insert(_ module: Reference<LinkedModule>) {
    records[Int(module.value.slot)] = module
    watchedCall = (0, 0)
  }

  mutating func remove(_ module: Reference<LinkedModule>) {
    records[Int(module.value.slot)] = nil
    lastRemoved = (module.value.name, module.value.base, module.value.end)
  }
}

extension Reference where Value == LinkedModule {
  private var context: Context { value.context }

  /// All pages of the module.
  var memory: KernelBytes { KernelBytes(address: value.base, length: value.pageCount &* pageSize) }

  var mappedPages: UInt32 {
    var pages: UInt32 = 0
    for page in 0..<value.pageCount
    where context.memory.tables.lookup(VirtualAddress(value.base &+ page &* pageSize)) != nil { pages += 1 }
    return pages
  }

  /// The calls that are inside, also those that wait.
  package var threadsInside: UInt32 { inside.value.count }

  var inside: Reference<ModuleInside> { context.modules.value.registry.inside(slot: value.number.slot) }

  /// Whether calls may enter.
  var isLive: Bool { context.modules.value.registry.state(of: value.number) == .live }

  /// The requests to its services so far.
  package var calls: UInt32 {
    var calls: UInt32 = 0
    for index in 0..<value.serviceCount {
      if let offered = value.services[index] { calls &+= offered.service.callCount &- offered.callsBefore }
    }
    return calls
  }

  /// Opens or closes the ways to its services, after its state has changed.
  func updateDoors() {
    for index in 0..<value.serviceCount { value.services[index]?.service.updateDoor() }
  }

  /// Tells those who wait until no call is inside.
  package func wakeDrainers() {
    context.scheduler.wakeAll(reference(to: &value.drainers))
    for index in 0..<value.serviceCount {
      if let offered = value.services[index] { context.scheduler.wakeAll(offered.service.queues.drainers) }
    }
  }

  package var entry: ModuleEntry? { context.modules.value.registry.entry(value.number) }
}

package struct ModuleDirectory {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Makes the empty table.
  package func start(_ boot: borrowing BootInformation) {
    let place = unsafe DirectMap.pointer(
      KernelMemory(context).permanent(MemoryLayout<ModuleTable>.stride), as: ModuleTable.self)
    let slots = unsafe DirectMap.pointer(
      KernelMemory(context).permanent(MemoryLayout<ModuleSlot>.stride * ModuleTable.capacity), as: ModuleSlot.self)
    for slot in 0..<ModuleTable.capacity { unsafe (slots + slot).initialize(to: ModuleSlot()) }
    unsafe place.initialize(to: ModuleTable(registry: ModuleRegistry(storage: slots)))
    unsafe context.start(.modules, Reference(place))
    context.faultReports = FaultReportState(
      moduleMeaning: { context, address, task in
        ModuleDirectory(context).stackMeaning(of: address, for: task) ?? ModuleDirectory(context).meaning(of: address)
      }, moduleImage: { context, address in ModuleDirectory(context).image(containing: address) })
    KernelExports.checkLayout()
    unsafe place.pointee.isOff = boot.has(.noModules)
    // The first page tables of both areas stay, so that loading and calling a module take only pages of their own.
    prepareTables(at: KernelLayout.modulesStart)
    prepareTables(at: KernelLayout.moduleStacksStart)
    prepareTables(at: KernelLayout.moduleHeapStart)
    context.memory.moduleHeapArea = .make(context)
    Transfer.makeShared(context)
    ModuleWindow(context).start()
  }

  private func prepareTables(at start: UInt32) {
    guard let range = VirtualRange(start: start, length: pageSize) else { return }
    do throws(PageTableError) { try context.memory.tables.prepareTables(for: range) } catch {
      panic("no memory for the modules' page tables")
    }
  }

  /// What module_door.S knows of the kernel's records, of which a process is one. Every process's calls rely on it, but in a
  /// test process, which has no assembly.
  package func checkLayouts(of process: Reference<Process>) {
    #if arch(i386)
      let task = process.value.mainTask
      guard reference(to: &task.value.moduleEdge).address == task.address,
        reference(to: &task.value.moduleDoor).address == task.address + 4,
        reference(to: &task.value.owner).address == task.address + 8,
        reference(to: &task.value.callRegisters).address == task.address + 12,
        SystemCall.null.rawValue == 0, SystemCall.callInRegisters.rawValue == 89,
        SystemCall.receiveInRegisters.rawValue == 90, SystemCall.replyAndReceiveInRegisters.rawValue == 91,
        SystemCall.replyMessageAndReceive.rawValue == 92, SystemCall.requestSender.rawValue == 93,
        SystemCall.call.rawValue == 34, SystemCall.replyAndReceive.rawValue == 38,
        SystemError.serviceFaulted.rawValue == -17, Protection([.guarded, .sharedStack]).rawValue == 10,
        Message.passesHandle == 1 << 31, Message.lendsPages == 1 << 31, Calls.dataLimit == 65536,
        CallRecord.kept == -0x7fff_ffff, HandleTable.isPlacedAsExpected(in: process), ModuleStacks.isPlacedAsExpected
      else { panic("module_door.S expects other layouts") }
      guard FastPath(context).isPlacedAsExpected(task) else { panic("ipc.S expects other layouts") }
    #endif
  }

  /// The identity that modules must have been built for.
  static var buildIdentity: BuildIdentity {
    BuildIdentity(low: UInt32(MEGHA_BUILD_LOW), high: UInt32(MEGHA_BUILD_HIGH))
  }

  /// The module whose pages hold `address`.
  package func module(containing address: UInt32) -> Reference<LinkedModule>? {
    guard address >= KernelLayout.modulesStart && address < KernelLayout.modulesEnd else { return nil }
    for slot in 0..<ModuleTable.capacity {
      if let module = context.modules.value.records[slot], address >= module.value.base, address < module.value.end {
        return module
      }
    }
    return nil
  }

  /// No new call enters the module from now on.
  func fail(_ module: Reference<LinkedModule>) {
    context.consoles.recentFailure = RecentFailure(module: module.value.name, time: context.clock.now)
    context.modules.value.registry.fail(module.value.number)
    module.updateDoors()
    ModuleWaits(context).moduleFailed(module)
  }

  /// Writes the function, file and line of an address in a module's code, as far as they are known.
  func writePlace(_ address: UInt32, to output: inout KernelOutput) {
    guard let symbols = image(containing: address)?.symbols, let function = symbols.function(containing: address &- 1)
    else { return output.write(hexadecimal: address) }
    function.name.write(to: &output)
    guard let place = symbols.line(for: address &- 1) else { return }
    output.write(" (")
    place.write(to: &output)
    output.write(")")
  }

  /// The code at an address, with the symbols that the build put into the module's file.
  func image(containing address: UInt32) -> CodeImage? {
    guard let module = module(containing: address) else { return nil }
    return CodeImage(name: module.value.name, symbols: symbols(of: module))
  }

  /// Writes the function that holds the instruction at `address`, relative to the module's base, as far as its file says.
  func writeFunction(at address: UInt32, of file: KernelBytes, to output: inout TextBuffer) {
    guard let symbols = symbols(of: file, base: 0), let function = symbols.function(containing: address) else { return }
    output.write(" (")
    function.name.write(to: &output)
    output.write(")")
  }

  private func symbols(of module: Reference<LinkedModule>) -> SymbolTable? {
    symbols(of: module.value.file, base: module.value.base)
  }

  /// The table that the build put into the module's file.
  private func symbols(of file: KernelBytes, base: UInt32) -> SymbolTable? {
    guard let section = findSection(named: ".megha.symbols", in: file.span) else { return nil }
    let start = unsafe UnsafeRawPointer(bitPattern: UInt(file.address &+ section.offset))
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(section.size))
    return unsafe try? SymbolTable(bytes: bytes, loadBias: base)
  }

  /// What an address in the module area means.
  func meaning(of address: UInt32) -> AddressMeaning? {
    guard address >= KernelLayout.modulesStart && address < KernelLayout.modulesEnd else { return nil }
    if let module = module(containing: address) {
      let offset = address &- module.value.base
      let isCode = module.value.plan.table.segment(at: offset)?.permissions.contains(.executable) ?? false
      return isCode
        ? .moduleCode(name: module.value.name) : .moduleData(name: module.value.name)
    }
    let removed = context.modules.value.lastRemoved
    if address >= removed.base && address < removed.end { return .removedModule(name: removed.name) }
    return .kernelGuard
  }

  /// What an address in the guard pages of these stacks means to a task.
  func stackMeaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning? {
    guard context.memory.moduleStacks.isGuard(address) else { return nil }
    guard let start = ModuleStacks(context).current(of: task), let module = ModuleCall(context).module(of: task) else {
      return .kernelGuard
    }
    let stack = StackIdentity(owner: .module(module.value.name), size: ModuleStacks.size)
    if address < start && address >= start - pageSize { return .guardBelowStack(stack) }
    return address >= start + ModuleStacks.size && address < start + ModuleStacks.size + pageSize
      ? .guardAboveStack(stack) : .kernelGuard
  }
}
