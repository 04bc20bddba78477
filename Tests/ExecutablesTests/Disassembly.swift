import Executables
import Foundation
import Testing

/// What the toolchain's disassembler says of the code of a linked image.
struct Disassembly {
  struct Line {
    let bytes: [UInt8]
    let text: String
    let registers: Instruction.Registers
  }

  /// The disassembler beside the `swiftc` that the search path names.
  private static func tool() throws -> URL {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let compiler = try #require(
      folders.map { URL(fileURLWithPath: "\($0)/swiftc") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) })
    return compiler.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "llvm-objdump")
  }

  /// The prefixes that the disassembler writes on lines of their own.
  private static let prefixes: Set<String> = ["lock", "rep", "repne", "data16"]

  /// A line for each instruction of the image at `path`.
  static func lines(of path: String) throws -> [Line] {
    let output = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = try tool()
    process.arguments = ["-d", path]
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    var lines: [Line] = []
    var prefix: [UInt8] = []
    for line in try Data(contentsOf: output).split(separator: UInt8(ascii: "\n")).compactMap(line) {
      if prefixes.contains(line.text) {
        prefix += line.bytes
      } else {
        lines.append(Line(bytes: prefix + line.bytes, text: line.text, registers: line.registers))
        prefix = []
      }
    }
    return lines
  }

  /// `  401000: 8b 45 08                      \tmovl\t0x8(%ebp), %eax`
  private static func line(_ line: Data) -> Line? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let tab = line.firstIndex(of: 9), colon < tab else {
      return nil
    }
    let bytes = line[(colon + 1)..<tab].split(separator: UInt8(ascii: " ")).compactMap {
      UInt8(String(decoding: $0, as: UTF8.self), radix: 16)
    }
    guard !bytes.isEmpty else { return nil }
    let text = String(decoding: line[(tab + 1)...], as: UTF8.self)
    return Line(bytes: bytes, text: text, registers: registers(of: text))
  }

  private static func registers(of text: String) -> Instruction.Registers {
    if text.contains("%xmm") || text.contains("%mm") { return .vector }
    let mnemonic = text.prefix { $0 != "\t" && $0 != " " }
    let saving = ["fxsave", "fxrstor", "ldmxcsr", "stmxcsr", "emms"]
    if saving.contains(String(mnemonic)) { return .vector }
    // All of x87 begins with F; nothing else does.
    return mnemonic.first == "f" || mnemonic == "wait" ? .x87 : .general
  }
}
