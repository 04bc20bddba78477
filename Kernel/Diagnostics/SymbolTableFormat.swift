// The layout of a symbol table: what the host tool writes once per linked image and what the fault printer
// reads when something went wrong. One place, so that writer and reader cannot drift apart.
//
// A table lies in memory for as long as the system runs, so it is packed tightly and read from the start of a part on, not
// by halving (docs/decisions/0019-symbol-tables-of-bits.md). It is, without gaps:
//   header     12 little-endian words, see `SymbolTableFormat.Header`
//   functions  for each, sorted by address, not overlapping: the distance from the end of the one before (`gap`), from
//              `lowestAddress` for the first; its size; its name; the number of bits of its rows
//   traps      for each, sorted by address: the distance from the one before, from `lowestAddress` for the first; the
//              reason; the function's name; the place
//   rows       those of each function after those of the one before
//   strings    each with a zero behind it: first the files, then the reasons of traps, then all others
// Functions, traps and rows are bits; how numbers are written with them says `SymbolBits`, and with how many low bits
// `SymbolTableFormat.LowBits`. Each part begins with a new byte.
//
// The name of a function is a bit 1 where it is the string after that of the function before (after the reasons for the
// first), else a bit 0 and the string's number. The reason of a trap is the number of its string counted from the first
// reason. Its function's name is a bit 1 where it is that of the function it lies in, else a bit 0 and the string's number.
// Its place is a bit 1 where it is what the rows say; else a bit 0, the number of the file counted from 1, with 0 for a
// place that is not known, and the line.
//
// A row says from which address on a source line applies. It is the distance from the row before, from the function's
// address for the first, and then file and line. The files of the rows before are listed, the latest first, eight at most,
// each with its latest line. As many zeros as there are files in the list before the row's, and a one, say which it is; as
// many zeros as the list is long, a new one, whose number and line follow. A listed file is followed by a bit 1 where its
// line changes as usual: by 1 for the file of the row before, not at all for others; else by a bit 0 and the change.
//
// A byte of a string from `firstShortCode` on stands for one of the `CommonTexts`, one from `firstLongCode` on does so
// together with the byte behind it. `quote` comes before a byte that means itself.

import Primitives

/// Names and sizes of the parts of a symbol table.
public enum SymbolTableFormat {
  /// "MGSY" read as a little-endian word.
  public static var magic: UInt32 { 0x5953_474d }
  public static var version: UInt32 { 2 }
  /// The ELF section of a program or a module that holds its table.
  public static var programSectionName: StaticString { ".megha.symbols" }
  /// The longest string, in bytes before it is packed.
  public static var longestString: Int { 255 }
  /// The most bytes of a table: their bits can be counted in a word.
  public static var largestTable: UInt64 { 0x0fff_ffff }
  /// How many files of earlier rows are listed.
  public static var recentFiles: Int { 8 }

  /// The words of the header, by their position.
  public enum Header: Int, CaseIterable {
    case magic, version
    /// `CommonTexts.identity`.
    case commonTexts
    case functionCount, trapCount, fileCount
    /// Bytes of the parts.
    case functionBytes, trapBytes, rowBytes, stringBytes
    /// The addresses that the functions span, `lowest ..< highest`.
    case lowestAddress, highestAddress

    /// Bytes of the whole header.
    @inlinable public static var size: UInt32 { 48 }
  }

  /// How many low bits numbers of each kind are written with: what made the tables of this system smallest.
  public enum LowBits {
    public static var gap: UInt32 { 0 }
    public static var size: UInt32 { 6 }
    public static var string: UInt32 { 6 }
    public static var rowBits: UInt32 { 5 }
    public static var trapDistance: UInt32 { 2 }
    public static var reason: UInt32 { 1 }
    public static var trapFile: UInt32 { 3 }
    public static var trapLine: UInt32 { 6 }
    public static var rowDistance: UInt32 { 3 }
    public static var newFile: UInt32 { 4 }
    public static var newLine: UInt32 { 5 }
    /// The change of the line in the file of the row before, and in another.
    public static var sameFileChange: UInt32 { 4 }
    public static var otherFileChange: UInt32 { 3 }
  }

  // What bytes of strings mean.
  public static var quote: UInt8 { 1 }
  public static var firstShortCode: UInt8 { 0x80 }
  public static var firstLongCode: UInt8 { 0xc0 }
  /// The number of texts that have short codes.
  public static var shortCodes: UInt32 { 64 }

  /// The number of the common text that two bytes stand for. The second is never zero, which ends a string.
  public static func longCode(_ first: UInt8, _ second: UInt8) -> UInt32 {
    shortCodes &+ UInt32(first &- firstLongCode) &* 255 &+ UInt32(second) &- 1
  }
}

/// Why bytes are not a symbol table that this reader understands.
public enum SymbolTableError: Error, Equatable {
  /// Fewer bytes than a header takes.
  case truncated(size: UInt32)
  case wrongMagic(UInt32)
  case unknownVersion(UInt32)
  /// The table was made with another list of common texts.
  case otherTexts(UInt32)
  /// The parts take more bytes than there are, or than a table may have.
  case tooFewBytes(expected: UInt64, found: UInt64)

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
    case .otherTexts(let identity):
      output.write("the symbol table was made with common texts ")
      output.write(hexadecimal: identity)
      output.write("; this reader has ")
      output.write(hexadecimal: CommonTexts.identity)
    case .tooFewBytes(let expected, let found):
      output.write("the parts of the symbol table take ")
      output.write(decimal: expected)
      output.write(" bytes, but there are ")
      output.write(decimal: found)
    }
  }
}
