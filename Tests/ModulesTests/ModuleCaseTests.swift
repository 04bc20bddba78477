import Executables
import ModuleCases
import Modules
import Primitives
import TestSupport
import Testing

@Suite struct ModuleCaseTests {
  @Test(arguments: Poke.all) func isRefused(poke: Poke) throws {
    let found = try #require(refusal(poke.file()))
    #expect(found.text.contains(poke.words), "\(found.text)")
    #expect(!found.text.contains("\n"))
  }

  @Test("A stripped module has no section headers and loads") func stripped() throws {
    var file = ModuleFile()
    file.poke32(32, 0)
    file.poke16(48, 0)
    #expect(try load(file).plan.pageCount == 5)
  }

  @Test("B30: sections that nothing loads are not read") func debugSections() throws {
    var file = ModuleFile()
    file.poke32(ModuleFile.sectionsAt + 40 + 16, UInt32(file.bytes.count))
    file.poke32(ModuleFile.sectionsAt + 40 + 20, 4 << 20)
    file.bytes += [UInt8](repeating: 0xff, count: 4 << 20)
    #expect(try load(file).plan.pageCount == 5)
  }

  @Test("A module for looking at only may be of any build") func anyBuild() throws {
    var file = ModuleFile()
    file.poke(manifest: 4, 5)
    var exports = TestExports()
    let loaded = try load(file.bytes, exports: &exports, build: nil)
    #expect(loaded.plan.manifest.build == BuildIdentity(low: 5, high: 0x3333_4444))
  }
}

extension Poke: CustomTestStringConvertible {
  public var testDescription: String { name }
}
