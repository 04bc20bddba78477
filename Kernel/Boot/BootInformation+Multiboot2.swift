// The Multiboot 2 information structure (Multiboot2 Specification 2.0, 3.6): its total size, then tags,
// each at an 8-byte boundary with its kind and size, the last one of kind 0.

import Primitives

extension BootInformation {
  /// How large the structure may be: 65,536 rows of 24 bytes and room for the rest, in bytes.
  private static var structureLimit: UInt64 { 4 << 20 }

  mutating func readMultiboot2() throws(BootError) {
    let address = structure.start
    let size = UInt64(try memory.require(.information, at: address, count: 8).word32(at: 0))
    guard size >= 16 else {
      throw .tooSmall(.information, address: address.value, size: size, minimum: 16)
    }
    guard size <= Self.structureLimit else {
      throw .tooMany(.information, count: size, limit: Self.structureLimit)
    }
    _ = try memory.require(.information, at: address, count: size)
    structure = PhysicalRange(address.value, address.value &+ size)

    var sizes: BootMemoryRows?
    var offset: UInt64 = 8
    while true {
      let start = address.value &+ offset
      guard offset &+ 8 <= size else { throw .noEndTag(address: structure.end.value) }
      let tag = try Tag(memory: memory, start: start, end: structure.end.value)
      if tag.kind == Tag.end { break }
      try read(tag, sizes: &sizes)
      // The size is at least 8, so this always moves on.
      offset = (offset &+ UInt64(tag.size) &+ 7) & ~7
    }
    if rows == nil { rows = sizes }
  }

  private mutating func read(_ tag: Tag, sizes: inout BootMemoryRows?) throws(BootError) {
    switch tag.kind {
    case Tag.commandLine:
      if commandLineText != nil { throw .repeated(.commandLine) }
      commandLineText = try tag.text(.commandLine, at: 8)
    case Tag.loaderName:
      if loaderNameText != nil { throw .repeated(.loaderName) }
      loaderNameText = try tag.text(.loaderName, at: 8)
    case Tag.module:
      let fields = try tag.bytes(.module, at: 8, count: 8)
      let text = try tag.text(.moduleText, at: 16)
      try addModule(start: fields.word32(at: 0), end: fields.word32(at: 4), text: text)
    case Tag.memorySizes:
      let fields = try tag.bytes(.memoryMap, at: 8, count: 8)
      let layout = BootMemoryRows.Layout.sizes(
        lower: fields.word32(at: 0), upper: fields.word32(at: 4))
      sizes = BootMemoryRows(memory: memory, layout: layout, table: .empty)
    case Tag.memoryMap:
      if rows != nil { throw .repeated(.memoryMap) }
      let rowSize = try tag.bytes(.memoryMap, at: 8, count: 8).word32(at: 0)
      let table = PhysicalRange(tag.start &+ 16, tag.end)
      let map = BootMemoryRows(memory: memory, layout: .equalRows(size: rowSize), table: table)
      try map.validate()
      rows = map
    case Tag.framebuffer:
      if framebuffer != nil { throw .repeated(.framebuffer) }
      let fields = try tag.bytes(.framebuffer, at: 8, count: 22)
      // Two reserved bytes lie before the colours (3.6.12).
      let hasColours = fields[21] == BootFramebuffer.direct
      framebuffer = BootFramebuffer(
        fields, colours: hasColours ? try tag.bytes(.framebuffer, at: 32, count: 6) : Span())
    case Tag.oldFirmwarePointer, Tag.newFirmwarePointer:
      _ = try tag.bytes(.firmwarePointer, at: 8, count: 20)
      // Of the two the new one says more.
      if firmwarePointer == nil || tag.kind == Tag.newFirmwarePointer {
        firmwarePointer = PhysicalAddress(tag.start &+ 8)
      }
    default: break
    }
  }

  /// One tag, wholly inside the structure.
  private struct Tag {
    static var end: UInt32 { 0 }
    static var commandLine: UInt32 { 1 }
    static var loaderName: UInt32 { 2 }
    static var module: UInt32 { 3 }
    static var memorySizes: UInt32 { 4 }
    static var memoryMap: UInt32 { 6 }
    static var framebuffer: UInt32 { 8 }
    static var oldFirmwarePointer: UInt32 { 14 }
    static var newFirmwarePointer: UInt32 { 15 }

    let memory: BootMemory
    let start: UInt64
    let kind: UInt32
    let size: UInt32
    var end: UInt64 { start &+ UInt64(size) }

    init(memory: BootMemory, start: UInt64, end: UInt64) throws(BootError) {
      let header = try memory.require(.tag, at: PhysicalAddress(start), count: 8)
      self.memory = memory
      self.start = start
      kind = header.word32(at: 0)
      size = header.word32(at: 4)
      guard size >= 8 else {
        throw .tooSmall(.tag, address: start, size: UInt64(size), minimum: 8)
      }
      guard start &+ UInt64(size) <= end else {
        throw .cutShort(.tag, address: start, size: UInt64(size))
      }
    }

    /// `count` bytes at `offset` of the tag.
    @_lifetime(borrow self)
    func bytes(_ part: BootPart, at offset: UInt64, count: UInt64) throws(BootError) -> Span<UInt8> {
      guard offset &+ count <= UInt64(size) else {
        throw .tooSmall(part, address: start, size: UInt64(size), minimum: offset &+ count)
      }
      return try memory.require(part, at: PhysicalAddress(start &+ offset), count: count)
    }

    /// The text at `offset`, which must end inside the tag.
    func text(_ part: BootPart, at offset: UInt64) throws(BootError) -> PhysicalRange {
      guard offset < UInt64(size) else {
        throw .tooSmall(part, address: start, size: UInt64(size), minimum: offset &+ 1)
      }
      let limit = min(UInt64(size) &- offset, BootInformation.textLimit)
      return try memory.text(part, at: PhysicalAddress(start &+ offset), limit: limit)
    }
  }
}
