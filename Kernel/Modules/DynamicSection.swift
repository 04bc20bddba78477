// The dynamic section of a shared object (System V ABI, chapter 5 "Dynamic Section"): where its
// symbols, strings, relocations and constructors lie.
//
// Invariant: what is kept here was found in the file and lies in the file's part of one segment; what
// the loader does not do is refused, never skipped silently. Tags that change nothing are skipped.

import Executables

/// A run of equal entries: module-relative address and number of entries.
struct DynamicTable: Equatable {
  var address: UInt32
  var count: UInt32

  static var none: DynamicTable { DynamicTable(address: 0, count: 0) }
}

/// Where the tables of a module lie.
struct DynamicSection {
  /// DT_SYMTAB; its length is that of the hash table.
  var symbols = DynamicTable.none
  /// DT_STRTAB and DT_STRSZ; entries are bytes, the last is zero.
  var strings = DynamicTable.none
  /// DT_REL.
  var relocations = DynamicTable.none
  /// DT_JMPREL.
  var jumpRelocations = DynamicTable.none
  /// DT_INIT_ARRAY.
  var initializers = DynamicTable.none
  /// DT_FINI_ARRAY.
  var finalizers = DynamicTable.none

  /// Reads the dynamic section at `address`.
  ///
  /// - Throws: `ModuleError.dynamic` with the entry at fault.
  init(at address: UInt32, byteCount: UInt32, in module: ModuleBytes) throws(ModuleError) {
    let entries = try DynamicEntries(at: address, byteCount: byteCount, in: module)
    relocations = try Self.table(
      entries.relocations, size: entries.relocationsSize, entrySize: 8, .relocations, in: module)
    jumpRelocations = try Self.table(
      entries.jumpRelocations, size: entries.jumpRelocationsSize, entrySize: 8, .jumpRelocations, in: module)
    initializers = try Self.table(
      entries.initializers, size: entries.initializersSize, entrySize: 4, .initializers, in: module)
    finalizers = try Self.table(
      entries.finalizers, size: entries.finalizersSize, entrySize: 4, .finalizers, in: module)
    strings = try Self.strings(entries, in: module)
    symbols = try Self.symbols(entries, in: module)
  }

  private static func table(
    _ address: UInt32?, size: UInt32?, entrySize: UInt32, _ field: DynamicField,
    in module: ModuleBytes
  ) throws(ModuleError) -> DynamicTable {
    let size = size ?? 0
    guard size > 0 else { return .none }
    guard let address else { throw .dynamic(.missing, field, value: 0, limit: size) }
    guard size % entrySize == 0 else {
      throw .dynamic(.sizeNotMultiple, field, value: size, limit: entrySize)
    }
    guard module.position(of: address, count: size) != nil else {
      throw .dynamic(.outsideSegments, field, value: address, limit: size)
    }
    return DynamicTable(address: address, count: size / entrySize)
  }

  private static func strings(
    _ entries: DynamicEntries, in module: ModuleBytes
  ) throws(ModuleError) -> DynamicTable {
    guard let size = entries.stringsSize, size > 0 else {
      throw .dynamic(.missing, .stringsSize, value: entries.stringsSize ?? 0, limit: 1)
    }
    let table = try table(entries.strings, size: size, entrySize: 1, .strings, in: module)
    // A string table begins and ends with a zero byte; without the last one a name would run out of it.
    guard let first = module.position(of: table.address, count: size), module.file[Int(first)] == 0,
      module.file[Int(first &+ (size &- 1))] == 0
    else { throw .dynamic(.notStrings, .strings, value: table.address, limit: size) }
    return table
  }

  private static func symbols(
    _ entries: DynamicEntries, in module: ModuleBytes
  ) throws(ModuleError) -> DynamicTable {
    guard let address = entries.symbols else {
      throw .dynamic(.missing, .symbols, value: 0, limit: DynamicSymbol.size)
    }
    let count: UInt32
    if let hash = entries.hash {
      // nbucket, nchain: there is one chain entry for each symbol.
      guard let chains = module.position(of: hash, count: 8) else {
        throw .dynamic(.outsideSegments, .hash, value: hash, limit: 8)
      }
      count = littleEndian32(module.file, at: Int(chains &+ 4))
    } else if let hash = entries.gnuHash {
      count = try gnuSymbolCount(hash, in: module)
    } else {
      throw .dynamic(.missing, .hash, value: 0, limit: 8)
    }
    guard count <= DynamicSymbolTable.countLimit else {
      throw .dynamic(.tooManySymbols, .symbols, value: count, limit: DynamicSymbolTable.countLimit)
    }
    guard count > 0, module.position(of: address, count: count &* DynamicSymbol.size) != nil else {
      throw .dynamic(.symbolsOutsideSegments, .symbols, value: address, limit: count)
    }
    return DynamicTable(address: address, count: count)
  }

  /// The number of symbols by a DT_GNU_HASH table: the last symbol is the last of the chain that begins
  /// furthest back. The header is nbuckets, symoffset, bloom_size, bloom_shift; then come the filter
  /// words, the buckets, and one chain word per symbol from symoffset on, whose bit 0 ends a chain.
  private static func gnuSymbolCount(
    _ address: UInt32, in module: ModuleBytes
  ) throws(ModuleError) -> UInt32 {
    guard let header = module.position(of: address, count: 16).map(Int.init) else {
      throw .dynamic(.outsideSegments, .gnuHash, value: address, limit: 16)
    }
    let buckets = littleEndian32(module.file, at: header)
    let first = littleEndian32(module.file, at: header &+ 4)
    let filterWords = littleEndian32(module.file, at: header &+ 8)
    let bucketsStart = UInt64(address) &+ 16 &+ UInt64(filterWords) &* 4
    let chainsStart = bucketsStart &+ UInt64(buckets) &* 4
    var last: UInt32 = 0
    for index in 0..<UInt64(buckets) {
      guard let bucket = word(at: bucketsStart &+ index &* 4, in: module) else {
        throw .dynamic(.outsideSegments, .gnuHash, value: address, limit: buckets)
      }
      last = max(last, bucket)
    }
    guard last >= first else { return first }
    while true {
      guard let chain = word(at: chainsStart &+ UInt64(last &- first) &* 4, in: module), last < .max else {
        throw .dynamic(.outsideSegments, .gnuHash, value: address, limit: last)
      }
      last &+= 1
      if chain & 1 != 0 { return last }
    }
  }

  private static func word(at address: UInt64, in module: ModuleBytes) -> UInt32? {
    address <= UInt64(UInt32.max) ? module.word(at: UInt32(truncatingIfNeeded: address)) : nil
  }
}

/// The entries of the section as they stand, before they are judged together.
private struct DynamicEntries {
  var hash: UInt32?
  var gnuHash: UInt32?
  var symbols: UInt32?
  var strings: UInt32?
  var stringsSize: UInt32?
  var relocations: UInt32?
  var relocationsSize: UInt32?
  var jumpRelocations: UInt32?
  var jumpRelocationsSize: UInt32?
  var initializers: UInt32?
  var initializersSize: UInt32?
  var finalizers: UInt32?
  var finalizersSize: UInt32?

  init(at address: UInt32, byteCount: UInt32, in module: ModuleBytes) throws(ModuleError) {
    guard byteCount >= 8, let start = module.position(of: address, count: byteCount) else {
      throw .dynamic(.outsideSegments, .section, value: address, limit: byteCount)
    }
    for index in 0..<byteCount / 8 {
      let position = Int(start &+ index &* 8)
      let tag = littleEndian32(module.file, at: position)
      if tag == 0 { return }
      try take(tag, littleEndian32(module.file, at: position &+ 4))
    }
  }

  private mutating func take(_ tag: UInt32, _ value: UInt32) throws(ModuleError) {
    guard let field = DynamicField(rawValue: tag) else { return }
    switch field {
    case .hash: hash = value
    case .gnuHash: gnuHash = value
    case .symbols: symbols = value
    case .strings: strings = value
    case .stringsSize: stringsSize = value
    case .relocations: relocations = value
    case .relocationsSize: relocationsSize = value
    case .jumpRelocations: jumpRelocations = value
    case .jumpRelocationsSize: jumpRelocationsSize = value
    case .initializers: initializers = value
    case .initializersSize: initializersSize = value
    case .finalizers: finalizers = value
    case .finalizersSize: finalizersSize = value
    case .symbolSize:
      guard value == DynamicSymbol.size else {
        throw .dynamic(.wrongEntrySize, field, value: value, limit: DynamicSymbol.size)
      }
    case .relocationSize:
      guard value == 8 else { throw .dynamic(.wrongEntrySize, field, value: value, limit: 8) }
    case .jumpRelocationKind:
      guard value == DynamicField.relocations.rawValue else {
        throw .dynamic(.addends, field, value: value, limit: DynamicField.relocations.rawValue)
      }
    case .addendRelocations, .addendRelocationsSize:
      throw .dynamic(.addends, field, value: value, limit: 0)
    case .packedRelocations, .packedRelocationsSize:
      throw .dynamic(.packedRelocations, field, value: value, limit: 0)
    case .textRelocations:
      throw .dynamic(.textRelocations, field, value: value, limit: 0)
    case .flags:
      guard value & 0x4 == 0 else { throw .dynamic(.textRelocations, field, value: value, limit: 0) }
      guard value & 0x10 == 0 else { throw .dynamic(.threadLocal, field, value: value, limit: 0) }
    case .initializer, .finalizer:
      guard value == 0 else { throw .dynamic(.oldInitializer, field, value: value, limit: 0) }
    case .neededLibrary:
      throw .dynamic(.neededLibrary, field, value: value, limit: 0)
    case .section:
      return
    }
  }
}
