// Memory that modules allocate: each module has a heap of its own, in pages of its own (ModuleHeapArea.swift), and every
// piece names the calls that asked for it, so that what a module leaves behind is listed and taken back.
//
// Every piece begins with a header, which links it to the module's others, and lies between bytes of a pattern. The header
// carries a check word, so that a pointer which is no piece's, or a header that was written over, is found before it is
// followed. The pattern behind it is as long as what modules overrun their memory by mostly: such a mistake changes nothing else, and
// is found when the piece is given back, when the module asks for memory or gives some back and it is this piece's turn to
// be looked at, when the module is taken out, or when all memory is checked. A longer one changes pieces and books of the
// module's own heap, which are looked at before they are relied on. Damaged books close the heap: nothing is taken from it
// any more, and its pages go when the module does.

import ABI
import Consoles
import Diagnostics
import Executables
import FaultReports
import Memory
import Messages
import Platform
import Primitives
import VirtualMemory

/// What lies before the bytes that a module gets.
struct ModuleAllocation {
  /// Allocations of the same module, by address; 0: none.
  var newer: UInt32 = 0
  var older: UInt32 = 0
  /// What was asked for.
  var size: UInt32 = 0
  /// Where the heap's own piece begins.
  var start: UInt32 = 0
  var module: UInt32 = 0
  /// The calls that led to it, innermost first.
  var callers: (UInt32, UInt32, UInt32) = (0, 0, 0)
  var check: UInt32 = 0
  /// The pattern right before the bytes.
  var front = Self.wholeFront

  /// A multiple of 16, as all alignments want it.
  static var size: UInt32 { 48 }
  static var wholeFront: (UInt32, UInt32, UInt32) { (0x3c3c_3c3c, 0x3c3c_3c3c, 0x3c3c_3c3c) }

  /// The check word of a piece at `address`: of all that must not change while the module has it.
  func check(for address: UInt32) -> UInt32 {
    (((address &* 31 &+ size) &* 31 &+ start) &* 31 &+ module) ^ 0x4d48_4750
  }
  /// What stands in its place once the piece was given back, until the heap hands its memory out again.
  func goneCheck(for address: UInt32) -> UInt32 { ~check(for: address) }

  /// Writes which functions asked for it, as far as that is known.
  func writeCallers(to output: inout KernelOutput, _ context: Context) {
    guard callers.0 != 0 else { return }
    output.write(", allocated by ")
    ModuleDirectory(context).writePlace(callers.0, to: &output)
    for caller in [callers.1, callers.2] where ModuleDirectory(context).module(containing: caller) != nil {
      output.write(" for ")
      ModuleDirectory(context).writePlace(caller, to: &output)
    }
  }
}

/// The pattern behind each piece: from its end to the next word, and as many bytes as an overrun usually has.
private struct Fence {
  /// The first byte of the pattern, the first whole word of it, and its end.
  private let start: UInt32
  private let words: UInt32
  private let end: UInt32

  static var length: UInt32 { 16 }
  private static var byte: UInt8 { 0xc5 }
  private static var word: UInt32 { 0xc5c5_c5c5 }
  /// What a piece needs for it.
  static var room: UInt32 { length &+ 3 }

  init(address: UInt32, size: UInt32) {
    start = address &+ size
    words = (start &+ 3) & ~3
    end = words &+ Self.length
  }

  func write() {
    for place in start..<words { unsafe DirectMap.pointer(place, as: UInt8.self).pointee = Self.byte }
    for place in stride(from: words, to: end, by: 4) { unsafe DirectMap.pointer(place).pointee = Self.word }
  }

  var isWhole: Bool {
    for place in start..<words where unsafe DirectMap.pointer(place, as: UInt8.self).pointee != Self.byte {
      return false
    }
    var differences: UInt32 = 0
    for place in stride(from: words, to: end, by: 4) {
      unsafe differences |= DirectMap.pointer(place).pointee ^ Self.word
    }
    return differences == 0
  }
}

package struct ModuleHeap {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// What the heap keeps with pieces of the module's, and with data of calls.
  private static var tagOfPieces: UInt8 { 1 }
  private static var tagOfTransfers: UInt8 { 2 }

  /// Returns nil where there is no memory.
  package func allocate(
    _ size: UInt32, alignment: UInt32, for module: Reference<LinkedModule>, callers: (UInt32, UInt32, UInt32)
  ) throws(ModuleMistake) -> UInt32? {
    guard alignment <= pageSize, alignment & (alignment &- 1) == 0, size <= ModuleHeapArea.largestPiece else {
      return nil
    }
    let distance = max(ModuleAllocation.size, alignment)
    guard
      let start = try take(
        size &+ distance &+ Fence.room, alignment: max(16, alignment), Self.tagOfPieces, from: module)
    else { return nil }
    let address = start &+ distance
    let older = module.value.newestAllocation
    var allocation = ModuleAllocation(
      newer: 0, older: older, size: size, start: start, module: UInt32(module.address), callers: callers)
    allocation.check = allocation.check(for: address)
    unsafe header(of: address).pointee = allocation
    Fence(address: address, size: size).write()
    if older != 0, isAllocation(older) { unsafe header(of: older).pointee.newer = address }
    module.value.newestAllocation = address
    module.value.allocatedBytes &+= size
    return address
  }

  private func take(
    _ size: UInt32, alignment: UInt32, _ tag: UInt8, from module: Reference<LinkedModule>
  ) throws(ModuleMistake) -> UInt32? {
    if module.value.isHeapClosed { return nil }
    // The one that is to fail is counted among the kernel's own.
    if context.memory.heap.allocationsUntilFailure != 0 && context.memory.heap.failsNow() { return nil }
    guard module.value.heap.isIntact(forSize: UInt(size), alignment: UInt(alignment)) else { throw close(module) }
    if let memory = unsafe module.value.heap.allocate(size: UInt(size), alignment: UInt(alignment), tag: tag) {
      return UInt32(UInt(bitPattern: memory))
    }
    if module.value.heap.recordedFault != nil { throw close(module) }
    return nil
  }

  private func free(_ start: UInt32, to module: Reference<LinkedModule>) throws(ModuleMistake) {
    guard let memory = unsafe UnsafeMutableRawPointer(bitPattern: UInt(start)),
      unsafe module.value.heap.isIntact(around: memory)
    else {
      throw close(module)
    }
    do throws(HeapFault) { unsafe try module.value.heap.free(memory) } catch { throw close(module) }
  }

  private func close(_ module: Reference<LinkedModule>, why: ModuleMistake = .damagedRecords) -> ModuleMistake {
    module.value.isHeapClosed = true
    module.value.newestAllocation = 0
    module.value.inspectedAllocation = 0
    return why
  }

  // MARK: The data of a call

  /// Room for the data of a call that is about to be made. Nil where there is none.
  func allocateTransfer(_ size: UInt32, of module: Reference<LinkedModule>) -> UInt32? {
    guard size <= ModuleHeapArea.largestPiece else { return nil }
    do throws(ModuleMistake) { return try take(size, alignment: 16, Self.tagOfTransfers, from: module) } catch {
      fail(module, error)
      return nil
    }
  }

  func freeTransfer(_ start: UInt32, of module: Reference<LinkedModule>) {
    if module.value.isHeapClosed { return }
    do throws(ModuleMistake) { try free(start, to: module) } catch { fail(module, error) }
  }

  /// Outside of a call that could be cut short.
  private func fail(_ module: Reference<LinkedModule>, _ mistake: ModuleMistake) {
    write(mistake, of: module)
    ModuleDirectory(context).fail(module)
  }

  // MARK: Giving back

  /// Gives a piece of the module's back. Returns the module's mistake where that cannot be.
  package func free(_ address: UInt32, of module: Reference<LinkedModule>) -> ModuleMistake? {
    guard isPossible(address) else { return .wildFree(address: address) }
    let allocation = unsafe header(of: address).pointee
    guard allocation.check == allocation.check(for: address) else {
      if allocation.check == allocation.goneCheck(for: address) {
        return .secondFree(address: address, size: allocation.size, caller: allocation.callers.0)
      }
      return isLinked(address, of: module) ? .damagedRecord(address: address) : .wildFree(address: address)
    }
    guard allocation.module == UInt32(module.address) else { return .wildFree(address: address) }
    // One that was overrun stays until the module is taken out.
    if let mistake = overrun(of: address) { return mistake }
    do throws(ModuleMistake) { try remove(address) } catch { return error }
    return nil
  }

  /// Whether the records of the module's other pieces lead to one at this address, whatever its own record says.
  private func isLinked(_ address: UInt32, of module: Reference<LinkedModule>) -> Bool {
    var next = module.value.newestAllocation
    // The links are not checked: they may lead in a circle.
    for _ in 0..<(ModuleHeapArea.largestPiece / ModuleAllocation.size) {
      if next == address { return true }
      guard next != 0, isAllocation(next) else { return false }
      next = unsafe header(of: next).pointee.older
    }
    return false
  }

  /// Gives back a piece that is one.
  package func remove(_ address: UInt32) throws(ModuleMistake) {
    let allocation = unsafe header(of: address).pointee
    let module = unsafe Reference(DirectMap.pointer(allocation.module, as: LinkedModule.self))
    if module.value.inspectedAllocation == address { module.value.inspectedAllocation = allocation.older }
    if allocation.newer != 0, isAllocation(allocation.newer) {
      unsafe header(of: allocation.newer).pointee.older = allocation.older
    } else {
      module.value.newestAllocation = allocation.older
    }
    if allocation.older != 0, isAllocation(allocation.older) {
      unsafe header(of: allocation.older).pointee.newer = allocation.newer
    }
    module.value.allocatedBytes &-= allocation.size
    unsafe header(of: address).pointee.check = allocation.goneCheck(for: address)
    try free(allocation.start, to: module)
  }

  /// Takes back all that a module left, and tells of each piece and of the mistakes that are found in it.
  func freeAll(
    from module: Reference<LinkedModule>, _ tell: (ModuleAllocation) -> Void, _ report: (ModuleMistake) -> Void
  ) {
    do throws(ModuleMistake) {
      while module.value.newestAllocation != 0 {
        let address = module.value.newestAllocation
        guard isAllocation(address) else { throw close(module, why: .damagedRecord(address: address)) }
        if let mistake = overrun(of: address) { report(mistake) }
        unsafe tell(header(of: address).pointee)
        try remove(address)
      }
    } catch { report(error) }
    // What the heap's headers say is not asked any more.
    context.memory.moduleHeapArea.unmapAll(
      of: ModuleHeapArea.owner(slot: module.value.slot), count: module.value.heap.pageCount)
  }

  private func isInOrder(_ module: Reference<LinkedModule>) -> Bool {
    if module.value.isHeapClosed { return false }
    do throws(HeapFault) {
      try module.value.heap.check()
      return true
    } catch { return false }
  }

  // MARK: Looking for mistakes

  /// Looks at the newest piece of a module and at one more, each time at the next. Returns what is wrong with one.
  package func inspect(_ module: Reference<LinkedModule>) -> ModuleMistake? {
    let newest = module.value.newestAllocation
    guard newest != 0 else { return nil }
    let next = module.value.inspectedAllocation == 0 ? newest : module.value.inspectedAllocation
    for address in [newest, next] where !isAllocation(address) { return .damagedRecord(address: address) }
    module.value.inspectedAllocation = unsafe header(of: next).pointee.older
    return overrun(of: newest) ?? overrun(of: next)
  }

  /// Looks at every piece of every module. Returns how many modules have mistakes in their memory, and logs them.
  package func countMistakes() -> UInt32 {
    var found: UInt32 = 0
    for slot in 0..<ModuleTable.capacity {
      guard let module = context.modules.value.records[slot], !module.value.isHeapClosed else { continue }
      var address = module.value.newestAllocation
      var mistake: ModuleMistake? = isInOrder(module) ? nil : .damagedRecords
      while address != 0 && mistake == nil {
        mistake = isAllocation(address) ? overrun(of: address) : .damagedRecord(address: address)
        if mistake == nil { address = unsafe header(of: address).pointee.older }
      }
      guard let mistake else { continue }
      write(mistake, of: module)
      found += 1
    }
    return found
  }

  func write(_ mistake: ModuleMistake, of module: Reference<LinkedModule>) {
    var output = KernelOutput(context)
    output.write("module ")
    module.value.name.write(to: &output)
    output.write(" ")
    mistake.write(to: &output, in: KernelFaultContext(process: nil, in: context))
    output.write("\n")
  }

  /// Whether a piece was written past its end, or before its beginning; it is told once.
  private func overrun(of address: UInt32) -> ModuleMistake? {
    let allocation = unsafe header(of: address).pointee
    if allocation.front != ModuleAllocation.wholeFront {
      unsafe header(of: address).pointee.front = ModuleAllocation.wholeFront
      return .underrun(address: address, size: allocation.size, caller: allocation.callers.0)
    }
    let fence = Fence(address: address, size: allocation.size)
    if fence.isWhole { return nil }
    fence.write()
    return .overrun(address: address, size: allocation.size, caller: allocation.callers.0)
  }

  private func header(of address: UInt32) -> UnsafeMutablePointer<ModuleAllocation> {
    unsafe DirectMap.pointer(address &- ModuleAllocation.size)
  }

  /// Looks only at memory that is there.
  private func isPossible(_ address: UInt32) -> Bool {
    address & 15 == 0 && context.memory.moduleHeapArea.owner(ofPageAt: address &- ModuleAllocation.size) != 0
      && context.memory.moduleHeapArea.owner(ofPageAt: address &- 1) != 0
  }

  private func isAllocation(_ address: UInt32) -> Bool {
    unsafe isPossible(address) && header(of: address).pointee.check == header(of: address).pointee.check(for: address)
  }
}
