// Turns functions, lines and traps into the bytes that `Diagnostics.SymbolTable` reads. Strings and file names
// are stored once each. `SymbolTableFormat` says how.
//
// Invariant: the same input gives the same bytes, so that two builds of one tree are equal.

import Diagnostics

/// What a symbol table says, before it is packed.
public struct SymbolTableContents: Equatable, Sendable {
  /// From `address` on the source line is `line` of `file`.
  public struct Row: Equatable, Sendable {
    public var address: UInt32
    public var file: String
    public var line: UInt32
    public init(address: UInt32, file: String, line: UInt32) {
      (self.address, self.file, self.line) = (address, file, line)
    }
  }

  public struct Function: Equatable, Sendable {
    public var name: String
    public var address: UInt32
    public var size: UInt32
    /// Sorted by address, inside the function.
    public var rows: [Row]
    public init(name: String, address: UInt32, size: UInt32, rows: [Row] = []) {
      (self.name, self.address, self.size, self.rows) = (name, address, size, rows)
    }
  }

  public struct Trap: Equatable, Sendable {
    public var address: UInt32
    public var reason: String
    public var function: String
    /// Empty, with line 0, where the source is not known.
    public var file: String
    public var line: UInt32
    public init(address: UInt32, reason: String, function: String, file: String, line: UInt32) {
      (self.address, self.reason, self.function) = (address, reason, function)
      (self.file, self.line) = (file, line)
    }
  }

  public var functions: [Function]
  public var traps: [Trap]
  public init(functions: [Function] = [], traps: [Trap] = []) {
    (self.functions, self.traps) = (functions, traps)
  }

  /// The table's bytes. Functions and traps may come in any order.
  public func encoded() -> [UInt8] {
    var encoder = Encoder()
    return encoder.encode(self)
  }
}

private struct Encoder {
  private typealias LowBits = SymbolTableFormat.LowBits
  private var strings: [UInt8] = []
  /// The numbers of the strings: first the files, then all others.
  private var fileNumbers: [String: UInt32] = [:]
  private var stringNumbers: [String: UInt32] = [:]
  private var functionBits = BitWriter()
  private var trapBits = BitWriter()
  private var rowBits = BitWriter()
  private var fileCount: UInt32 { UInt32(fileNumbers.count) }

  mutating func encode(_ contents: SymbolTableContents) -> [UInt8] {
    let functions = contents.functions.sorted { $0.address < $1.address }
    let traps = contents.traps.sorted { $0.address < $1.address }
    for function in functions { for row in function.rows { addFile(row.file) } }
    for trap in traps where !trap.file.isEmpty { addFile(trap.file) }
    for trap in traps { _ = number(of: trap.reason) }

    let starts = [functions.first?.address, traps.first?.address].compactMap { $0 }
    let lowest = starts.min() ?? 0
    encode(functions, from: lowest)
    encode(traps, in: functions, from: lowest)
    // Whole words, so that tables put one after the other stay aligned.
    let parts = [functionBits.bytes, trapBits.bytes, rowBits.bytes]
    while (parts.joined().count + strings.count) % 4 != 0 { strings.append(0) }

    var table: [UInt8] = []
    for field in SymbolTableFormat.Header.allCases {
      let value: UInt32 =
        switch field {
        case .magic: SymbolTableFormat.magic
        case .version: SymbolTableFormat.version
        case .commonTexts: CommonTexts.identity
        case .functionCount: UInt32(functions.count)
        case .trapCount: UInt32(traps.count)
        case .fileCount: fileCount
        case .functionBytes: UInt32(parts[0].count)
        case .trapBytes: UInt32(parts[1].count)
        case .rowBytes: UInt32(parts[2].count)
        case .stringBytes: UInt32(strings.count)
        case .lowestAddress: lowest
        case .highestAddress: functions.last.map { $0.address &+ $0.size } ?? 0
        }
      for shift in stride(from: UInt32(0), to: 32, by: 8) { table.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
    return table + parts.joined() + strings
  }

  private mutating func encode(_ functions: [SymbolTableContents.Function], from lowest: UInt32) {
    var end = lowest
    var next = fileCount
    for function in functions {
      functionBits.append(function.address &- end, low: LowBits.gap)
      functionBits.append(function.size, low: LowBits.size)
      let name = number(of: function.name)
      functionBits.append(name == next)
      if name != next { functionBits.append(name, low: LowBits.string) }
      let before = rowBits.count
      encodeRows(of: function)
      functionBits.append(UInt32(rowBits.count - before), low: LowBits.rowBits)
      end = function.address &+ function.size
      next = name + 1
    }
  }

  private mutating func encodeRows(of function: SymbolTableContents.Function) {
    var address = function.address
    var recent = RecentFiles()
    for row in function.rows {
      rowBits.append(row.address &- address, low: LowBits.rowDistance)
      let file = fileNumbers[row.file] ?? 0
      let place = recent.place(of: file)
      for _ in 0..<place { rowBits.append(false) }
      rowBits.append(true)
      if place == recent.count {
        rowBits.append(file, low: LowBits.newFile)
        rowBits.append(row.line, low: LowBits.newLine)
      } else {
        let change = Int32(bitPattern: row.line &- recent.entry(place).line)
        let isUsual = change == (place == 0 ? 1 : 0)
        rowBits.append(isUsual)
        if !isUsual {
          rowBits.append(signed: change, low: place == 0 ? LowBits.sameFileChange : LowBits.otherFileChange)
        }
      }
      recent.use(file, row.line, from: place)
      address = row.address
    }
  }

  private mutating func encode(
    _ traps: [SymbolTableContents.Trap], in functions: [SymbolTableContents.Function], from lowest: UInt32
  ) {
    var address = lowest
    var index = 0
    for trap in traps {
      while index + 1 < functions.count, functions[index + 1].address <= trap.address { index += 1 }
      let function = index < functions.count && functions[index].contains(trap.address) ? functions[index] : nil
      trapBits.append(trap.address &- address, low: LowBits.trapDistance)
      trapBits.append(number(of: trap.reason) - fileCount, low: LowBits.reason)
      let isNamedAlike = function?.name == trap.function
      trapBits.append(isNamedAlike)
      if !isNamedAlike { trapBits.append(number(of: trap.function), low: LowBits.string) }
      let row = function?.rows.last { $0.address <= trap.address }
      let isInRows = trap.line != 0 && row?.file == trap.file && row?.line == trap.line
      trapBits.append(isInRows)
      if !isInRows {
        trapBits.append(fileNumbers[trap.file].map { $0 + 1 } ?? 0, low: LowBits.trapFile)
        if fileNumbers[trap.file] != nil { trapBits.append(trap.line, low: LowBits.trapLine) }
      }
      address = trap.address
    }
  }

  private mutating func number(of text: String) -> UInt32 {
    if let number = stringNumbers[text] { return number }
    let number = fileCount + UInt32(stringNumbers.count)
    stringNumbers[text] = number
    append(text)
    return number
  }

  private mutating func addFile(_ name: String) {
    guard fileNumbers[name] == nil else { return }
    fileNumbers[name] = fileCount
    append(name)
  }

  private mutating func append(_ text: String) {
    // Cut at a character's edge, so that what is left is valid UTF-8.
    var kept = text
    while kept.utf8.count > SymbolTableFormat.longestString { kept.removeLast() }
    strings += CommonTextPacker.shared.packed(Array(kept.utf8)) + [0]
  }
}

extension SymbolTableContents.Function {
  fileprivate func contains(_ place: UInt32) -> Bool { place >= address && place - address < size }
}
