// Reads a symbol table: which function, file and line an address belongs to, and why a `ud2` stopped there.
// It is used while the machine is in trouble, so it works on the bytes in place.
//
// Invariants: nothing here allocates, takes a lock or traps, whatever the bytes are; the header is validated
// once by `init`, so that every record lies inside the bytes; every offset found in a record is checked
// where it is used. A damaged table gives wrong or missing answers, never a fault.

import Primitives

/// A function found in a symbol table.
public struct FunctionSymbol {
  public let name: SymbolText
  /// Where the function starts, load bias included.
  public let start: UInt32
  /// Bytes from the start of the function to the address asked for.
  public let offset: UInt32
}

/// A line of source.
public struct SourceLocation {
  /// Relative to the top of the source tree; empty where not known.
  public let file: SymbolText
  public let line: UInt32
}

/// Why the compiler put a trap (`ud2`) at an address.
public struct TrapSymbol {
  /// For example "arithmetic overflow".
  public let reason: SymbolText
  /// The innermost function of the source that asked for the check; inlined functions included.
  public let function: SymbolText
  public let location: SourceLocation
}

/// A symbol table in memory.
@safe
public struct SymbolTable {
  private let bytes: UnsafeRawBufferPointer
  private let functionCount: UInt32
  private let trapCount: UInt32
  private let fileCount: UInt32
  private let trapStart: UInt32
  private let fileStart: UInt32
  private let rowStart: UInt32
  private let rowBytes: UInt32
  private let stringStart: UInt32
  private let stringBytes: UInt32
  private let lowestAddress: UInt32
  private let highestAddress: UInt32
  /// What to add to an address in the table to get the address in memory: 0 for the kernel and for programs,
  /// where the module was loaded for a module.
  public let loadBias: UInt32

  /// Validates the header.
  /// - Safety: `bytes` must stay in place and unchanged while this value or anything it returned is in use.
  @unsafe
  public init(bytes: UnsafeRawBufferPointer, loadBias: UInt32 = 0) throws(SymbolTableError) {
    typealias Format = SymbolTableFormat
    guard bytes.count >= Int(truncatingIfNeeded: Format.Header.size) else {
      throw .truncated(size: UInt32(truncatingIfNeeded: bytes.count))
    }
    func word(_ field: Format.Header) -> UInt32 {
      unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: field.rawValue &* 4, as: UInt32.self))
    }
    guard word(.magic) == Format.magic else { throw .wrongMagic(word(.magic)) }
    guard word(.version) == Format.version else { throw .unknownVersion(word(.version)) }

    // Each product is below 2^37, so 64 bits hold the sums.
    let total = UInt64(word(.totalSize))
    let trapStart =
      UInt64(Format.Header.size) &+ UInt64(word(.functionCount)) &* UInt64(Format.functionSize)
    let fileStart = trapStart &+ UInt64(word(.trapCount)) &* UInt64(Format.trapSize)
    let rowStart = fileStart &+ UInt64(word(.fileCount)) &* UInt64(Format.fileSize)
    let stringStart = rowStart &+ UInt64(word(.rowBytes))
    let end = stringStart &+ UInt64(word(.stringBytes))
    guard end == total else { throw .sizesDisagree(expected: end, found: total) }
    guard total <= UInt64(bytes.count) else {
      throw .sizesDisagree(expected: total, found: UInt64(bytes.count))
    }

    unsafe self.bytes = bytes
    functionCount = word(.functionCount)
    trapCount = word(.trapCount)
    fileCount = word(.fileCount)
    self.trapStart = UInt32(truncatingIfNeeded: trapStart)
    self.fileStart = UInt32(truncatingIfNeeded: fileStart)
    self.rowStart = UInt32(truncatingIfNeeded: rowStart)
    rowBytes = word(.rowBytes)
    self.stringStart = UInt32(truncatingIfNeeded: stringStart)
    stringBytes = word(.stringBytes)
    lowestAddress = word(.lowestAddress)
    highestAddress = word(.highestAddress)
    self.loadBias = loadBias
  }

  /// Bytes the whole table takes.
  public var size: UInt32 { stringStart &+ stringBytes }
  /// The number of functions, traps and source files it describes.
  public var counts: (functions: UInt32, traps: UInt32, files: UInt32) {
    (functionCount, trapCount, fileCount)
  }

  /// Whether the address lies between the first function's start and the last one's end.
  public func covers(_ address: UInt32) -> Bool {
    let place = address &- loadBias
    return place >= lowestAddress && place < highestAddress
  }

  /// The function that contains `address`, or nil where there is none.
  public func function(containing address: UInt32) -> FunctionSymbol? {
    let place = address &- loadBias
    guard let record = functionRecord(containing: place) else { return nil }
    let start = word(at: record)
    return FunctionSymbol(
      name: text(at: word(at: record &+ 8)), start: start &+ loadBias, offset: place &- start)
  }

  /// The source line of the instruction at `address`, or nil where none is known.
  ///
  /// For a return address ask for the byte before it: the call, not what follows, is what runs.
  public func line(for address: UInt32) -> SourceLocation? {
    let place = address &- loadBias
    guard let record = functionRecord(containing: place) else { return nil }
    var cursor = RowCursor(
      position: word(at: record &+ 12), end: endOfRows(after: record), address: word(at: record))
    var best: (file: UInt32, line: UInt32)?
    while let row = nextRow(&cursor), row.address <= place { best = (row.file, row.line) }
    guard let best, best.line != 0 else { return nil }
    return SourceLocation(file: fileName(best.file), line: best.line)
  }

  /// The reason of the trap whose `ud2` is at `address`, or nil where the table has none.
  public func trap(at address: UInt32) -> TrapSymbol? {
    let place = address &- loadBias
    let record = lastRecord(
      from: trapStart, count: trapCount, size: SymbolTableFormat.trapSize, notAfter: place)
    guard let record, word(at: record) == place else { return nil }
    return TrapSymbol(
      reason: text(at: word(at: record &+ 4)), function: text(at: word(at: record &+ 8)),
      location: SourceLocation(
        file: text(at: word(at: record &+ 12)), line: word(at: record &+ 16)))
  }
}

// MARK: - Records

extension SymbolTable {
  /// The word at a byte offset; the caller has checked that it lies inside the table.
  private func word(at offset: UInt32) -> UInt32 {
    unsafe UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: offset), as: UInt32.self))
  }

  /// The last record of a sorted part whose first word is at most `place`, by halving.
  private func lastRecord(
    from start: UInt32, count: UInt32, size: UInt32, notAfter place: UInt32
  ) -> UInt32? {
    var low: UInt32 = 0
    var high = count
    while low < high {
      let middle = low &+ (high &- low) / 2
      if word(at: start &+ middle &* size) <= place { low = middle &+ 1 } else { high = middle }
    }
    return low == 0 ? nil : start &+ (low &- 1) &* size
  }

  private func functionRecord(containing place: UInt32) -> UInt32? {
    let record = lastRecord(
      from: SymbolTableFormat.Header.size, count: functionCount, size: SymbolTableFormat.functionSize,
      notAfter: place)
    guard let record, place &- word(at: record) < word(at: record &+ 4) else { return nil }
    return record
  }

  /// Where the rows of the function at `record` end: where those of the next begin.
  private func endOfRows(after record: UInt32) -> UInt32 {
    let next = record &+ SymbolTableFormat.functionSize
    return next < trapStart ? min(word(at: next &+ 12), rowBytes) : rowBytes
  }

  private func text(at offset: UInt32) -> SymbolText {
    guard offset < stringBytes else { return .empty }
    let length = unsafe UInt32(bytes[Int(truncatingIfNeeded: stringStart &+ offset)])
    guard length <= stringBytes &- offset &- 1 else { return .empty }
    let start = unsafe bytes.baseAddress?.advanced(by: Int(truncatingIfNeeded: stringStart &+ offset &+ 1))
    return unsafe SymbolText(
      start: start?.assumingMemoryBound(to: UInt8.self), count: Int(truncatingIfNeeded: length))
  }

  private func fileName(_ index: UInt32) -> SymbolText {
    guard index < fileCount else { return .empty }
    return text(at: word(at: fileStart &+ index &* SymbolTableFormat.fileSize))
  }
}

// MARK: - Rows

extension SymbolTable {
  /// Where the decoding of a function's rows stands.
  private struct RowCursor {
    /// Offsets into the rows.
    var position: UInt32
    let end: UInt32
    var address: UInt32
    var file: UInt32 = 0
    var line: UInt32 = 0
  }

  /// The next row, or nil at the end of the function's rows or where the bytes make no sense.
  private func nextRow(_ cursor: inout RowCursor) -> (address: UInt32, file: UInt32, line: UInt32)? {
    guard let distance = unsignedNumber(&cursor) else { return nil }
    cursor.address = cursor.address &+ distance &>> 1
    if distance & 1 != 0 {
      guard let file = unsignedNumber(&cursor) else { return nil }
      cursor.file = file
    }
    guard let change = signedNumber(&cursor) else { return nil }
    cursor.line = cursor.line &+ UInt32(bitPattern: change)
    return (cursor.address, cursor.file, cursor.line)
  }

  private func rowByte(_ cursor: inout RowCursor) -> UInt8? {
    guard cursor.position < cursor.end else { return nil }
    let byte = unsafe bytes[Int(truncatingIfNeeded: rowStart &+ cursor.position)]
    cursor.position &+= 1
    return byte
  }

  /// ULEB128 (DWARF 5, 7.6): seven bits a byte, lowest first; the top bit says that more follow.
  private func unsignedNumber(_ cursor: inout RowCursor) -> UInt32? {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while shift < 35, let byte = rowByte(&cursor) {
      value |= UInt32(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift &+= 7
    }
    return nil
  }

  /// SLEB128 (DWARF 5, 7.6): as above, the last byte's second highest bit being the sign.
  private func signedNumber(_ cursor: inout RowCursor) -> Int32? {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while shift < 35, let byte = rowByte(&cursor) {
      value |= UInt32(byte & 0x7f) << shift
      shift &+= 7
      if byte & 0x80 == 0 {
        if byte & 0x40 != 0 && shift < 32 { value |= ~0 << shift }
        return Int32(bitPattern: value)
      }
    }
    return nil
  }
}
