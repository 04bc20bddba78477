import ModuleCases
import Modules
import Primitives
import TestSupport

/// The build identity that the test modules carry.
let testBuild = BuildIdentity(
  low: UInt32(truncatingIfNeeded: ModuleFile.testBuild), high: UInt32(ModuleFile.testBuild >> 32))

/// A resolver over dictionaries.
struct TestExports: SymbolResolver {
  var addresses: [String: UInt32] = ["kprint": 0xc010_0040]
  var modules: [String: ModuleNumber] = [:]
  var owners: [String: String] = [:]
  var providers: [String: String] = [:]

  private func text(_ name: Span<UInt8>) -> String {
    String(decoding: name.indices.map { name[$0] }, as: UTF8.self)
  }

  mutating func resolve(_ name: Span<UInt8>) -> SymbolBinding? {
    let key = text(name)
    return addresses[key].map { SymbolBinding(address: $0, module: modules[key]) }
  }

  mutating func owner(of name: Span<UInt8>) -> ModuleText? { owners[text(name)].flatMap(shortText) }
  mutating func provider(of name: Span<UInt8>) -> ModuleText? { providers[text(name)].flatMap(shortText) }
}

/// `text` as a `ModuleText`.
func shortText(_ text: String) -> ModuleText? { ModuleText(Array(text.utf8).span) }

extension ModuleText {
  /// The text as a String.
  var string: String { String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self) }
}

/// A module's memory as an array; a write outside is noted, not done.
struct TestMemory: ModuleMemory {
  var bytes: [UInt8]
  var wroteOutside = false

  init(pages: UInt32) { bytes = [UInt8](repeating: 0, count: Int(pages) * 4096) }

  mutating func copy(_ source: Span<UInt8>, to offset: UInt32) {
    guard Int(offset) + source.count <= bytes.count else { return wroteOutside = true }
    for index in source.indices { bytes[Int(offset) + index] = source[index] }
  }

  mutating func write(_ word: UInt32, at offset: UInt32) {
    guard Int(offset) + 4 <= bytes.count, offset % 4 == 0 else { return wroteOutside = true }
    for byte in 0..<4 { bytes[Int(offset) + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)) }
  }

  func word(_ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
  }
}

/// A module that was judged, bound and applied.
struct LoadedModule {
  var plan: ModulePlan
  var uses: ModuleSet
  var memory: TestMemory
}

/// Does all that loading does.
func load(
  _ bytes: [UInt8], exports: inout TestExports, base: UInt32 = 0xf000_0000, build: BuildIdentity? = testBuild
) throws(ModuleError) -> LoadedModule {
  let image = try ModuleImage(file: bytes.span, build: build)
  try image.checkCode()
  let uses = try image.bind(&exports)
  var memory = TestMemory(pages: image.plan.pageCount)
  try image.apply(base: base, resolver: &exports, memory: &memory)
  return LoadedModule(plan: image.plan, uses: uses, memory: memory)
}

/// Loads a module with the usual exports.
func load(_ file: ModuleFile) throws(ModuleError) -> LoadedModule {
  var exports = TestExports()
  return try load(file.bytes, exports: &exports)
}

/// What the loader says against `file`, or nil where it loads.
func refusal(_ file: ModuleFile, exports: TestExports = TestExports()) -> (error: ModuleError, text: String)? {
  var exports = exports
  do {
    _ = try load(file.bytes, exports: &exports)
    return nil
  } catch {
    var text = TextCollector()
    error.describe(to: &text, file: file.bytes.span, resolver: &exports)
    return (error, text.text)
  }
}

extension ModuleRegistry {
  /// A registry with places of its own, which stay until the test program ends.
  init() {
    let places = UnsafeMutablePointer<ModuleSlot>.allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity { (places + index).initialize(to: ModuleSlot()) }
    self.init(storage: places)
  }
}
