import Executables
import Foundation
import Primitives
import Testing

/// Files made by the real compiler and linker, where they are installed.
enum LinkedFiles {
  static func path(of tool: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(tool)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static let toolsArePresent = path(of: "clang") != nil && path(of: "ld.lld") != nil

  struct ToolFailed: Error { var tool: String }

  static func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path(of: tool)))
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ToolFailed(tool: tool) }
  }

  /// Compiles C text for the i386 and links it.
  static func link(_ source: String, compilerFlags: [String] = [], linkerFlags: [String]) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = folder.appendingPathComponent("file.c").path
    let object = folder.appendingPathComponent("file.o").path
    let output = folder.appendingPathComponent("file").path
    try Data(source.utf8).write(to: URL(fileURLWithPath: text))
    try run(
      "clang",
      ["-target", "i686-unknown-none-elf", "-ffreestanding", "-O1", "-c", text, "-o", object] + compilerFlags)
    try run("ld.lld", ["-m", "elf_i386", object, "-o", output] + linkerFlags)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
  }
}

@Suite(.enabled(if: LinkedFiles.toolsArePresent, "clang and ld.lld are not on the PATH"))
struct LinkedProgramTests {
  static let source = """
    int counter = 3; int zeros[5000]; const char *const names[] = {"a", "b"};
    void _start(void) { zeros[counter] = *names[counter & 1]; for (;;); }
    """

  @Test(arguments: [["-z", "separate-code"], ["-z", "noseparate-code"]])
  func aLinkedProgramLoads(flags: [String]) throws {
    let bytes = try LinkedFiles.link(Self.source, linkerFlags: flags)
    let plan = try ProgramPlan(file: bytes.span)
    let code = try #require((0..<plan.table.count).map { plan.table[$0] }.first { $0.purpose == .code })
    #expect(code.contains(plan.entry))
    let data = try #require((0..<plan.table.count).map { plan.table[$0] }.first { $0.memorySize > 20_000 })
    #expect(data.purpose == .data && data.fileSize < 100)
  }

  /// Where a linked file begins on a page, its code and constants need no copy; its variables do.
  @Test(arguments: [["-z", "separate-code"], ["-z", "noseparate-code"]])
  func codeAndConstantsOfALinkedProgramLieInPlace(flags: [String]) throws {
    let bytes = try LinkedFiles.link(Self.source, linkerFlags: flags)
    let table = try ProgramPlan(file: bytes.span).table
    for index in 0..<table.count {
      #expect(table.canLieInPlace(index, fileAddress: 0xc020_0000) == (table[index].purpose != .data))
      #expect(!table.canLieInPlace(index, fileAddress: 0xc020_0004))
    }
  }

  @Test func codeAndDataPackedTogetherAreRefused() throws {
    let bytes = try LinkedFiles.link(Self.source, linkerFlags: ["-N"])
    #expect(throws: ElfError.self) { _ = try ProgramPlan(file: bytes.span) }
  }

  @Test func aPositionIndependentProgramIsRefusedWithAdvice() throws {
    let bytes = try LinkedFiles.link(Self.source, compilerFlags: ["-fPIC"], linkerFlags: ["-pie"])
    do {
      _ = try ProgramPlan(file: bytes.span)
      Issue.record("a position-independent program was accepted")
    } catch {
      #expect(error.rule == .positionIndependentProgram)
    }
  }

  @Test func aSectionOfALinkedProgramIsFound() throws {
    let source = Self.source + "__attribute__((section(\".megha.symbols\"), used)) const char s[] = \"xyz\";"
    let bytes = try LinkedFiles.link(source, linkerFlags: [])
    let found = try #require(section(".megha.symbols", in: bytes))
    #expect(Array(bytes[Int(found.offset)..<Int(found.offset) + Int(found.size)]) == Array("xyz\0".utf8))
  }
}
