// What a mutant may have changed without a word: the kernel's code and constants, its tables, and the processor's own
// state. A campaign runs in Ring 0 to look at it.
//
// Invariant: it only reads.

import ABI
import UserSupport

struct KernelWatch: Equatable {
  /// Everything below is mapped at its physical address from the kernel's first on.
  private static var directMapEnd: UInt32 { 0xe000_0000 }
  private static var present: UInt32 { 1 }
  private static var writable: UInt32 { 2 }
  private static var large: UInt32 { 0x80 }
  /// Accessed and dirty: the processor sets them.
  private static var marks: UInt32 { 0x60 }

  private var code: UInt32 = 0
  private var pageTables: UInt32 = 0
  private var interruptTable: UInt32 = 0
  private var descriptorTable: UInt32 = 0
  private var registers = InlineArray<8, UInt32>(repeating: 0)

  /// Looks at the machine.
  init() {
    sumPages()
    let interrupts = read_interrupt_table()
    let descriptors = read_descriptor_table()
    interruptTable = Self.sum(interrupts)
    descriptorTable = Self.sum(descriptors)
    registers[0] = read_control0()
    registers[1] = read_control4()
    registers[2] = read_debug7()
    registers[3] = read_task_register() & 0xffff
    registers[4] = read_local_table_register() & 0xffff
    // IA32_SYSENTER_CS and _EIP, and IA32_EFER (Intel SDM Vol. 4, table 2-2).
    registers[5] = read_model_register(0x174)
    registers[6] = read_model_register(0x176)
    registers[7] = read_model_register(0xc000_0080)
  }

  static func == (left: KernelWatch, right: KernelWatch) -> Bool { left.difference(from: right) == nil }

  /// What is not as it was; nil where all is.
  func difference(from before: KernelWatch) -> StaticString? {
    if code != before.code { return "kernel code or constants" }
    if pageTables != before.pageTables { return "page tables" }
    if interruptTable != before.interruptTable { return "interrupt table" }
    if descriptorTable != before.descriptorTable { return "descriptor table" }
    for index in registers.indices where registers[index] != before.registers[index] {
      // CR0.TS says who owns the float registers, and changes with each switch.
      if index == 0, (registers[0] ^ before.registers[0]) & ~8 == 0 { continue }
      return Self.registerNames(index)
    }
    return nil
  }

  private static func registerNames(_ index: Int) -> StaticString {
    switch index {
    case 0: "CR0"
    case 1: "CR4"
    case 2: "DR7"
    case 3: "task register"
    case 4: "LDT register"
    default: "model-specific register"
    }
  }

  private static func sum(_ table: table_register) -> UInt32 {
    sum_of_words(table.base, (UInt32(table.limit) + 1) / 4, table.base ^ UInt32(table.limit))
  }

  /// Adds up the tables of the direct map, and what lies on its read-only pages: the kernel's code and constants.
  private mutating func sumPages() {
    let pointers = AddressLayout.kernelStart + (read_control3() & ~31)
    let directory = AddressLayout.kernelStart + (volatile_read(pointers + 24) & ~4095)
    for index in 0..<(Self.directMapEnd - AddressLayout.kernelStart) &>> 21 {
      let entry = volatile_read(directory + 8 * index)
      add(entry: entry)
      guard entry & Self.present != 0, entry & Self.large == 0 else { continue }
      let table = AddressLayout.kernelStart + (entry & ~4095)
      for page in 0..<512 as Range<UInt32> {
        let pageEntry = volatile_read(table + 8 * page)
        add(entry: pageEntry)
        guard pageEntry & (Self.present | Self.writable) == Self.present else { continue }
        code = sum_of_words(AddressLayout.kernelStart + index &<< 21 + page &<< 12, 1024, code)
      }
    }
  }

  private mutating func add(entry: UInt32) {
    pageTables = (pageTables &<< 5 | pageTables &>> 27) ^ (entry & ~Self.marks)
  }
}
