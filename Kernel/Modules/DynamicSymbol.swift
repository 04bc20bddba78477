// The symbols of a module (Elf32_Sym) and the search among those it exports.

import Executables
import Primitives

/// One entry of a dynamic symbol table.
struct DynamicSymbol {
  /// Its size in bytes.
  static var size: UInt32 { 16 }

  var nameOffset: UInt32
  /// The address inside the module, or an absolute number.
  var value: UInt32
  /// Binding in the high four bits, type in the low four.
  var info: UInt8
  /// Visibility in the low two bits.
  var other: UInt8
  var section: UInt16

  init(_ bytes: Span<UInt8>, at position: Int) {
    nameOffset = littleEndian32(bytes, at: position)
    value = littleEndian32(bytes, at: position &+ 4)
    info = bytes[position &+ 12]
    other = bytes[position &+ 13]
    section = littleEndian16(bytes, at: position &+ 14)
  }

  /// SHN_UNDEF: to be found elsewhere.
  var isUndefined: Bool { section == 0 }
  /// SHN_ABS: a number that does not move with the module.
  var isAbsolute: Bool { section == 0xfff1 }
  /// SHN_COMMON: room that only a static linker gives.
  var isCommon: Bool { section == 0xfff2 }
  /// STB_WEAK.
  var isWeak: Bool { info &>> 4 == 2 }
  /// STT_TLS or STT_GNU_IFUNC: what only a larger loader resolves.
  var isSpecial: Bool { info & 15 == 6 || info & 15 == 10 }
  /// Defined, STB_GLOBAL, and of default or protected visibility: offered to other modules.
  var isExported: Bool {
    !isUndefined && info &>> 4 == 1 && (other & 3 == 0 || other & 3 == 3)
  }

  /// The address at run time of a symbol that the module defines itself.
  func address(base: UInt32) -> UInt32 { isAbsolute ? value : base &+ value }
}

/// Where symbols and their names lie in some run of bytes: the file while the module is linked, its
/// memory afterwards. Every symbol was validated in the file; a lookup still checks each name, because
/// a module could have changed its own memory.
public struct DynamicSymbolTable: Sendable {
  var symbols: UInt32
  var count: UInt32
  var strings: UInt32
  var stringsSize: UInt32

  /// Symbol `index`, which is below `count`.
  func symbol(_ index: UInt32, in bytes: Span<UInt8>) -> DynamicSymbol {
    DynamicSymbol(bytes, at: Int(symbols &+ index &* DynamicSymbol.size))
  }

  /// The most symbols that a module may have, and the most bytes of one name: together they bound the
  /// work that a damaged file can ask for.
  static var countLimit: UInt32 { 65_535 }
  static var nameLimit: UInt32 { 1023 }

  /// Where the name of `symbol` lies, without its zero byte; nil where that is not in the string table
  /// or too long.
  func name(of symbol: DynamicSymbol, in bytes: Span<UInt8>) -> NameLocation? {
    guard symbol.nameOffset < stringsSize else { return nil }
    let start = strings &+ symbol.nameOffset
    let end = start &+ min(stringsSize &- symbol.nameOffset, Self.nameLimit &+ 1)
    var position = start
    while position < end {
      if bytes[Int(position)] == 0 { return NameLocation(offset: start, length: position &- start) }
      position &+= 1
    }
    return nil
  }

  /// The exported symbol called `name`.
  ///
  /// - Parameters:
  ///   - bytes: the file for the table of a file, the module's memory from its base on for that of memory.
  ///   - base: the module's base address.
  /// - Returns: its address, or nil where the module exports no such name.
  public func find(_ name: Span<UInt8>, in bytes: Span<UInt8>, base: UInt32) -> UInt32? {
    for index in 1..<max(count, 1) {
      let symbol = symbol(index, in: bytes)
      guard symbol.isExported, isName(name, of: symbol, in: bytes) else { continue }
      return symbol.address(base: base)
    }
    return nil
  }

  /// The index of the defined symbol called `name`.
  func index(of name: StaticString, in bytes: Span<UInt8>) -> UInt32? {
    for index in 1..<max(count, 1) {
      let symbol = symbol(index, in: bytes)
      guard !symbol.isUndefined, let location = self.name(of: symbol, in: bytes) else { continue }
      if location.bytes(in: bytes).hasSameBytes(as: name) { return index }
    }
    return nil
  }

  private func isName(_ name: Span<UInt8>, of symbol: DynamicSymbol, in bytes: Span<UInt8>) -> Bool {
    guard UInt64(symbol.nameOffset) &+ UInt64(name.count) < UInt64(stringsSize) else { return false }
    let start = Int(strings &+ symbol.nameOffset)
    for index in name.indices where bytes[start &+ index] != name[index] { return false }
    return bytes[start &+ name.count] == 0
  }
}

/// What a symbol must keep to.
public enum SymbolRule: UInt8, Sendable {
  case nameOutsideTable, noName, valueOutsideModule, common, special

  var field: StaticString {
    switch self {
    case .nameOutsideTable, .noName: "st_name"
    case .valueOutsideModule: "st_value"
    case .common: "st_shndx"
    case .special: "the type"
    }
  }

  /// The reason, as the end of a sentence.
  public var sentence: StaticString {
    switch self {
    case .nameOutsideTable: "the name is not in the string table, or has more than 1023 bytes"
    case .noName: "an imported symbol has no name"
    case .valueOutsideModule: "the symbol lies outside the module"
    case .common: "room for a common symbol is given when linking; link with -shared"
    case .special: "thread-local and indirect symbols are not supported"
    }
  }
}
