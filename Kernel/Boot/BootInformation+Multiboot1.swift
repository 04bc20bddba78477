// The Multiboot 1 information structure (Multiboot Specification 0.6.96, 3.3): fixed fields, each valid
// only where its flag is set, with 32-bit physical pointers to the rest.

import Primitives

extension BootInformation {
  mutating func readMultiboot1() throws(BootError) {
    let address = structure.start
    let flags = Flags(
      rawValue: try memory.require(.information, at: address, count: 4).word32(at: 0))
    let size: UInt64 = flags.contains(.framebuffer) ? 116 : 88
    structure = PhysicalRange(address.value, address.value &+ size)
    let fields = Fields(memory: memory, address: address)

    if flags.contains(.commandLine) {
      commandLineText = try memory.text(
        .commandLine, at: fields.pointer(at: 16), limit: Self.textLimit)
    }
    if flags.contains(.loaderName) {
      loaderNameText = try memory.text(
        .loaderName, at: fields.pointer(at: 64), limit: Self.textLimit)
    }
    if flags.contains(.modules) {
      try readModules(count: fields.word(at: 20), at: fields.pointer(at: 24))
    }
    if flags.contains(.memoryMap) {
      let length = UInt64(try fields.word(at: 44))
      let start = try fields.pointer(at: 48)
      _ = try memory.require(.memoryMap, at: start, count: length)
      let table = PhysicalRange(start.value, start.value &+ length)
      rows = BootMemoryRows(memory: memory, layout: .sizedRows, table: table)
      try rows?.validate()
    } else if flags.contains(.memorySizes) {
      let sizes = BootMemoryRows.Layout.sizes(
        lower: try fields.word(at: 4), upper: try fields.word(at: 8))
      rows = BootMemoryRows(memory: memory, layout: sizes, table: .empty)
    }
    if flags.contains(.framebuffer) {
      let start = PhysicalAddress(address.value &+ 88)
      // The colours follow without a gap (3.3, offset 110).
      let fields = try memory.require(.framebuffer, at: start, count: 28)
      framebuffer = BootFramebuffer(fields.extracting(0..<22), colours: fields.extracting(22..<28))
    }
  }

  /// Reads the module list: 16 bytes each, of which the last four are reserved.
  private mutating func readModules(count: UInt32, at list: PhysicalAddress) throws(BootError) {
    guard count <= Self.moduleLimit else {
      throw .tooMany(.module, count: UInt64(count), limit: UInt64(Self.moduleLimit))
    }
    moduleList = PhysicalRange(list.value, list.value &+ UInt64(count) &* 16)
    let bytes = try memory.require(.moduleList, at: list, count: moduleList.length)
    for index in 0..<Int(count) {
      let offset = index &* 16
      let textAddress = PhysicalAddress(UInt64(bytes.word32(at: offset &+ 8)))
      // A loader that has no text for a module leaves the pointer zero.
      let text =
        textAddress.value == 0
        ? PhysicalRange.empty
        : try memory.text(.moduleText, at: textAddress, limit: Self.textLimit)
      try addModule(
        start: bytes.word32(at: offset), end: bytes.word32(at: offset &+ 4), text: text)
    }
  }

  /// The `flags` field.
  private struct Flags: OptionSet {
    let rawValue: UInt32
    static var memorySizes: Flags { Flags(rawValue: 1 << 0) }
    static var commandLine: Flags { Flags(rawValue: 1 << 2) }
    static var modules: Flags { Flags(rawValue: 1 << 3) }
    static var memoryMap: Flags { Flags(rawValue: 1 << 6) }
    static var loaderName: Flags { Flags(rawValue: 1 << 9) }
    static var framebuffer: Flags { Flags(rawValue: 1 << 12) }
  }

  /// The fixed fields, read one by one, because only those whose flag is set need to exist.
  private struct Fields {
    let memory: BootMemory
    let address: PhysicalAddress

    func word(at offset: UInt64) throws(BootError) -> UInt32 {
      try memory.require(.information, at: PhysicalAddress(address.value &+ offset), count: 4)
        .word32(at: 0)
    }

    func pointer(at offset: UInt64) throws(BootError) -> PhysicalAddress {
      PhysicalAddress(UInt64(try word(at: offset)))
    }
  }
}
