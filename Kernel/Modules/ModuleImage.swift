// Reads a module (an ELF32 shared object for the i386) and judges the whole of it: headers, sections,
// segments, tables, every symbol, every relocation, constructors, manifest. Nothing is mapped and
// nothing allocated; what can still fail afterwards is a name that nobody exports, and memory.
//
// Invariants: no number from the file is added, multiplied or used as an index before it is checked;
// every loop is bounded by the file's size.

import Executables
import Primitives

/// A module's file that was found good.
public struct ModuleImage: ~Escapable {
  let file: Span<UInt8>
  public let plan: ModulePlan

  /// The most bytes of memory that a module may take: 16 MiB.
  public static var memoryLimit: UInt32 { 0x0100_0000 }

  /// Reads a module.
  ///
  /// - Parameters:
  ///   - file: the whole file.
  ///   - build: the build identity of the running kernel; nil to accept any, for looking only.
  /// - Throws: the first rule that the file breaks.
  @_lifetime(copy file)
  public init(file: Span<UInt8>, build: BuildIdentity?) throws(ModuleError) {
    let headers: SegmentHeaders
    do {
      headers = try SegmentHeaders(file)
    } catch {
      throw .file(error)
    }
    let module = ModuleBytes(file: file, segments: headers.table.segments)
    let dynamic = try DynamicSection(
      at: headers.dynamic.address, byteCount: headers.dynamic.fileSize, in: module)
    let symbols = dynamic.symbolTable(symbols: dynamic.symbols.address, strings: dynamic.strings.address)
    // Both tables lie in the file's part of a segment, so they have a position.
    let fileSymbols = dynamic.symbolTable(
      symbols: module.position(of: dynamic.symbols.address, count: 1) ?? 0,
      strings: module.position(of: dynamic.strings.address, count: 1) ?? 0)
    let byteCount = headers.pageCount &* pageSize
    try Self.validate(fileSymbols, byteCount: byteCount, in: file)
    try Self.validate(dynamic.relocations, symbols: fileSymbols, in: module)
    try Self.validate(dynamic.jumpRelocations, symbols: fileSymbols, in: module)
    try Self.validateFunctions(dynamic.initializers, .initializers, in: module)
    try Self.validateFunctions(dynamic.finalizers, .finalizers, in: module)
    guard let manifestSymbol = fileSymbols.index(of: ModuleManifest.symbolName, in: file) else {
      throw .manifest(.absent, .manifest, value: 0)
    }
    let manifest = try ModuleManifest(
      at: fileSymbols.symbol(manifestSymbol, in: file).value, build: build, in: module)
    self.file = file
    plan = ModulePlan(
      table: headers.table, pageCount: headers.pageCount,
      readOnlyAfterRelocation: headers.readOnlyAfterRelocation, manifest: manifest, exports: symbols,
      fileSymbols: fileSymbols, manifestSymbol: manifestSymbol, dynamic: dynamic)
  }

  /// The file seen through the segments.
  var bytes: ModuleBytes {
    @_lifetime(borrow self)
    borrowing get { ModuleBytes(file: file, segments: plan.table.segments) }
  }

  /// The name of a module that this one needs; `index` is below `plan.manifest.needCount`.
  public func need(_ index: Int) -> ModuleText? { try? plan.manifest.need(index, in: bytes) }

  /// A service; `index` is below `plan.manifest.serviceCount`.
  public func service(_ index: Int) -> ModuleService? { try? plan.manifest.service(index, in: bytes) }

  /// A parameter; `index` is below `plan.manifest.parameterCount`.
  public func parameter(_ index: Int) -> ModuleParameter? { try? plan.manifest.parameter(index, in: bytes) }

  /// A function to call before the start function, relative to the base; `index` is below
  /// `plan.initializerCount`. Nil for an entry that stands for none.
  public func initializer(_ index: Int) -> UInt32? { function(index, of: plan.dynamic.initializers) }

  /// A function to call after the stop function, relative to the base; `index` is below
  /// `plan.finalizerCount`. Nil for an entry that stands for none.
  public func finalizer(_ index: Int) -> UInt32? { function(index, of: plan.dynamic.finalizers) }

  private func function(_ index: Int, of table: DynamicTable) -> UInt32? {
    guard index >= 0, index < Int(table.count) else { return nil }
    return Self.function(bytes.word(at: table.address &+ UInt32(index) &* 4))
  }

  /// 0 and -1 mark unused entries of function arrays.
  private static func function(_ word: UInt32?) -> UInt32? {
    guard let word, word != 0, word != .max else { return nil }
    return word
  }

  private static func validate(
    _ table: DynamicSymbolTable, byteCount: UInt32, in file: Span<UInt8>
  ) throws(ModuleError) {
    for index in 1..<max(table.count, 1) {
      let symbol = table.symbol(index, in: file)
      guard let name = table.name(of: symbol, in: file) else {
        throw .symbol(
          .nameOutsideTable, nil, index: index, value: symbol.nameOffset, limit: table.stringsSize &- 1)
      }
      if symbol.isUndefined {
        guard name.length > 0 else {
          throw .symbol(.noName, name, index: index, value: symbol.nameOffset, limit: table.stringsSize &- 1)
        }
        continue
      }
      guard !symbol.isCommon else {
        throw .symbol(.common, name, index: index, value: UInt32(symbol.section), limit: 0xfeff)
      }
      guard !symbol.isSpecial else {
        throw .symbol(.special, name, index: index, value: UInt32(symbol.info & 15), limit: 5)
      }
      guard symbol.isAbsolute || symbol.value <= byteCount else {
        throw .symbol(.valueOutsideModule, name, index: index, value: symbol.value, limit: byteCount)
      }
    }
  }

  private static func validate(
    _ table: DynamicTable, symbols: DynamicSymbolTable, in module: ModuleBytes
  ) throws(ModuleError) {
    guard let start = module.position(of: table.address, count: table.count &* 8) else { return }
    for index in 0..<table.count {
      let relocation = Relocation(module.file, at: Int(start &+ index &* 8))
      if let rule = brokenRule(relocation, symbols: symbols, in: module) {
        var name: NameLocation?
        if relocation.symbol < symbols.count {
          name = symbols.name(of: symbols.symbol(relocation.symbol, in: module.file), in: module.file)
        }
        throw .relocation(
          rule, kind: relocation.kind, name, symbol: relocation.symbol, place: relocation.place)
      }
    }
  }

  private static func brokenRule(
    _ relocation: Relocation, symbols: DynamicSymbolTable, in module: ModuleBytes
  ) -> RelocationRule? {
    guard let kind = RelocationKind(rawValue: relocation.kind) else { return .unknownKind }
    guard relocation.symbol < symbols.count else { return .symbolOutsideTable }
    if kind != .baseRelative && relocation.symbol == 0 { return .noSymbol }
    guard let segment = module.segment(at: relocation.place, count: 4),
      segment.permissions.contains(.writable)
    else { return .placeNotWritable }
    return relocation.place & 3 == 0 ? nil : .placeUnaligned
  }

  private static func validateFunctions(
    _ table: DynamicTable, _ field: DynamicField, in module: ModuleBytes
  ) throws(ModuleError) {
    for index in 0..<table.count {
      guard let address = function(module.word(at: table.address &+ index &* 4)) else { continue }
      guard module.isCode(address) else { throw .dynamic(.notCode, field, value: address, limit: index) }
    }
  }
}

extension DynamicSection {
  fileprivate func symbolTable(symbols address: UInt32, strings stringsAddress: UInt32) -> DynamicSymbolTable {
    DynamicSymbolTable(
      symbols: address, count: symbols.count, strings: stringsAddress, stringsSize: strings.count)
  }
}
