// Reads a symbol table: which function, file and line an address belongs to, and why a `ud2` stopped there.
// It is used while the machine is in trouble, so it works on the bytes in place.
//
// Invariants: nothing here allocates, takes a lock or traps, whatever the bytes are; the header is validated
// once by `init`, so that every record lies inside the bytes; every offset found in a record is checked
// where it is used. A damaged table gives wrong or missing answers, never a fault. Each search reads a part from its start.

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
  // Where the parts behind the functions begin, and where the last one ends.
  private let trapStart: UInt32
  private let rowStart: UInt32
  private let stringStart: UInt32
  private let end: UInt32
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
    guard word(.commonTexts) == CommonTexts.identity else { throw .otherTexts(word(.commonTexts)) }

    let trapStart = UInt64(Format.Header.size) &+ UInt64(word(.functionBytes))
    let rowStart = trapStart &+ UInt64(word(.trapBytes))
    let stringStart = rowStart &+ UInt64(word(.rowBytes))
    let end = stringStart &+ UInt64(word(.stringBytes))
    guard end <= min(UInt64(bytes.count), Format.largestTable) else {
      throw .tooFewBytes(expected: end, found: UInt64(bytes.count))
    }

    unsafe self.bytes = bytes
    functionCount = word(.functionCount)
    trapCount = word(.trapCount)
    fileCount = word(.fileCount)
    self.trapStart = UInt32(truncatingIfNeeded: trapStart)
    self.rowStart = UInt32(truncatingIfNeeded: rowStart)
    self.stringStart = UInt32(truncatingIfNeeded: stringStart)
    self.end = UInt32(truncatingIfNeeded: end)
    lowestAddress = word(.lowestAddress)
    highestAddress = word(.highestAddress)
    self.loadBias = loadBias
  }

  /// Bytes the whole table takes.
  public var size: UInt32 { end }
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
    guard let record = record(containing: place) else { return nil }
    return FunctionSymbol(
      name: string(record.name), start: record.start &+ loadBias, offset: place &- record.start)
  }

  /// The source line of the instruction at `address`, or nil where none is known.
  ///
  /// For a return address ask for the byte before it: the call, not what follows, is what runs.
  public func line(for address: UInt32) -> SourceLocation? {
    let place = address &- loadBias
    guard let record = record(containing: place) else { return nil }
    return line(for: place, in: record)
  }

  /// The reason of the trap whose `ud2` is at `address`, or nil where the table has none.
  public func trap(at address: UInt32) -> TrapSymbol? {
    typealias LowBits = SymbolTableFormat.LowBits
    let place = address &- loadBias
    var bits = bits(from: trapStart, to: rowStart)
    var trap = lowestAddress
    for _ in 0..<trapCount {
      guard let distance = bits.number(low: LowBits.trapDistance), let reason = bits.number(low: LowBits.reason),
        let isInFunction = bits.bit()
      else { return nil }
      trap = trap &+ distance
      let record = trap == place && isInFunction ? record(containing: place) : nil
      var name = record?.name
      if !isInFunction {
        name = bits.number(low: LowBits.string)
        guard name != nil else { return nil }
      }
      guard let isInRows = bits.bit() else { return nil }
      var file: UInt32 = 0
      var line: UInt32 = 0
      if !isInRows {
        guard let number = bits.number(low: LowBits.trapFile) else { return nil }
        file = number
        if file != 0 {
          guard let number = bits.number(low: LowBits.trapLine) else { return nil }
          line = number
        }
      }
      guard trap <= place else { return nil }
      guard trap == place else { continue }
      let location = isInRows ? self.line(for: address) : nil
      return TrapSymbol(
        reason: string(fileCount &+ reason), function: name.map { string($0) } ?? .empty,
        location: location ?? SourceLocation(file: fileName(file &- 1), line: line))
    }
    return nil
  }
}

// MARK: - Functions and names

extension SymbolTable {
  /// What the table says about a function.
  private struct Record {
    var start: UInt32
    /// The number of its name.
    var name: UInt32
    /// Its rows, in bits from the start of the table.
    var firstRow: UInt32
    var endOfRows: UInt32
  }

  /// The bits of a part of the table; both ends in bytes from its start.
  private func bits(from start: UInt32, to end: UInt32) -> SymbolBits {
    unsafe SymbolBits(bytes: bytes, from: start &* 8, to: end &* 8)
  }

  @inline(never)
  private func record(containing place: UInt32) -> Record? {
    typealias LowBits = SymbolTableFormat.LowBits
    var bits = bits(from: SymbolTableFormat.Header.size, to: trapStart)
    var end = lowestAddress
    var name = fileCount &- 1
    var firstRow = rowStart &* 8
    for _ in 0..<functionCount {
      guard let gap = bits.number(low: LowBits.gap), let size = bits.number(low: LowBits.size),
        let isNext = bits.bit()
      else { return nil }
      name = name &+ 1
      if !isNext {
        guard let number = bits.number(low: LowBits.string) else { return nil }
        name = number
      }
      guard let rowBits = bits.number(low: LowBits.rowBits) else { return nil }
      let start = end &+ gap
      guard start <= place else { return nil }
      if place &- start < size {
        return Record(start: start, name: name, firstRow: firstRow, endOfRows: firstRow &+ rowBits)
      }
      end = start &+ size
      firstRow = firstRow &+ rowBits
    }
    return nil
  }

  /// The string with a number; each has a zero behind it.
  @inline(never)
  private func string(_ number: UInt32) -> SymbolText {
    var left = number
    var first = stringStart
    for index in stringStart..<end where unsafe bytes[Int(truncatingIfNeeded: index)] == 0 {
      if left == 0 {
        let start = unsafe bytes.baseAddress?.advanced(by: Int(truncatingIfNeeded: first))
        return unsafe SymbolText(
          start: start?.assumingMemoryBound(to: UInt8.self), packedCount: Int(truncatingIfNeeded: index &- first))
      }
      left &-= 1
      first = index &+ 1
    }
    return .empty
  }

  private func fileName(_ number: UInt32) -> SymbolText { number < fileCount ? string(number) : .empty }
}

// MARK: - Rows

extension SymbolTable {
  @inline(never)
  private func line(for place: UInt32, in record: Record) -> SourceLocation? {
    typealias LowBits = SymbolTableFormat.LowBits
    guard record.firstRow >= rowStart &* 8, record.firstRow <= record.endOfRows,
      record.endOfRows <= stringStart &* 8
    else { return nil }
    var bits = unsafe SymbolBits(bytes: bytes, from: record.firstRow, to: record.endOfRows)
    var recent = RecentFiles()
    var address = record.start
    while let distance = bits.number(low: LowBits.rowDistance) {
      address = address &+ distance
      guard address <= place else { break }
      guard nextPlace(&bits, &recent) else { break }
    }
    guard recent.count > 0 else { return nil }
    let best = recent.entry(0)
    return best.line == 0 ? nil : SourceLocation(file: fileName(best.file), line: best.line)
  }

  /// Reads the file and the line of a row, which become the latest. False where the bits make no sense.
  private func nextPlace(_ bits: inout SymbolBits, _ recent: inout RecentFiles) -> Bool {
    typealias LowBits = SymbolTableFormat.LowBits
    guard let zeros = bits.zeros(atMost: UInt32(recent.count)) else { return false }
    let place = Int(zeros)
    guard place < recent.count else {
      guard let file = bits.number(low: LowBits.newFile), let line = bits.number(low: LowBits.newLine) else {
        return false
      }
      recent.use(file, line, from: place)
      return true
    }
    let (file, line) = recent.entry(place)
    guard let isUsual = bits.bit() else { return false }
    var change: Int32 = place == 0 ? 1 : 0
    if !isUsual {
      guard let number = bits.signedNumber(low: place == 0 ? LowBits.sameFileChange : LowBits.otherFileChange) else {
        return false
      }
      change = number
    }
    recent.use(file, line &+ UInt32(bitPattern: change), from: place)
    return true
  }
}
