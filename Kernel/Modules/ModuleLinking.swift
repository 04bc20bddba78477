// Linking: finding the addresses of all names that a module imports, and writing its bytes and
// relocated words to its place. `ModuleImage.bind` only asks; `ModuleImage.apply` only writes.
//
// Invariant: `apply` writes inside the pages of the plan and nowhere else.

import Executables
import Primitives

/// An address that a name stands for.
public struct SymbolBinding: Sendable {
  /// The address at run time.
  public var address: UInt32
  /// The module that exports it, or nil for the kernel.
  public var module: ModuleNumber?

  public init(address: UInt32, module: ModuleNumber?) {
    self.address = address
    self.module = module
  }
}

/// Everybody who exports names: the kernel's export list and the modules that a module may import from.
public protocol SymbolResolver: ~Copyable, ~Escapable {
  /// What `name` stands for, or nil where nobody exports it. The answer must stay the same until the
  /// module is applied.
  mutating func resolve(_ name: Span<UInt8>) -> SymbolBinding?
  /// Who exports `name` already, so that no module may do so again: a module's name, or `kernel`.
  mutating func owner(of name: Span<UInt8>) -> ModuleText?
  /// Which module that is not loaded would export `name`, where that is known.
  mutating func provider(of name: Span<UInt8>) -> ModuleText?
}

/// A module's memory while it is being filled: `plan.pageCount` zero-filled pages, all writable.
public protocol ModuleMemory: ~Copyable, ~Escapable {
  /// Copies bytes to `offset`, counted from the module's base.
  mutating func copy(_ bytes: Span<UInt8>, to offset: UInt32)
  /// Stores a little-endian word at `offset`, a multiple of 4 counted from the module's base.
  mutating func write(_ word: UInt32, at offset: UInt32)
}

/// Names that nobody exports: the first 32, and how many there are.
public struct MissingNames: Equatable, Sendable {
  public static var capacity: Int { 32 }

  public private(set) var count: UInt32 = 0
  private var names = InlineArray<32, NameLocation>(repeating: NameLocation(offset: 0, length: 0))

  mutating func append(_ name: NameLocation) {
    if count < UInt32(Self.capacity) { names[Int(count)] = name }
    count &+= 1
  }

  /// The names that are kept.
  public var locations: Span<NameLocation> {
    @_lifetime(borrow self)
    borrowing get { names.span.extracting(first: min(Int(count), Self.capacity)) }
  }

  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.locations.indices where left.names[index] != right.names[index] { return false }
    return true
  }
}

extension ModuleImage {
  /// Checks that every imported name is exported by somebody and that no exported name is taken.
  ///
  /// - Returns: the modules that this one imports from.
  /// - Throws: `missingNames` with all of them at once, or `nameTaken`.
  public func bind<Resolver: SymbolResolver & ~Copyable & ~Escapable>(
    _ resolver: inout Resolver
  ) throws(ModuleError) -> ModuleSet {
    var used = ModuleSet()
    var missing = MissingNames()
    for index in 1..<max(plan.fileSymbols.count, 1) {
      let symbol = plan.fileSymbols.symbol(index, in: bytes.file)
      // Validated when the image was made: every name lies in the string table.
      guard let name = plan.fileSymbols.name(of: symbol, in: bytes.file) else { continue }
      if symbol.isUndefined {
        if let binding = resolver.resolve(bytes.bytes(of: name)) {
          if let module = binding.module { used.insert(module) }
        } else if !symbol.isWeak {
          missing.append(name)
        }
      } else if symbol.isExported && index != plan.manifestSymbol {
        guard resolver.owner(of: bytes.bytes(of: name)) == nil else { throw .nameTaken(name) }
      }
    }
    guard missing.count == 0 else { throw .missingNames(missing) }
    return used
  }

  /// Copies the module to its pages and relocates it.
  ///
  /// - Parameters:
  ///   - base: the address of the first page, page-aligned; `base` and the module's size end inside the
  ///     address space.
  ///   - resolver: the one that `bind` was content with.
  ///   - memory: the pages, zero-filled.
  /// - Throws: `missingNames` where `resolver` has changed its mind; the pages are to be given back then.
  public func apply<
    Resolver: SymbolResolver & ~Copyable & ~Escapable, Memory: ModuleMemory & ~Copyable & ~Escapable
  >(base: UInt32, resolver: inout Resolver, memory: inout Memory) throws(ModuleError) {
    for index in 0..<plan.table.count {
      let segment = plan.table[index]
      let start = Int(segment.fileOffset)
      memory.copy(bytes.file.extracting(start..<start &+ Int(segment.fileSize)), to: segment.start)
    }
    try apply(plan.dynamic.relocations, base: base, resolver: &resolver, memory: &memory)
    try apply(plan.dynamic.jumpRelocations, base: base, resolver: &resolver, memory: &memory)
  }

  private func apply<
    Resolver: SymbolResolver & ~Copyable & ~Escapable, Memory: ModuleMemory & ~Copyable & ~Escapable
  >(
    _ table: DynamicTable, base: UInt32, resolver: inout Resolver, memory: inout Memory
  ) throws(ModuleError) {
    guard let start = bytes.position(of: table.address, count: table.count &* 8) else { return }
    for index in 0..<table.count {
      let relocation = Relocation(bytes.file, at: Int(start &+ index &* 8))
      guard let kind = RelocationKind(rawValue: relocation.kind) else { continue }
      let symbol =
        kind == .baseRelative ? 0 : try address(of: relocation.symbol, base: base, resolver: &resolver)
      memory.write(
        kind.value(
          symbol: symbol, addend: bytes.initialWord(at: relocation.place), place: base &+ relocation.place,
          base: base),
        at: relocation.place)
    }
  }

  /// The address at run time of symbol `index`; 0 for a weak one that nobody exports.
  private func address<Resolver: SymbolResolver & ~Copyable & ~Escapable>(
    of index: UInt32, base: UInt32, resolver: inout Resolver
  ) throws(ModuleError) -> UInt32 {
    let symbol = plan.fileSymbols.symbol(index, in: bytes.file)
    guard symbol.isUndefined else { return symbol.address(base: base) }
    guard let name = plan.fileSymbols.name(of: symbol, in: bytes.file) else { return 0 }
    if let binding = resolver.resolve(bytes.bytes(of: name)) { return binding.address }
    if symbol.isWeak { return 0 }
    var missing = MissingNames()
    missing.append(name)
    throw .missingNames(missing)
  }
}
