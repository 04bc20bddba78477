import Foundation
import Testing

@testable import SymbolTables

/// Modules with instructions that no module may have, compiled and linked here.
@Suite(.enabled(if: (try? ToolchainTools.find()) != nil, "the toolchain's binary tools are missing"))
struct ModuleCodeCheckTests {
  /// Links C text and gives the image to `body`.
  private func withModule<Result>(
    _ text: String, _ flags: [String], _ body: (String, ToolchainTools) throws -> Result
  ) throws -> Result {
    let tools = try ToolchainTools.find()
    let folder = FileManager.default.temporaryDirectory.appending(path: "code-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (source, object) = (folder.appending(path: "m.c").path, folder.appending(path: "m.o").path)
    try Data(text.utf8).write(to: URL(fileURLWithPath: source))
    let target = ["-target", "i686-unknown-none-elf", "-ffreestanding", "-fPIC", "-O1"]
    _ = try tools.run("clang", target + flags + ["-c", source, "-o", object])
    let image = folder.appending(path: "m.so").path
    _ = try tools.run("ld.lld", ["-m", "elf_i386", "-shared", "-Bsymbolic", object, "-o", image])
    return try body(image, tools)
  }

  private func mistake(_ text: String, _ flags: [String]) throws -> ModuleCodeMistake? {
    try withModule(text, flags) { path, tools in
      do {
        try ModuleCodeCheck.run(path: path, tools: tools)
        return nil
      } catch let mistake as ModuleCodeMistake { return mistake }
    }
  }

  private static let scale = "float scale(float value) { return value * 2; }"
  private static let large =
    "extern void use(char *); int table(int n) { char room[100000]; use(room); return room[n]; }"

  @Test func namesFunctionAndInstruction() throws {
    let x87 = try #require(try mistake(Self.scale, ["-mno-sse"]))
    #expect(x87.function == "scale" && x87.rule == .x87 && x87.instruction.hasPrefix("fld"), "\(x87)")
    let vector = try #require(try mistake(Self.scale, ["-msse2"]))
    #expect(vector.function == "scale" && vector.rule == .vector && vector.instruction.contains("%xmm0"), "\(vector)")
    #expect(vector.description.contains("scale: movss"))
  }

  @Test func aLargeFrameNeedsProbes() throws {
    let found = try #require(try mistake(Self.large, []))
    #expect(found.function == "table" && found.rule == .largeStep && found.instruction.hasPrefix("sub"), "\(found)")
    #expect(try mistake(Self.large, ["-Xclang", "-fstack-clash-protection"]) == nil)
  }

  @Test func warnsOfFramesThatNoCallHasRoomFor() throws {
    let flags = ["-Xclang", "-fstack-clash-protection", "-fstack-size-section"]
    let warnings = try withModule(Self.large, flags) { try ModuleCodeCheck.warnings(path: $0, tools: $1) }
    #expect(warnings.count == 1)
    #expect(try #require(warnings.first).contains("table needs 1000"), "\(warnings)")
    let small = "int table(int n) { volatile char room[1000]; room[n] = 1; return room[0]; }"
    #expect(try withModule(small, flags) { try ModuleCodeCheck.warnings(path: $0, tools: $1) }.isEmpty)
  }

  @Test func integersAreGood() throws {
    #expect(try mistake("unsigned scale(unsigned value) { return value * 3 / 7; }", []) == nil)
  }
}
