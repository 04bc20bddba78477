import Executables
import ModuleCases
import Modules
import Primitives
import TestSupport
import Testing

@Suite struct ModuleLinkingTests {
  static let base: UInt32 = 0xf012_3000

  func goodModule() throws -> LoadedModule {
    var exports = TestExports()
    return try load(ModuleFile().bytes, exports: &exports, base: Self.base)
  }

  @Test func thePlanSaysWhatToMap() throws {
    let plan = try goodModule().plan
    #expect(plan.pageCount == 5)
    #expect(plan.table.count == 4)
    #expect(plan.permissions(ofPage: 0) == [.readable])
    #expect(plan.permissions(ofPage: 0x1000) == [.readable, .executable])
    #expect(plan.permissions(ofPage: 0x2000) == [.readable])
    #expect(plan.permissions(ofPage: 0x3000) == [.readable, .writable])
    #expect(plan.permissions(ofPage: 0x4000) == [.readable, .writable])
    #expect(plan.permissions(ofPage: 0x5000) == nil)
    #expect(plan.readOnlyAfterRelocation == VirtualRange(start: 0x2000, length: 0x1000))
  }

  @Test func eachKindOfRelocationIsApplied() throws {
    let memory = try goodModule().memory
    #expect(!memory.wroteOutside)
    #expect(memory.word(0x3200) == Self.base + 0x3210, "R_386_RELATIVE")
    #expect(memory.word(0x3204) == Self.base + 0x1010 + 4, "R_386_32 against an own symbol")
    #expect(memory.word(0x3208) == 0xc010_0040 &- 4 &- (Self.base + 0x3208), "R_386_PC32")
    #expect(memory.word(0x320c) == 78, "R_386_32 against an absolute symbol")
    #expect(memory.word(0x2100) == 0, "R_386_GLOB_DAT against a weak name that nobody exports (B5)")
    #expect(memory.word(0x2104) == 0xc010_0040, "R_386_JUMP_SLOT")
    #expect(memory.word(0x3600) == 0xc010_0040, "R_386_32 in zero-filled memory")
    #expect(memory.word(0x2140) == Self.base + 0x1020, "an initializer")
    #expect(memory.bytes[0x1000..<0x1100].allSatisfy { $0 == 0x90 })
    #expect(memory.bytes[0x3604...].allSatisfy { $0 == 0 })
  }

  @Test func aWeakNameThatSomebodyExportsIsBound() throws {
    var exports = TestExports()
    exports.addresses["maybe"] = 0xc020_0000
    let loaded = try load(ModuleFile().bytes, exports: &exports, base: Self.base)
    #expect(loaded.memory.word(0x2100) == 0xc020_0000)
  }

  @Test func theManifestIsRead() throws {
    let file = ModuleFile()
    let image = try ModuleImage(file: file.bytes.span, build: testBuild)
    let manifest = image.plan.manifest
    #expect(manifest.name.string == "demo" && manifest.version.string == "1.0-a")
    #expect(manifest.start == 0x1000 && manifest.stop == 0x1008)
    #expect(manifest.needCount == 1 && manifest.parameterCount == 2 && manifest.serviceCount == 1)
    let (need, service, volume, device) = (
      image.need(0), image.service(0), image.parameter(0), image.parameter(1)
    )
    #expect(need?.string == "sound")
    #expect(service?.name.string == "read" && service?.function == 0x1010)
    #expect(volume?.name.string == "volume" && volume?.kind == .integer && volume?.address == 0x3210)
    #expect(device?.name.string == "device" && device?.kind == .text && device?.size == 8)
    let (first, second, last) = (image.initializer(0), image.initializer(1), image.finalizer(0))
    #expect(first == 0x1020 && second == nil && last == 0x1030)
  }

  @Test func aStopFunctionAndListsMayBeAbsent() throws {
    var file = ModuleFile()
    for index in 7...10 { file.poke(manifest: index, 0) }
    let manifest = try load(file).plan.manifest
    #expect(manifest.stop == nil)
    #expect(manifest.needCount == 0 && manifest.parameterCount == 0 && manifest.serviceCount == 0)
  }

  @Test func unusedInitializersAreSkipped() throws {
    for unused in [0, .max] as [UInt32] {
      var file = ModuleFile()
      file.poke32(0x2140, unused)
      let image = try ModuleImage(file: file.bytes.span, build: testBuild)
      let function = image.initializer(0)
      #expect(function == nil)
    }
  }

  @Test("B4: all missing names are listed at once, with who could provide them")
  func missingNames() throws {
    let names = ["one", "two", "three", "four", "five"]
    let symbols = ModuleFile.goodSymbols + names.map { ModuleFile.Symbol(name: $0) }
    var exports = TestExports()
    exports.providers["three"] = "sound"
    let found = try #require(refusal(ModuleFile(symbols: symbols), exports: exports))
    #expect(found.text == "5 names are exported by nobody: one, two, three (module sound has it), four, five")
  }

  @Test func aSingleMissingNameIsListed() throws {
    var exports = TestExports()
    exports.addresses = [:]
    let one = try #require(refusal(ModuleFile(), exports: exports))
    #expect(one.text == "1 name is exported by nobody: kprint")
    var missing: MissingNames?
    if case .missingNames(let names) = one.error { missing = names }
    #expect(missing?.count == 1)
  }

  @Test("B6: a name that the kernel has is refused, naming the owner", arguments: ["kernel", "sound"])
  func takenName(owner: String) throws {
    var exports = TestExports()
    exports.owners["demo_read"] = owner
    let found = try #require(refusal(ModuleFile(), exports: exports))
    #expect(found.text == "the module exports demo_read, which belongs to \(owner)")
  }

  @Test func weakAndHiddenNamesAreNotExports() throws {
    var exports = TestExports()
    exports.owners["demo_read"] = "kernel"
    var weak = ModuleFile()
    weak.bytes[ModuleFile.symbolsAt + 64 + 12] = 0x22
    #expect(refusal(weak, exports: exports) == nil)
    var hidden = ModuleFile()
    hidden.bytes[ModuleFile.symbolsAt + 64 + 13] = 2
    #expect(refusal(hidden, exports: exports) == nil)
  }

  @Test func exportsAreFoundInMemory() throws {
    let loaded = try goodModule()
    func find(_ name: String) -> UInt32? {
      loaded.plan.exports.find(Array(name.utf8).span, in: loaded.memory.bytes.span, base: Self.base)
    }
    #expect(find("demo_read") == Self.base + 0x1010)
    #expect(find("version_number") == 77)
    #expect(find("kprint") == nil && find("demo_rea") == nil && find("demo_read2") == nil)
    #expect(find(String(repeating: "x", count: 5000)) == nil)
  }

  @Test func finalizersAreReadFromMemory() throws {
    var loaded = try goodModule()
    func finalizer(_ index: Int) -> UInt32? {
      loaded.plan.finalizer(index, in: loaded.memory.bytes.span, base: Self.base)
    }
    #expect(finalizer(0) == Self.base + 0x1030)
    #expect(finalizer(1) == nil && finalizer(-1) == nil)
    loaded.memory.write(Self.base + 0x3000, at: 0x2148)
    #expect(finalizer(0) == nil, "a module that broke its own memory is not called into data")
  }

  @Test func theModulesThatAreImportedFromAreReported() throws {
    var registry = ModuleRegistry()
    let name = try #require(shortText("sound"))
    let sound = try registry.beginLoading(name: name, version: name).module
    var exports = TestExports()
    exports.modules["kprint"] = sound
    let loaded = try load(ModuleFile().bytes, exports: &exports)
    #expect(loaded.uses.contains(slot: sound.slot))
  }

  @Test func aNameThatVanishesIsAnErrorNotAZero() throws {
    let file = ModuleFile()
    let image = try ModuleImage(file: file.bytes.span, build: testBuild)
    var exports = TestExports()
    _ = try image.bind(&exports)
    exports.addresses = [:]
    var memory = TestMemory(pages: image.plan.pageCount)
    do {
      try image.apply(base: 0xf000_0000, resolver: &exports, memory: &memory)
      Issue.record("a vanished name was bound")
    } catch {
      guard case .missingNames(let names) = error else { throw error }
      #expect(names.count == 1)
    }
  }
}
