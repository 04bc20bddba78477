// The rows of the loader's memory map, read where they lie.
//
// Invariant: `count` walks the whole table once and refuses a table whose rows do not fill it exactly,
// so that iteration afterwards cannot end early without having been refused.

import Primitives

/// The memory map of the boot loader, or the two rows that its memory sizes stand for.
public struct BootMemoryRows: Sequence {
  enum Layout {
    /// Multiboot 1: each row is preceded by its own size, which does not count itself.
    case sizedRows
    /// Multiboot 2: all rows have this size in bytes.
    case equalRows(size: UInt32)
    /// No table: kibibytes from address 0 and from 1 MiB.
    case sizes(lower: UInt32, upper: UInt32)
  }

  /// How many rows a table may have.
  public static var limit: UInt64 { 65_536 }
  /// Start, length and type.
  static var leastRowSize: UInt32 { 20 }

  let memory: BootMemory
  let layout: Layout
  let table: PhysicalRange

  static func none(_ memory: BootMemory) -> BootMemoryRows {
    BootMemoryRows(memory: memory, layout: .equalRows(size: leastRowSize), table: .empty)
  }

  /// Walks the table and refuses one that is not made of whole rows or has too many.
  func validate() throws(BootError) {
    var iterator = makeIterator()
    var count: UInt64 = 0
    while try iterator.advance() != nil {
      count &+= 1
      if count > Self.limit { throw .tooMany(.memoryMapRow, count: count, limit: Self.limit) }
    }
  }

  public func makeIterator() -> Iterator { Iterator(rows: self, position: table.start.value) }

  public struct Iterator: IteratorProtocol {
    let rows: BootMemoryRows
    var position: UInt64
    /// How many of the two rows for `Layout.sizes` were given.
    var sizesGiven = 0

    public mutating func next() -> MemoryMapRow? {
      // The table was validated; should it have changed since, the rows end here.
      do throws(BootError) { return try advance() } catch { return nil }
    }

    mutating func advance() throws(BootError) -> MemoryMapRow? {
      switch rows.layout {
      case .sizes(let lower, let upper):
        sizesGiven &+= 1
        switch sizesGiven {
        case 1: return MemoryMapRow(start: 0, length: UInt64(lower) &* 1024, type: 1)
        case 2: return MemoryMapRow(start: 0x10_0000, length: UInt64(upper) &* 1024, type: 1)
        default: return nil
        }
      case .sizedRows:
        if position == rows.table.end.value { return nil }
        let size = try part(at: 0, count: 4).word32(at: 0)
        return try row(at: 4, size: size)
      case .equalRows(let size):
        if position == rows.table.end.value { return nil }
        return try row(at: 0, size: size)
      }
    }

    /// Reads the row of `size` bytes that begins `offset` bytes on, and moves past it.
    private mutating func row(at offset: UInt64, size: UInt32) throws(BootError) -> MemoryMapRow {
      let minimum = BootMemoryRows.leastRowSize
      guard size >= minimum else {
        throw .tooSmall(
          .memoryMapRow, address: position, size: UInt64(size), minimum: UInt64(minimum))
      }
      let bytes = try part(at: offset, count: UInt64(size))
      let row = MemoryMapRow(
        start: bytes.word64(at: 0), length: bytes.word64(at: 8), type: bytes.word32(at: 16))
      position &+= offset &+ UInt64(size)
      return row
    }

    @_lifetime(borrow self)
    private func part(at offset: UInt64, count: UInt64) throws(BootError) -> Span<UInt8> {
      // Position and sizes come from 32-bit fields, so these sums stay far below 2^64.
      let start = position &+ offset
      guard start &+ count <= rows.table.end.value,
        let bytes = rows.memory.bytes(at: PhysicalAddress(start), count: count)
      else { throw .cutShort(.memoryMapRow, address: position, size: offset &+ count) }
      return bytes
    }
  }
}
