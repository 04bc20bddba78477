import Executables
import Foundation
import ModuleCases
import Modules
import Primitives
import TestSupport
import Testing

/// Modules made by the real compilers and linker, where they are installed.
enum LinkedModule {
  static func path(of tool: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(tool)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static let toolsArePresent = ["clang", "ld.lld", "swiftc"].allSatisfy { path(of: $0) != nil }

  /// What every module links with.
  static let usualFlags = [
    "-shared", "-Bsymbolic", "--gc-sections", "-z", "separate-code", "-e", "demo_start",
  ]

  /// A module's manifest and its C code: initializers, a weak name, an imported one, a table of pointers.
  static let manifest = """
    struct module { unsigned magic, layout; const char *name, *version; unsigned build[2];
      int (*start)(void); void (*stop)(void); const char *const *needs; const void *parameters, *services; };
    extern int demo_start(void); extern void demo_stop(void);
    __attribute__((section(".megha.module"), used)) const struct module megha_module = { 0x4d48474d, 1,
      "demo", "1.0", { 0x11112222, 0x33334444 }, demo_start, demo_stop, 0, 0, 0 };
    """
  static let code = """
    extern int kprint(const char *); __attribute__((weak)) extern int maybe(void);
    int counter = 3; volatile int zeros[2000]; static int twice(int n) { return 2 * n; }
    int thrice(int n) { return 3 * n; }
    int (*const functions[])(int) = { twice, thrice };
    const char *const names[] = { "a", "b" };
    __attribute__((constructor)) static void prepare(void) { zeros[3] = 5; }
    int demo_start(void) {
      if (maybe) maybe();
      return kprint(names[counter & 1]) + functions[counter & 1](counter);
    }
    void demo_stop(void) { zeros[1] = thrice(2); }
    """

  private static func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(of: tool)))
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(tool) failed")
  }

  /// Compiles C text, and Swift text where there is some, and gives the objects to the linker.
  static func link(
    c: String, swift: String? = nil, compilerFlags: [String] = ["-fPIC"], linkerFlags: [String] = usualFlags
  ) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
    var objects = [file("c.o")]
    try Data(c.utf8).write(to: URL(fileURLWithPath: file("c.c")))
    let target = ["-target", "i686-unknown-none-elf"]
    try run(
      "clang", target + ["-ffreestanding", "-O1", "-c", file("c.c"), "-o", file("c.o")] + compilerFlags)
    if let swift {
      objects.append(file("s.o"))
      try Data(swift.utf8).write(to: URL(fileURLWithPath: file("s.swift")))
      try run(
        "swiftc",
        target + [
          "-enable-experimental-feature", "Embedded", "-enable-experimental-feature", "Extern", "-wmo", "-O",
          "-parse-as-library", "-swift-version", "6", "-Xfrontend", "-function-sections", "-Xfrontend",
          "-disable-stack-protector", "-c", file("s.swift"), "-o", file("s.o"),
        ])
    }
    try run("ld.lld", ["-m", "elf_i386", "-o", file("module")] + objects + linkerFlags)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file("module"))))
  }
}

@Suite(.enabled(if: LinkedModule.toolsArePresent, "clang, ld.lld and swiftc are not all on the PATH"))
struct LinkedModuleTests {
  static let base: UInt32 = 0xf004_0000

  /// The words of `memory` that hold `value`.
  func count(of value: UInt32, in memory: TestMemory) -> Int {
    stride(from: 0, to: memory.bytes.count, by: 4).count { memory.word($0) == value }
  }

  func words(against bytes: [UInt8]) -> String {
    var file = ModuleFile()
    file.bytes = bytes
    return refusal(file)?.text ?? ""
  }

  @Test(
    arguments: [
      [], ["--hash-style=gnu"], ["--hash-style=sysv"], ["-s"], ["-z", "noseparate-code"], ["-z", "norelro"],
      ["-z", "now"],
    ])
  func aModuleInCLoads(flags: [String]) throws {
    let bytes = try LinkedModule.link(
      c: LinkedModule.manifest + LinkedModule.code, linkerFlags: LinkedModule.usualFlags + flags)
    var exports = TestExports()
    let loaded = try load(bytes, exports: &exports, base: Self.base)
    let (plan, memory) = (loaded.plan, loaded.memory)
    #expect(!memory.wroteOutside)
    #expect(plan.manifest.name.string == "demo")
    #expect(count(of: 0xc010_0040, in: memory) == 1, "the imported function's slot")
    func find(_ name: String) throws -> UInt32 {
      let address = plan.exports.find(Array(name.utf8).span, in: memory.bytes.span, base: Self.base)
      return try #require(address)
    }
    let functions = Int(try find("functions") - Self.base)
    #expect(memory.word(functions + 4) == (try find("thrice")))
    #expect(
      plan.permissions(ofPage: (memory.word(functions) - Self.base) & ~4095) == [.readable, .executable])
    let names = Int(try find("names") - Self.base)
    #expect(memory.bytes[Int(memory.word(names + 4) - Self.base)] == UInt8(ascii: "b"))
    #expect(try find("demo_start") == Self.base + plan.manifest.start)
    #expect(plan.initializerCount == 1)
  }

  @Test func aModuleInSwiftLoads() throws {
    let swift = """
      @_extern(c) func kprint(_ text: UnsafePointer<CChar>) -> Int32
      @c(demo_start) public func start() -> Int32 { numbers.withUnsafePointer { kprint($0) } }
      @c(demo_stop) public func stop() {}
      struct Numbers {
        var text: StaticString
        func withUnsafePointer(_ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
          text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount + 1) { body($0) }
        }
      }
      let numbers = Numbers(text: "hello")
      """
    let bytes = try LinkedModule.link(c: LinkedModule.manifest, swift: swift)
    // What the runtime library inside a Swift module asks of the kernel.
    #expect(words(against: bytes) == "3 names are exported by nobody: posix_memalign, free, memset")
    var exports = TestExports()
    for name in ["posix_memalign", "free", "memset"] { exports.addresses[name] = 0xc010_0100 }
    let loaded = try load(bytes, exports: &exports, base: Self.base)
    #expect(!loaded.memory.wroteOutside)
    #expect(count(of: 0xc010_0040, in: loaded.memory) == 1)
    #expect(loaded.plan.pageCount <= 8)
  }

  @Test("B4: a missing import is named") func missingImport() throws {
    let code = LinkedModule.code.replacingOccurrences(of: "kprint", with: "kprintf_like_thing")
    let bytes = try LinkedModule.link(c: LinkedModule.manifest + code)
    #expect(words(against: bytes) == "1 name is exported by nobody: kprintf_like_thing")
  }

  @Test("B4: of many missing imports 32 are named and all are counted") func manyMissingImports() throws {
    let calls = (0..<40).map { "extern void f\($0)(void); void g\($0)(void) { f\($0)(); }" }
    let bytes = try LinkedModule.link(
      c: LinkedModule.manifest + LinkedModule.code + calls.joined(separator: "\n"))
    let words = words(against: bytes)
    #expect(words.hasPrefix("40 names are exported by nobody: ") && words.hasSuffix(", ..."), "\(words)")
    #expect(words.split(separator: ",").count == 33)
  }

  @Test("B1: an object file is refused with the way to link it") func objectFile() throws {
    let bytes = try LinkedModule.link(c: LinkedModule.manifest + LinkedModule.code, linkerFlags: ["-r"])
    #expect(words(against: bytes).contains("ld.lld -m elf_i386 -shared -Bsymbolic"))
  }

  @Test("B2: code that is not position-independent is refused") func textRelocations() throws {
    let bytes = try LinkedModule.link(
      c: LinkedModule.manifest + LinkedModule.code, compilerFlags: ["-fno-pic"],
      linkerFlags: LinkedModule.usualFlags + ["-z", "notext"])
    #expect(words(against: bytes).contains("compile it position-independent"))
  }

  @Test("B18: packed relocations are refused") func packedRelocations() throws {
    let bytes = try LinkedModule.link(
      c: LinkedModule.manifest + LinkedModule.code,
      linkerFlags: LinkedModule.usualFlags + ["--pack-dyn-relocs=relr"])
    #expect(words(against: bytes).contains("packed relocations are not supported"))
  }

  @Test func threadLocalDataIsRefused() throws {
    let code = LinkedModule.code + "__thread int own = 3; int *own_place(void) { return &own; }"
    let bytes = try LinkedModule.link(c: LinkedModule.manifest + code)
    #expect(words(against: bytes).contains("a module cannot have thread-local data"))
  }

  @Test("B32: names of the module itself resolve without -Bsymbolic too") func ownNames() throws {
    let flags = LinkedModule.usualFlags.filter { $0 != "-Bsymbolic" }
    let bytes = try LinkedModule.link(c: LinkedModule.manifest + LinkedModule.code, linkerFlags: flags)
    let words = words(against: bytes)
    #expect(words == "" || words.contains("the start function is 0x0"), "\(words)")
  }
}
