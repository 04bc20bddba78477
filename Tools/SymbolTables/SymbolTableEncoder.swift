// Turns functions, lines and traps into the bytes that `Diagnostics.SymbolTable` reads. Strings and file names
// are stored once each.
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
  // Offset 0 is the empty string.
  private var strings: [UInt8] = [0]
  private var stringOffsets: [String: UInt32] = ["": 0]
  private var files: [UInt8] = []
  private var fileIndices: [String: UInt32] = [:]
  private var rows: [UInt8] = []

  mutating func encode(_ contents: SymbolTableContents) -> [UInt8] {
    let functions = contents.functions.sorted { $0.address < $1.address }
    let traps = contents.traps.sorted { $0.address < $1.address }
    var functionBytes: [UInt8] = []
    for function in functions {
      append(function.address, to: &functionBytes)
      append(function.size, to: &functionBytes)
      append(offset(of: function.name), to: &functionBytes)
      append(UInt32(rows.count), to: &functionBytes)
      encodeRows(of: function)
    }
    var trapBytes: [UInt8] = []
    for trap in traps {
      append(trap.address, to: &trapBytes)
      append(offset(of: trap.reason), to: &trapBytes)
      append(offset(of: trap.function), to: &trapBytes)
      append(offset(of: trap.file), to: &trapBytes)
      append(trap.line, to: &trapBytes)
    }
    // Whole words, so that tables put one after the other stay aligned.
    while rows.count % 4 != 0 { rows.append(0x80) }
    while strings.count % 4 != 0 { strings.append(0) }

    let size =
      Int(SymbolTableFormat.Header.size) + functionBytes.count + trapBytes.count + files.count + rows.count
      + strings.count
    var table: [UInt8] = []
    table.reserveCapacity(size)
    for field in SymbolTableFormat.Header.allCases {
      let value: UInt32 =
        switch field {
        case .magic: SymbolTableFormat.magic
        case .version: SymbolTableFormat.version
        case .totalSize: UInt32(size)
        case .functionCount: UInt32(functions.count)
        case .trapCount: UInt32(traps.count)
        case .fileCount: UInt32(fileIndices.count)
        case .rowBytes: UInt32(rows.count)
        case .stringBytes: UInt32(strings.count)
        case .lowestAddress: functions.first?.address ?? 0
        case .highestAddress: functions.last.map { $0.address &+ $0.size } ?? 0
        case .reservedFirst, .reservedSecond: 0
        }
      append(value, to: &table)
    }
    return table + functionBytes + trapBytes + files + rows + strings
  }

  private mutating func encodeRows(of function: SymbolTableContents.Function) {
    var address = function.address
    var file: UInt32 = 0
    var line: UInt32 = 0
    for row in function.rows {
      let index = fileIndex(of: row.file)
      appendUnsigned((row.address &- address) << 1 | (index != file ? 1 : 0))
      if index != file { appendUnsigned(index) }
      appendSigned(Int32(bitPattern: row.line &- line))
      (address, file, line) = (row.address, index, row.line)
    }
  }

  private mutating func fileIndex(of name: String) -> UInt32 {
    if let index = fileIndices[name] { return index }
    let index = UInt32(fileIndices.count)
    fileIndices[name] = index
    append(offset(of: name), to: &files)
    return index
  }

  private mutating func offset(of text: String) -> UInt32 {
    if let offset = stringOffsets[text] { return offset }
    let offset = UInt32(strings.count)
    // Cut at a character's edge, so that what is left is valid UTF-8.
    var kept = text
    while kept.utf8.count > SymbolTableFormat.longestString { kept.removeLast() }
    strings.append(UInt8(kept.utf8.count))
    strings.append(contentsOf: kept.utf8)
    stringOffsets[text] = offset
    return offset
  }

  private func append(_ word: UInt32, to bytes: inout [UInt8]) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  private mutating func appendUnsigned(_ number: UInt32) {
    var rest = number
    repeat {
      let low = UInt8(rest & 0x7f)
      rest >>= 7
      rows.append(rest == 0 ? low : low | 0x80)
    } while rest != 0
  }

  private mutating func appendSigned(_ number: Int32) {
    var rest = number
    while true {
      let low = UInt8(truncatingIfNeeded: rest & 0x7f)
      rest >>= 7
      let isLast = (rest == 0 && low & 0x40 == 0) || (rest == -1 && low & 0x40 != 0)
      rows.append(isLast ? low : low | 0x80)
      if isLast { return }
    }
  }
}
