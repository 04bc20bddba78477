// The module files that must be refused: each is a good one with one field changed, and the words that refuse it.
// The host's tests give them to the loader, and a guest case gives them to `insmod`.

/// A field of a good module changed in one way, and the words that must refuse it.
package struct Poke: Sendable {
  package var name: String
  /// What the sentence says that refuses it.
  package var words: String
  var change: @Sendable (inout ModuleFile) -> Void

  init(_ name: String, _ words: String, _ change: @escaping @Sendable (inout ModuleFile) -> Void) {
    self.name = name
    self.words = words
    self.change = change
  }

  /// A good module with the change made.
  ///
  /// - Parameter build: the build identity that the kernel has which must judge it.
  package func file(build: UInt64 = ModuleFile.testBuild) -> ModuleFile {
    var file = ModuleFile(build: build)
    change(&file)
    return file
  }
}

extension Poke {
  package static let all = formats + tables + symbols + kinds + manifests + code

  static let code: [Poke] = [
    Poke("x87", "the instruction at 0x1010 works with the registers of x87") {
      $0.bytes.replaceSubrange(0x1010..<0x1012, with: [0xd9, 0xe8])
    },
    Poke("SSE", "the instruction at 0x10f0 works with the registers of MMX or SSE") {
      $0.bytes.replaceSubrange(0x10f0..<0x10f4, with: [0x66, 0x0f, 0x76, 0xc0])
    },
    Poke("a frame of 100,000 bytes", "the instruction at 0x1020 moves the stack pointer over the guard page") {
      $0.bytes.replaceSubrange(0x1020..<0x1026, with: [0x81, 0xec, 0xa0, 0x86, 1, 0])
    },
  ]

  static let formats: [Poke] = [
    Poke("B1 object file", "e_type is 1, must be 3: this is a plain object file; link it with ld.lld") {
      $0.poke16(16, 1)
    },
    Poke("program", "e_type is 2, must be 3: this is not a shared object") { $0.poke16(16, 2) },
    Poke("B29 empty file", "the file's size is 0, must be at least 52") { $0.bytes = [] },
    Poke("no program headers", "e_phnum is 0, must be at least 1") { $0.poke16(44, 0) },
    Poke("no dynamic segment", "the number of dynamic segments is 0") { $0.poke(header: 4, 0, 4) },
    Poke("thread-local data", "p_memsz of program header 5 is 0x1000, must be at most 0x0") {
      $0.poke(header: 5, 0, 7)
    },
    Poke("protected part outside", "p_vaddr + p_memsz of program header 5 is 0x5000, must be at most 0x3000") {
      $0.poke(header: 5, 20, 0x3000)
    },
    Poke("protected code", "not inside one writable segment") { $0.poke(header: 5, 8, 0x1000) },
    Poke("B13 segment past the end", "p_offset + p_filesz of program header 3 is 0x34f0") {
      $0.poke(header: 3, 4, 0x30f0)
    },
    Poke("B13 segment wraps", "p_vaddr + p_memsz of program header 3 is 0x1000017ff") {
      $0.poke(header: 3, 8, 0xffff_ffff)
    },
    Poke("B13 section past the end", "sh_offset + sh_size of section header 1 is 0xffff0100") {
      $0.poke32(ModuleFile.sectionsAt + 40 + 16, 0xffff_0000)
    },
    Poke("B13 section wraps", "sh_offset + sh_size of section header 1 is 0x100000fff") {
      $0.poke32(ModuleFile.sectionsAt + 40 + 20, 0xffff_ffff)
    },
    Poke("B14", "p_vaddr + p_memsz of program header 3 is 0x80003000, must be at most 0x1000000") {
      $0.poke(header: 3, 20, 0x8000_0000)
    },
    Poke("B15 count 0", "e_shnum is 0, must be at least 1") { $0.poke16(48, 0) },
    Poke("B15 count 0xffff", "e_shnum is 65535, must be at most 3") { $0.poke16(48, 0xffff) },
    Poke("B15 table past the end", "e_shoff is 0x3460, must be at most 0x3450") { $0.poke32(32, 0x3460) },
    Poke("B16 48", "e_shentsize is 48, must be 40") { $0.poke16(46, 48) },
    Poke("B16 0", "e_shentsize is 0, must be 40") { $0.poke16(46, 0) },
    Poke("writable code", "p_flags of program header 1 is 0x7") { $0.poke(header: 1, 24, 7) },
  ]

  static let tables: [Poke] = [
    Poke("dynamic section outside", "PT_DYNAMIC is 0x21ff (size 0x100)") { $0.poke(header: 4, 8, 0x21ff) },
    Poke("dynamic section top", "PT_DYNAMIC is 0xfffffff8") { $0.poke(header: 4, 8, 0xffff_fff8) },
    Poke("dynamic section empty", "PT_DYNAMIC is 0x2000 (size 0x0)") { $0.poke(header: 4, 16, 0) },
    Poke("no symbols", "DT_SYMTAB is 0x0") { $0.pokeDynamicTag(6, 0x6000_0000, 0) },
    Poke("symbol size", "DT_SYMENT is 0x18 (entry size 0x10)") { $0.pokeDynamic(11, 24) },
    Poke("symbols outside", "DT_SYMTAB is 0x7f0 (count 0x6)") { $0.pokeDynamic(6, 0x7f0) },
    Poke("symbol count", "DT_SYMTAB is 0xffffffff (at most 0xffff)") {
      $0.poke32(ModuleFile.hashAt + 4, 0xffff_ffff)
    },
    Poke("no symbol count", "DT_SYMTAB is 0x180 (count 0x0)") { $0.poke32(ModuleFile.hashAt + 4, 0) },
    Poke("no hash", "DT_HASH is 0x0") { $0.pokeDynamicTag(4, 0x6000_0000, 0) },
    Poke("hash outside", "DT_HASH is 0x7fc") { $0.pokeDynamic(4, 0x7fc) },
    Poke("no strings", "DT_STRTAB is 0x0") { $0.pokeDynamicTag(5, 0x6000_0000, 0) },
    Poke("no string size", "DT_STRSZ is 0x0 (size 0x1)") { $0.pokeDynamic(10, 0) },
    Poke("strings outside", "DT_STRTAB is 0x380 (size 0xffffffff)") { $0.pokeDynamic(10, .max) },
    Poke("B10 begins with a byte", "DT_STRTAB is 0x381") { $0.pokeDynamic(5, 0x381) },
    Poke("B10 is code", "a string table begins and ends with a zero byte") { $0.pokeDynamic(5, 0x1000) },
    Poke("relocation size", "DT_RELENT is 0xc (entry size 0x8)") { $0.pokeDynamic(19, 12) },
    Poke("relocations odd", "DT_REL is 0x9 (entry size 0x8)") { $0.pokeDynamic(18, 9) },
    Poke("relocations outside", "DT_REL is 0x500 (size 0x308)") { $0.pokeDynamic(18, 0x308) },
    Poke("no relocations", "DT_REL is 0x0") { $0.pokeDynamicTag(17, 0x6000_0000, 0) },
    Poke("jump slots outside", "DT_JMPREL is 0xfffffff8") { $0.pokeDynamic(23, 0xffff_fff8) },
    Poke("B18 kind", "DT_PLTREL is 0x7") { $0.pokeDynamic(20, 7) },
    Poke("B18 table", "DT_RELA is 0x500 (allowed 0x0): i386 relocations keep their addends in place") {
      $0.pokeDynamicTag(17, 7, 0x500)
    },
    Poke("packed relocations", "DT_RELR is 0x500") { $0.pokeDynamicTag(17, 36, 0x500) },
    Poke("text relocations", "DT_TEXTREL is 0x0") { $0.pokeDynamicTag(19, 22, 0) },
    Poke("text relocation flag", "DT_FLAGS is 0x4") { $0.pokeDynamicTag(19, 30, 4) },
    Poke("thread-local flag", "DT_FLAGS is 0x10") { $0.pokeDynamicTag(19, 30, 16) },
    Poke("B31 old initializer", "DT_INIT is 0x1000 (allowed 0x0): only initializer arrays are run") {
      $0.pokeDynamicTag(19, 12, 0x1000)
    },
    Poke("B31 initializer in data", "DT_INIT_ARRAY is 0x3000 (entry 0x0)") { $0.poke32(0x2140, 0x3000) },
    Poke("B31 finalizer nowhere", "DT_FINI_ARRAY is 0x1100 (entry 0x0)") { $0.poke32(0x2148, 0x1100) },
    Poke("B31 array size", "DT_INIT_ARRAY is 0x5 (entry size 0x4)") { $0.pokeDynamic(27, 5) },
    Poke("needed library", "DT_NEEDED is 0x1") { $0.pokeDynamicTag(19, 1, 1) },
  ]

  static let symbols: [Poke] = [
    Poke("name outside", "symbol 1 has st_name 0x1000") { $0.poke32(ModuleFile.symbolsAt + 16, 0x1000) },
    Poke("no name", "symbol 1 has st_name 0x0") { $0.poke32(ModuleFile.symbolsAt + 16, 0) },
    Poke("value outside", "symbol 4 (demo_read) has st_value 0x5001, must be at most 0x5000") {
      $0.poke32(ModuleFile.symbolsAt + 64 + 4, 0x5001)
    },
    Poke("common", "symbol 4 (demo_read) has st_shndx 0xfff2") {
      $0.poke16(ModuleFile.symbolsAt + 64 + 14, 0xfff2)
    },
    Poke("indirect function", "symbol 4 (demo_read) has the type 0xa") {
      $0.bytes[ModuleFile.symbolsAt + 64 + 12] = 0x1a
    },
    Poke("B7", "R_386_32 against symbol 6 at 0x3204: there is no such symbol in the table") {
      $0.poke(relocation: 15, place: 0x3204, kind: 1, symbol: 6)
    },
    Poke("B7 top", "R_386_RELATIVE against symbol 16777215 at 0x3200") {
      $0.poke(relocation: 12, place: 0x3200, kind: 8, symbol: 0xff_ffff)
    },
    Poke("no symbol", "R_386_32 against symbol 0 at 0x3204: this kind needs a symbol") {
      $0.poke(relocation: 15, place: 0x3204, kind: 1, symbol: 0)
    },
    Poke("B8 code", "R_386_RELATIVE against symbol 0 at 0x1000: the place is not inside a writable segment") {
      $0.poke(relocation: 12, place: 0x1000, kind: 8)
    },
    Poke("B8 last word", "at 0x47fd: the place is not inside a writable segment") {
      $0.poke(relocation: 12, place: 0x47fd, kind: 8)
    },
    Poke("B8 outside", "at 0x4800: the place is not inside") {
      $0.poke(relocation: 12, place: 0x4800, kind: 8)
    },
    Poke("B8 top", "at 0xffffffff: the place is not inside") {
      $0.poke(relocation: 12, place: .max, kind: 8)
    },
    Poke("B8 unaligned", "at 0x3202: the place is not a multiple of 4") {
      $0.poke(relocation: 12, place: 0x3202, kind: 8)
    },
  ]

  static let kinds: [Poke] =
    [
      (0, "R_386_NONE"), (3, "R_386_GOT32"), (4, "R_386_PLT32"), (5, "R_386_COPY"), (9, "R_386_GOTOFF"),
      (10, "R_386_GOTPC"), (43, "R_386_GOT32X"), (0x20, "of kind 0x20"), (0x2a, "R_386_IRELATIVE"),
      (0xff, "of kind 0xff"),
    ].map { (kind: UInt8, name: String) in
      Poke("B2 B3 \(name)", "the relocation \(name) against symbol 1 (kprint) at 0x3204") {
        $0.poke(relocation: 15, place: 0x3204, kind: kind, symbol: 1)
      }
    }

  static let manifests: [Poke] = [
    Poke("no manifest", "megha_module is 0x0: the module exports no data of this name") {
      $0.poke(text: "megha_modulf", at: ModuleFile.stringsAt + 14)
    },
    Poke("manifest outside", "megha_module is 0x33e0") { $0.poke32(ModuleFile.symbolsAt + 52, 0x33e0) },
    Poke("magic", "the magic number is 0x4d48474c") { $0.poke(manifest: 0, 0x4d48_474c) },
    Poke("layout", "the layout version is 0x2: only layout 1 is known") { $0.poke(manifest: 1, 2) },
    Poke("B29 no name", "the name is 0x0: it is not 1 to 31 letters") { $0.poke(manifest: 2, 0) },
    Poke("B29 empty name", "the name is 0x3040") { $0.bytes[0x3040] = 0 },
    Poke("bad name", "the name is 0x3040") { $0.bytes[0x3041] = 0x2f },
    Poke("long name", "the name is 0x3040") {
      $0.poke(text: String(repeating: "a", count: 32), at: 0x3040)
    },
    Poke("version outside", "the version is 0x3400") { $0.poke(manifest: 3, 0x3400) },
    Poke("B21", "11112223, this kernel is 0x") {
      $0.poke(manifest: 4, 0x1111_2223)
    },
    Poke("B22", "the start function is 0x0: a module must have one") { $0.poke(manifest: 6, 0) },
    Poke("start in data", "the start function is 0x3000: that is not in an executable segment") {
      $0.poke(manifest: 6, 0x3000)
    },
    Poke("stop nowhere", "the stop function is 0xffffffff") { $0.poke(manifest: 7, .max) },
    Poke("needs outside", "the list of needs is 0x5000") { $0.poke(manifest: 8, 0x5000) },
    Poke("needs text", "the list of needs is 0x1000") { $0.poke32(0x3100, 0x1000) },
    Poke("needs endless", "the list of needs is 0x1000: the list does not end within 32 entries") {
      $0.poke(manifest: 8, 0x1000)
    },
    Poke("parameter kind", "the list of parameters is 0x2") { $0.poke32(0x3114, 2) },
    Poke("parameter place", "the list of parameters is 0x1000: a parameter's room") {
      $0.poke32(0x3118, 0x1000)
    },
    Poke("parameter size", "the list of parameters is 0x3210: a parameter's room") { $0.poke32(0x311c, 8) },
    Poke("parameter wraps", "the list of parameters is 0x3220") { $0.poke32(0x312c, .max) },
    Poke("service in data", "the list of services is 0x3200: that is not in an executable segment") {
      $0.poke32(0x3144, 0x3200)
    },
  ]
}
