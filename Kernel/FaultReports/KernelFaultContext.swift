// What the fault printer may look at: memory through the page tables, never by its bare address, and the code images
// that addresses belong to.
//
// Invariant: nothing here faults: an address that is not mapped answers nil.

import ABI
import Consoles
import Diagnostics
import Executables
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import VirtualMemory

package struct KernelFaultContext: FaultContext {
  private let context: Context
  /// The process in whose address space the fault happened; nil: none.
  let process: Reference<Process>?

  package init(process: Reference<Process>?, in context: Context) {
    self.process = process
    self.context = context
  }

  package func word(at address: UInt32) -> UInt32? {
    if address & 3 == 0 { return alignedWord(at: address) }
    let low = address & ~3
    guard let first = alignedWord(at: low), let second = alignedWord(at: low &+ 4) else { return nil }
    let shift = (address & 3) &* 8
    return first &>> shift | second &<< (32 &- shift)
  }

  private func alignedWord(at address: UInt32) -> UInt32? {
    if address < AddressLayout.kernelStart { return process?.value.space?.readWord(at: address) }
    guard context.memory.tables.lookup(VirtualAddress(address)) != nil else { return nil }
    // Device registers may change by being looked at.
    if address >= Processor.controller { return nil }
    return memory_read32(address)
  }

  package func image(containing address: UInt32) -> CodeImage? {
    if address >= address_of___text_start() && address < address_of___text_end() {
      return CodeImage(name: "kernel", symbols: context.consoles.symbols)
    }
    if AddressLayout.isSystemCallPage(address) {
      return CodeImage(name: "kernel", symbols: nil, part: "the page of the system calls")
    }
    if let module = context.faultReports.moduleImage(context, address) { return module }
    guard address < AddressLayout.kernelStart, let process,
      let space = process.value.space, space.region(containing: address)?.purpose == .text
    else { return nil }
    return CodeImage(name: process.value.name.shortText, symbols: programSymbols(process))
  }

  package func hasInstructions(of set: InstructionSet) -> Bool {
    set.isPresent(ecx: cpuid(1, 0).ecx, edx: cpuid(1, 0).edx)
  }

  /// The table that the build put into the program's file.
  private func programSymbols(_ process: Reference<Process>) -> SymbolTable? {
    let image = KernelBytes(address: process.value.image.start, length: process.value.image.length)
    guard image.length > 0, let section = findSection(named: ".megha.symbols", in: image.span) else { return nil }
    let start = unsafe UnsafeRawPointer(bitPattern: UInt(image.address &+ section.offset))
    return unsafe try? SymbolTable(bytes: UnsafeRawBufferPointer(start: start, count: Int(section.size)))
  }
}

extension AddressLayout {
  /// Whether an address lies in the page of the system calls.
  package static func isSystemCallPage(_ address: UInt32) -> Bool { address &- systemCallPage < pageSize }
}
