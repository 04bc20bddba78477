// Writes a small good module (M of the case list) and changes single fields of it. Its places are fixed,
// so that a test can name them:
//
//     0x0000  R    headers; 0x180 symbols, 0x300 hash, 0x380 strings, 0x500 relocations, 0x700 jump slots
//     0x1000  R X  code
//     0x2000  R W  read-only after relocation: dynamic section, 0x2100 offset table, function arrays
//     0x3000  R W  manifest, texts, lists, 0x3200 variables; from 0x3400 on zero-filled
//
// File offsets are equal to addresses.

/// The bytes of a module under test.
package struct ModuleFile: Sendable {
  package struct Symbol {
    package var name: String
    package var value: UInt32 = 0
    package var info: UInt8 = 0x12
    package var section: UInt16 = 0

    package init(name: String, value: UInt32 = 0, info: UInt8 = 0x12, section: UInt16 = 0) {
      self.name = name
      self.value = value
      self.info = info
      self.section = section
    }
  }

  package struct Relocation {
    package var place: UInt32
    package var kind: UInt8
    package var symbol: UInt32 = 0
  }

  package static let symbolsAt = 0x180
  package static let hashAt = 0x300
  package static let stringsAt = 0x380
  package static let relocationsAt = 0x500
  package static let jumpRelocationsAt = 0x700
  package static let dynamicAt = 0x2000
  package static let manifestAt = 0x3000
  package static let sectionsAt = 0x3400

  /// The build identity of a module that names none.
  package static let testBuild: UInt64 = 0x3333_4444_1111_2222

  package var bytes: [UInt8]

  package static let goodSymbols = [
    Symbol(name: "kprint"),
    Symbol(name: "maybe", info: 0x22),
    Symbol(name: "megha_module", value: 0x3000, info: 0x11, section: 4),
    Symbol(name: "demo_read", value: 0x1010, section: 2),
    Symbol(name: "version_number", value: 77, info: 0x10, section: 0xfff1),
  ]

  package static let goodRelocations =
    [0x3008, 0x300c, 0x3018, 0x301c, 0x3020, 0x3024, 0x3028, 0x3100, 0x3110, 0x3118, 0x3140, 0x3144, 0x3200]
    .map { Relocation(place: $0, kind: 8) } + [
      Relocation(place: 0x2140, kind: 8),
      Relocation(place: 0x2148, kind: 8),
      Relocation(place: 0x3204, kind: 1, symbol: 4),
      Relocation(place: 0x3208, kind: 2, symbol: 1),
      Relocation(place: 0x320c, kind: 1, symbol: 5),
      Relocation(place: 0x2100, kind: 6, symbol: 2),
      Relocation(place: 0x3600, kind: 1, symbol: 1),
    ]

  package static let goodJumpRelocations = [Relocation(place: 0x2104, kind: 7, symbol: 1)]

  /// The tags of the dynamic section, in order.
  static let dynamicTags: [(tag: UInt32, value: UInt32)] = [
    (6, UInt32(symbolsAt)), (11, 16), (5, UInt32(stringsAt)), (10, 0), (4, UInt32(hashAt)),
    (17, UInt32(relocationsAt)), (18, 0), (19, 8), (23, UInt32(jumpRelocationsAt)), (2, 0), (20, 17),
    (25, 0x2140), (27, 4), (26, 0x2148), (28, 4), (0, 0),
  ]

  package init(
    symbols: [Symbol] = goodSymbols, relocations: [Relocation] = goodRelocations,
    jumpRelocations: [Relocation] = goodJumpRelocations, build: UInt64 = testBuild
  ) {
    bytes = [UInt8](repeating: 0, count: Self.sectionsAt)
    writeHeaders()
    writeSymbols(symbols)
    write(relocations, at: Self.relocationsAt)
    write(jumpRelocations, at: Self.jumpRelocationsAt)
    for index in 0..<256 { bytes[0x1000 + index] = 0x90 }
    for (index, entry) in Self.dynamicTags.enumerated() {
      poke32(Self.dynamicAt + 8 * index, entry.tag)
      poke32(Self.dynamicAt + 8 * index + 4, entry.value)
    }
    pokeDynamic(18, UInt32(8 * relocations.count))
    pokeDynamic(2, UInt32(8 * jumpRelocations.count))
    poke32(0x2140, 0x1020)
    poke32(0x2148, 0x1030)
    writeManifest(build)
    poke32(0x3200, 0x3210)
    poke32(0x3204, 4)
    poke32(0x3208, 0xffff_fffc)
    poke32(0x320c, 1)
    writeSections()
  }

  private mutating func writeHeaders() {
    bytes.replaceSubrange(0..<7, with: [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1])
    poke16(16, 3)
    poke16(18, 3)
    poke32(20, 1)
    poke32(28, 52)
    poke16(40, 52)
    poke16(42, 32)
    poke16(44, 6)
    let headers: [[UInt32]] = [
      [1, 0, 0, 0, 0x800, 0x800, 4, 4096],
      [1, 0x1000, 0x1000, 0, 0x100, 0x100, 5, 4096],
      [1, 0x2000, 0x2000, 0, 0x200, 0x1000, 6, 4096],
      [1, 0x3000, 0x3000, 0, 0x400, 0x1800, 6, 4096],
      [2, 0x2000, 0x2000, 0, 0x100, 0x100, 6, 4],
      [0x6474_e552, 0x2000, 0x2000, 0, 0x200, 0x1000, 4, 1],
    ]
    for (index, header) in headers.enumerated() {
      for (field, value) in header.enumerated() { poke32(52 + 32 * index + 4 * field, value) }
    }
  }

  private mutating func writeSymbols(_ symbols: [Symbol]) {
    var strings: [UInt8] = [0]
    for (index, symbol) in symbols.enumerated() {
      let entry = Self.symbolsAt + 16 * (index + 1)
      poke32(entry, UInt32(strings.count))
      poke32(entry + 4, symbol.value)
      bytes[entry + 12] = symbol.info
      poke16(entry + 14, symbol.section)
      strings += Array(symbol.name.utf8) + [0]
    }
    precondition(Self.symbolsAt + 16 * (symbols.count + 1) <= Self.hashAt)
    precondition(Self.stringsAt + strings.count <= Self.relocationsAt)
    bytes.replaceSubrange(Self.stringsAt..<Self.stringsAt + strings.count, with: strings)
    poke32(Self.hashAt, 1)
    poke32(Self.hashAt + 4, UInt32(symbols.count + 1))
    stringsSize = UInt32(strings.count)
  }

  private var stringsSize: UInt32 = 0

  private mutating func write(_ relocations: [Relocation], at position: Int) {
    for (index, relocation) in relocations.enumerated() {
      poke32(position + 8 * index, relocation.place)
      poke32(position + 8 * index + 4, relocation.symbol << 8 | UInt32(relocation.kind))
    }
  }

  private mutating func writeManifest(_ build: UInt64) {
    pokeDynamic(10, stringsSize)
    let words: [UInt32] = [
      0x4d48_474d, 1, 0x3040, 0x3050, UInt32(truncatingIfNeeded: build), UInt32(build >> 32), 0x1000, 0x1008, 0x3100,
      0x3110, 0x3140,
    ]
    for (index, word) in words.enumerated() { poke32(Self.manifestAt + 4 * index, word) }
    poke(text: "demo", at: 0x3040)
    poke(text: "1.0-a", at: 0x3050)
    poke(text: "sound", at: 0x3060)
    poke(text: "volume", at: 0x3070)
    poke(text: "device", at: 0x3080)
    poke(text: "read", at: 0x3090)
    for (index, word) in [0x3060, 0].enumerated() { poke32(0x3100 + 4 * index, UInt32(word)) }
    let parameters = [0x3070, 0, 0x3210, 4, 0x3080, 1, 0x3220, 8, 0]
    for (index, word) in parameters.enumerated() { poke32(0x3110 + 4 * index, UInt32(word)) }
    for (index, word) in [0x3090, 0x1010, 0].enumerated() { poke32(0x3140 + 4 * index, UInt32(word)) }
  }

  /// A null section, one of bytes and one without.
  private mutating func writeSections() {
    bytes += [UInt8](repeating: 0, count: 120)
    for (index, section) in [(1, 0x1000, 0x100), (8, 0x3400, 0x1400)].enumerated() {
      let entry = Self.sectionsAt + 40 * (index + 1)
      poke32(entry + 4, UInt32(section.0))
      poke32(entry + 16, UInt32(section.1))
      poke32(entry + 20, UInt32(section.2))
    }
    poke32(32, UInt32(Self.sectionsAt))
    poke16(46, 40)
    poke16(48, 3)
  }

  package mutating func poke16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  package mutating func poke32(_ offset: Int, _ value: UInt32) {
    for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
  }

  package mutating func poke(text: String, at offset: Int) {
    bytes.replaceSubrange(offset..<offset + text.utf8.count + 1, with: Array(text.utf8) + [0])
  }

  /// Sets the value of the dynamic entry with this tag.
  package mutating func pokeDynamic(_ tag: UInt32, _ value: UInt32) {
    poke32(Self.dynamicAt + 8 * Self.dynamicIndex(tag) + 4, value)
  }

  /// Turns the dynamic entry with tag `old` into one with tag `new`.
  package mutating func pokeDynamicTag(_ old: UInt32, _ new: UInt32, _ value: UInt32) {
    poke32(Self.dynamicAt + 8 * Self.dynamicIndex(old), new)
    poke32(Self.dynamicAt + 8 * Self.dynamicIndex(old) + 4, value)
  }

  private static func dynamicIndex(_ tag: UInt32) -> Int { dynamicTags.firstIndex { $0.tag == tag }! }

  /// Sets field `field` (in bytes) of program header `index`.
  package mutating func poke(header index: Int, _ field: Int, _ value: UInt32) {
    poke32(52 + 32 * index + field, value)
  }

  /// Sets word `index` of the manifest.
  package mutating func poke(manifest index: Int, _ value: UInt32) { poke32(Self.manifestAt + 4 * index, value) }

  /// Sets place and information of relocation `index`.
  package mutating func poke(relocation index: Int, place: UInt32, kind: UInt8, symbol: UInt32 = 0) {
    poke32(Self.relocationsAt + 8 * index, place)
    poke32(Self.relocationsAt + 8 * index + 4, symbol << 8 | UInt32(kind))
  }
}
