// What is said about a memory map: one note for each row that was not used as it stands, and one
// sentence where the map as a whole is refused.

import Primitives

/// One row of a memory map as firmware reports it (INT 15h, AX=E820h).
public struct MemoryMapRow: Equatable, Sendable {
  public var start: UInt64
  /// The length in bytes.
  public var length: UInt64
  /// 1 usable memory, 2 reserved, 3 ACPI tables, 4 ACPI NVS, 5 faulty memory. All but 1 are reserved.
  public var type: UInt32

  public init(start: UInt64, length: UInt64, type: UInt32) {
    self.start = start
    self.length = length
    self.type = type
  }

  var isUsable: Bool { type == 1 }
  var hasKnownType: Bool { 1...5 ~= type }
}

/// A row and its place in the map, counted from 1.
public struct NumberedRow: Equatable, Sendable {
  public let number: Int
  public let row: MemoryMapRow

  public init(number: Int, row: MemoryMapRow) {
    self.number = number
    self.row = row
  }

  public func describe(to output: inout some TextOutput) {
    output.write("row ")
    output.write(decimal: number)
    output.write(" (start ")
    output.write(hexadecimal: row.start)
    output.write(", length ")
    output.write(hexadecimal: row.length)
    output.write(", type ")
    output.write(decimal: row.type)
    output.write(")")
  }
}

/// Why a row, or a part of it, was not used as it stands.
public enum MemoryMapNote: Equatable, Sendable {
  /// The row has no bytes.
  case empty(NumberedRow)
  /// The row passes 2^64: as usable memory it is left out, as anything else it reserves all above it.
  case wraps(NumberedRow)
  /// The type is none that ACPI defines: reserved.
  case unknownType(NumberedRow)
  /// Usable memory below 1 MiB, in bytes.
  case belowFirstMegabyte(NumberedRow, bytes: UInt64)
  /// Usable memory above `MemoryMap.limit`, in bytes.
  case beyondLimit(NumberedRow, bytes: UInt64)
  /// Bytes of usable memory in pages that the row fills only in part.
  case trimmed(NumberedRow, bytes: UInt64)
  /// The row, which is not usable memory, takes pages that other rows call usable.
  case takesPages(NumberedRow, pages: UInt64)
  /// Bytes of a row of usable memory in pages that other rows reserve.
  case losesToReserved(NumberedRow, bytes: UInt64)
  /// Bytes of a row of usable memory that there was no room to remember.
  case forgotten(NumberedRow, bytes: UInt64)
  /// A range of usable memory given up when a reservation split another and there was no room.
  case noRoom(PhysicalRange)
  /// So many notes more than the limit.
  case furtherNotes(UInt64)

  /// Writes the note as one sentence without a full stop.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .empty(let row):
      row.describe(to: &output)
      output.write(" has no length and is left out")
    case .wraps(let row):
      row.describe(to: &output)
      output.write(
        row.row.isUsable
          ? " passes the end of the 64-bit address space and is left out"
          : " passes the end of the 64-bit address space and reserves everything from its start")
    case .unknownType(let row):
      row.describe(to: &output)
      output.write(" has an unknown type and is treated as reserved")
    case .belowFirstMegabyte(let row, let bytes):
      row.describe(to: &output)
      output.write(" has ")
      output.write(decimal: bytes)
      output.write(" bytes below 1 MiB, which are not used")
    case .beyondLimit(let row, let bytes):
      row.describe(to: &output)
      output.write(" has ")
      output.write(decimal: bytes)
      output.write(" bytes above 64 GiB, which the kernel does not reach and does not use")
    case .trimmed(let row, let bytes):
      row.describe(to: &output)
      output.write(" is trimmed to whole pages and loses ")
      output.write(decimal: bytes)
      output.write(" bytes")
    case .takesPages(let row, let pages):
      row.describe(to: &output)
      output.write(" reserves ")
      output.write(decimal: pages)
      output.write(" pages that other rows call usable")
    case .losesToReserved(let row, let bytes):
      row.describe(to: &output)
      output.write(" loses ")
      output.write(decimal: bytes)
      output.write(" bytes in pages that other rows reserve")
    case .forgotten(let row, let bytes):
      row.describe(to: &output)
      output.write(" loses ")
      output.write(decimal: bytes)
      output.write(" bytes because there are more usable ranges than the kernel remembers")
    case .noRoom(let range):
      output.write("the ")
      output.write(decimal: range.length)
      output.write(" usable bytes at ")
      output.write(hexadecimal: range.start.value)
      output.write(" are not used: there are more usable ranges than the kernel remembers")
    case .furtherNotes(let count):
      output.write(decimal: count)
      output.write(" more notes on the memory map are left out")
    }
  }
}

/// Why a memory map was refused as a whole.
public enum MemoryMapError: Error, Equatable {
  /// The map has no rows.
  case noRows
  /// A row of usable memory begins in the last 64 KiB below 4 GiB and passes 4 GiB.
  case usableAtResetVector(NumberedRow)
  /// Many rows begin at addresses that firmware does not use, and rows of usable memory overlap: what a
  /// table looks like that was read with the wrong row size.
  case torn(rows: Int, of: Int)
  /// After all reservations nothing is left above 1 MiB.
  case nothingUsable(rows: Int)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .noRows:
      output.write("The memory map has no rows.")
    case .usableAtResetVector(let row):
      output.write("The memory map cannot be believed: ")
      row.describe(to: &output)
      output.write(" calls the processor's reset vector below 4 GiB usable memory.")
    case .torn(let torn, let rows):
      output.write("The memory map cannot be believed: ")
      output.write(decimal: torn)
      output.write(" of its ")
      output.write(decimal: rows)
      output.write(" rows start off a 16-byte boundary and rows of usable memory overlap.")
    case .nothingUsable(let rows):
      output.write("The memory map leaves no usable page above 1 MiB in its ")
      output.write(decimal: rows)
      output.write(" rows.")
    }
  }
}
