// Memory that modules allocate: tagged by module, with the calls that asked for it, so that what a module leaves
// behind is listed and taken back.
//
// Every piece begins with a header, which links it to the module's others, and ends with bytes of a pattern. The header
// carries a check word, so that a pointer which is no piece's, or a header that was written over, is found before it is
// followed. The pattern is as long as what modules overrun their memory by mostly, so that such a mistake harms nobody: it
// is found when the piece is given back, when the module asks for memory or gives some back and it is this piece's turn to
// be looked at, when the module is taken out, or when all memory is checked.

import Diagnostics
import Machine
import MachineSupport
import Memory
import Primitives
import Tasks

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

  /// A multiple of 16, as all alignments want it.
  static var size: UInt32 { 48 }

  static func check(for address: UInt32) -> UInt32 { address ^ 0x4d48_4750 }
  /// What stands in the place of the check word once the piece was given back, until the heap hands its memory out again.
  static func goneCheck(for address: UInt32) -> UInt32 { address ^ 0x4d48_4752 }

  /// Writes which functions asked for it, as far as that is known.
  func writeCallers(to output: inout KernelOutput) {
    guard callers.0 != 0 else { return }
    output.write(", allocated by ")
    Modules.writePlace(callers.0, to: &output)
    for caller in [callers.1, callers.2] where Modules.module(containing: caller) != nil {
      output.write(" for ")
      Modules.writePlace(caller, to: &output)
    }
  }
}

/// The pattern behind each piece: from its end to the next word, and as many bytes as an overrun usually has.
private struct Fence {
  let start: UInt32
  let end: UInt32

  static var length: UInt32 { 16 }
  private static var byte: UInt8 { 0xc5 }
  /// What a piece needs for it.
  static var room: UInt32 { length &+ 3 }

  init(address: UInt32, size: UInt32) {
    start = address &+ size
    end = (start &+ 3) & ~3 &+ Self.length
  }

  func write() {
    for place in start..<end { DirectMap.pointer(place, as: UInt8.self).pointee = Self.byte }
  }

  var isWhole: Bool {
    for place in start..<end where DirectMap.pointer(place, as: UInt8.self).pointee != Self.byte { return false }
    return true
  }
}

enum ModuleHeap {
  static func allocate(
    _ size: UInt32, alignment: UInt32, for module: Reference<LinkedModule>, callers: (UInt32, UInt32, UInt32)
  ) -> UInt32? {
    guard size <= 0x0400_0000, alignment <= pageSize, alignment & (alignment &- 1) == 0 else { return nil }
    let distance = max(ModuleAllocation.size, alignment)
    guard
      let memory = KernelHeapMemory.allocateBytes(
        Int(size &+ distance &+ Fence.room), alignment: Int(max(16, alignment)), tag: tag(of: module))
    else { return nil }
    let start = UInt32(UInt(bitPattern: memory))
    let address = start &+ distance
    let older = module.value.newestAllocation
    header(of: address).pointee = ModuleAllocation(
      newer: 0, older: older, size: size, start: start, module: UInt32(module.address), callers: callers,
      check: ModuleAllocation.check(for: address))
    Fence(address: address, size: size).write()
    if older != 0, isAllocation(older) { header(of: older).pointee.newer = address }
    module.value.newestAllocation = address
    module.value.allocatedBytes &+= size
    return address
  }

  private static func tag(of module: Reference<LinkedModule>) -> HeapTag {
    HeapTag(rawValue: HeapTag.firstModule &+ UInt8(module.value.slot))
  }

  // MARK: Giving back

  /// Gives a piece of the module's back. Returns the module's mistake where that cannot be.
  static func free(_ address: UInt32, of module: Reference<LinkedModule>) -> ModuleMistake? {
    guard isPossible(address) else { return .wildFree(address: address) }
    let allocation = header(of: address).pointee
    guard allocation.check == ModuleAllocation.check(for: address) else {
      return allocation.check == ModuleAllocation.goneCheck(for: address)
        ? .secondFree(address: address, size: allocation.size, caller: allocation.callers.0)
        : .wildFree(address: address)
    }
    guard allocation.module == UInt32(module.address) else { return .wildFree(address: address) }
    // One that was overrun stays until the module is taken out.
    if let mistake = overrun(of: address) { return mistake }
    remove(address)
    return nil
  }

  /// Gives back a piece that is one.
  static func remove(_ address: UInt32) {
    let allocation = header(of: address).pointee
    let module = Reference(DirectMap.pointer(allocation.module, as: LinkedModule.self))
    if module.value.inspectedAllocation == address { module.value.inspectedAllocation = allocation.older }
    if allocation.newer != 0, isAllocation(allocation.newer) {
      header(of: allocation.newer).pointee.older = allocation.older
    } else {
      module.value.newestAllocation = allocation.older
    }
    if allocation.older != 0, isAllocation(allocation.older) {
      header(of: allocation.older).pointee.newer = allocation.newer
    }
    module.value.allocatedBytes &-= allocation.size
    header(of: address).pointee.check = ModuleAllocation.goneCheck(for: address)
    KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(allocation.start)))
  }

  /// Takes back all that a module left, and tells of each piece and of the mistakes that are found in it.
  static func takeBack(
    from module: Reference<LinkedModule>, _ tell: (ModuleAllocation) -> Void, _ report: (ModuleMistake) -> Void
  ) {
    while module.value.newestAllocation != 0 {
      let address = module.value.newestAllocation
      guard isAllocation(address) else {
        report(.damagedRecords)
        module.value.newestAllocation = 0
        // The heap's own books know what is the module's, too.
        while let start = kernel.memory.heap.firstAllocation(tag: tag(of: module).rawValue) {
          KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: start))
        }
        return
      }
      if let mistake = overrun(of: address) { report(mistake) }
      tell(header(of: address).pointee)
      remove(address)
    }
  }

  // MARK: Looking for mistakes

  /// Looks at the newest piece of a module and at one more, each time at the next. Returns what is wrong with one.
  static func inspect(_ module: Reference<LinkedModule>) -> ModuleMistake? {
    let newest = module.value.newestAllocation
    guard newest != 0 else { return nil }
    let next = module.value.inspectedAllocation == 0 ? newest : module.value.inspectedAllocation
    guard isAllocation(newest), isAllocation(next) else { return .damagedRecords }
    module.value.inspectedAllocation = header(of: next).pointee.older
    return overrun(of: newest) ?? overrun(of: next)
  }

  /// Looks at every piece of every module. Returns how many modules have mistakes in their memory, and logs them.
  static func countMistakes() -> UInt32 {
    var found: UInt32 = 0
    for slot in 0..<ModuleTable.capacity {
      guard let module = kernel.modules.value.records[slot] else { continue }
      var address = module.value.newestAllocation
      var mistake: ModuleMistake?
      while address != 0 && mistake == nil {
        mistake = isAllocation(address) ? overrun(of: address) : .damagedRecords
        if mistake == nil { address = header(of: address).pointee.older }
      }
      guard let mistake else { continue }
      write(mistake, of: module)
      found += 1
    }
    return found
  }

  static func write(_ mistake: ModuleMistake, of module: Reference<LinkedModule>) {
    var output = KernelOutput()
    output.write("module ")
    module.value.name.write(to: &output)
    output.write(" ")
    mistake.write(to: &output, in: KernelSurroundings(process: nil))
    output.write("\n")
  }

  /// Whether a piece was written past its end; it is told once.
  private static func overrun(of address: UInt32) -> ModuleMistake? {
    let allocation = header(of: address).pointee
    let fence = Fence(address: address, size: allocation.size)
    if fence.isWhole { return nil }
    fence.write()
    return .overrun(address: address, size: allocation.size, caller: allocation.callers.0)
  }

  private static func header(of address: UInt32) -> UnsafeMutablePointer<ModuleAllocation> {
    DirectMap.pointer(address &- ModuleAllocation.size)
  }

  /// Looks only at memory that is there.
  private static func isPossible(_ address: UInt32) -> Bool {
    let frames = min(kernel.memory.frames.frameCount, DirectMap.endFrame.value)
    return address & 15 == 0 && address >= DirectMap.start &+ pageSize && address < DirectMap.start &+ (frames &<< 12)
  }

  private static func isAllocation(_ address: UInt32) -> Bool {
    isPossible(address) && header(of: address).pointee.check == ModuleAllocation.check(for: address)
  }
}
