// The tags of a dynamic section that the loader knows, and the rules about them.

/// An entry of the dynamic section, by its tag.
public enum DynamicField: UInt32, Sendable {
  case section = 0
  case neededLibrary = 1
  case jumpRelocationsSize = 2
  case hash = 4
  case strings = 5
  case symbols = 6
  case addendRelocations = 7
  case addendRelocationsSize = 8
  case stringsSize = 10
  case symbolSize = 11
  case initializer = 12
  case finalizer = 13
  case relocations = 17
  case relocationsSize = 18
  case relocationSize = 19
  case jumpRelocationKind = 20
  case textRelocations = 22
  case jumpRelocations = 23
  case initializers = 25
  case finalizers = 26
  case initializersSize = 27
  case finalizersSize = 28
  case flags = 30
  case packedRelocationsSize = 35
  case packedRelocations = 36
  case gnuHash = 0x6fff_fef5

  /// As the ELF specification writes it.
  public var name: StaticString {
    switch self {
    case .section: "PT_DYNAMIC"
    case .neededLibrary: "DT_NEEDED"
    case .jumpRelocationsSize: "DT_PLTRELSZ"
    case .hash: "DT_HASH"
    case .strings: "DT_STRTAB"
    case .symbols: "DT_SYMTAB"
    case .addendRelocations: "DT_RELA"
    case .addendRelocationsSize: "DT_RELASZ"
    case .stringsSize: "DT_STRSZ"
    case .symbolSize: "DT_SYMENT"
    case .initializer: "DT_INIT"
    case .finalizer: "DT_FINI"
    case .relocations: "DT_REL"
    case .relocationsSize: "DT_RELSZ"
    case .relocationSize: "DT_RELENT"
    case .jumpRelocationKind: "DT_PLTREL"
    case .textRelocations: "DT_TEXTREL"
    case .jumpRelocations: "DT_JMPREL"
    case .initializers: "DT_INIT_ARRAY"
    case .finalizers: "DT_FINI_ARRAY"
    case .initializersSize: "DT_INIT_ARRAYSZ"
    case .finalizersSize: "DT_FINI_ARRAYSZ"
    case .flags: "DT_FLAGS"
    case .packedRelocationsSize: "DT_RELRSZ"
    case .packedRelocations: "DT_RELR"
    case .gnuHash: "DT_GNU_HASH"
    }
  }
}

/// What a dynamic section must keep to.
public enum DynamicRule: UInt8, Sendable {
  case missing, outsideSegments, symbolsOutsideSegments, sizeNotMultiple, wrongEntrySize, notStrings
  case addends, packedRelocations, textRelocations, threadLocal, oldInitializer, neededLibrary
  case notCode, tooManySymbols

  /// What the number behind "against" is.
  var limitName: StaticString {
    switch self {
    case .missing, .outsideSegments, .notStrings: "size"
    case .symbolsOutsideSegments: "count"
    case .tooManySymbols: "at most"
    case .sizeNotMultiple, .wrongEntrySize: "entry size"
    case .addends, .packedRelocations, .textRelocations, .threadLocal, .oldInitializer, .neededLibrary:
      "allowed"
    case .notCode: "entry"
    }
  }

  /// The reason, as the end of a sentence.
  public var sentence: StaticString {
    switch self {
    case .missing: "the dynamic section does not say where this is"
    case .outsideSegments: "this does not lie in the file's part of one segment"
    case .symbolsOutsideSegments: "that many symbols do not lie in the file's part of one segment"
    case .sizeNotMultiple: "the size is not a whole number of entries"
    case .wrongEntrySize: "every 32-bit file has this entry size"
    case .notStrings: "a string table begins and ends with a zero byte"
    case .addends: "i386 relocations keep their addends in place"
    case .packedRelocations: "packed relocations are not supported; link without --pack-dyn-relocs"
    case .textRelocations: "code would have to be changed; compile it position-independent"
    case .threadLocal: "a module cannot have thread-local data"
    case .oldInitializer: "only initializer arrays are run"
    case .neededLibrary: "a module names what it needs in its manifest, not as a library"
    case .tooManySymbols: "the number of symbols is past what the loader takes"
    case .notCode: "an initializer or finalizer is not in an executable segment"
    }
  }
}
