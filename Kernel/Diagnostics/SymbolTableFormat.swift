// The layout of a symbol table: what the host tool writes once per linked image and what the fault printer
// reads when something went wrong. One place, so that writer and reader cannot drift apart.
//
// All numbers are little-endian. The table is, without gaps:
//   header     12 words, see `SymbolTableFormat.Header`
//   functions  16 bytes each, sorted by address, not overlapping: address, size, name, first row byte
//   traps      20 bytes each, sorted by address: address, reason, function name, file name, line
//   files      4 bytes each: file name
//   rows       a stream of bytes per function, see below
//   strings    each a byte of length and as many bytes of text; "name" above is an offset into this part
// Offset 0 of the strings is the empty string and stands for "not known".
//
// A row says from which address on a source line applies. The first row of a function starts at file 0, line 0
// and the function's address. Each row is: the distance from the row before, doubled, plus one where the file
// changes (ULEB128); the file's index where it changes (ULEB128); the change of the line (SLEB128).

import Primitives

/// Names and sizes of the parts of a symbol table.
public enum SymbolTableFormat {
  /// "MGSY" read as a little-endian word.
  public static var magic: UInt32 { 0x5953_474d }
  public static var version: UInt32 { 1 }
  /// The ELF section of a program or a module that holds its table.
  public static var programSectionName: StaticString { ".megha.symbols" }
  public static var functionSize: UInt32 { 16 }
  public static var trapSize: UInt32 { 20 }
  public static var fileSize: UInt32 { 4 }
  /// The longest string the length byte can describe, in bytes.
  public static var longestString: Int { 255 }

  /// The words of the header, by their position.
  public enum Header: Int, CaseIterable {
    case magic, version
    /// Bytes of the whole table, header included.
    case totalSize
    case functionCount, trapCount, fileCount
    /// Bytes of the rows and of the strings.
    case rowBytes, stringBytes
    /// The addresses that the functions span, `lowest ..< highest`.
    case lowestAddress, highestAddress
    /// Zero in this version.
    case reservedFirst, reservedSecond

    /// Bytes of the whole header.
    @inlinable public static var size: UInt32 { 48 }
  }
}

/// Why bytes are not a symbol table that this reader understands.
public enum SymbolTableError: Error, Equatable {
  /// Fewer bytes than a header takes.
  case truncated(size: UInt32)
  case wrongMagic(UInt32)
  case unknownVersion(UInt32)
  /// The counts in the header add up to another size than the table says, or than there are bytes.
  case sizesDisagree(expected: UInt64, found: UInt64)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .truncated(let size):
      output.write("the symbol table has ")
      output.write(decimal: size)
      output.write(" bytes, fewer than its header of ")
      output.write(decimal: SymbolTableFormat.Header.size)
    case .wrongMagic(let magic):
      output.write("the symbol table starts with ")
      output.write(hexadecimal: magic)
      output.write(" instead of ")
      output.write(hexadecimal: SymbolTableFormat.magic)
    case .unknownVersion(let version):
      output.write("the symbol table has version ")
      output.write(decimal: version)
      output.write("; this reader knows version ")
      output.write(decimal: SymbolTableFormat.version)
    case .sizesDisagree(let expected, let found):
      output.write("the parts of the symbol table take ")
      output.write(decimal: expected)
      output.write(" bytes, but there are ")
      output.write(decimal: found)
    }
  }
}
