// Refuses a module whose code the loader would refuse, with the function and the instruction in words.

import Executables
import Foundation

/// An instruction that no module may have.
public struct ModuleCodeMistake: Error, Equatable, CustomStringConvertible {
  public let path: String
  public let function: String
  public let instruction: String
  public let rule: CodeRule

  public var description: String { "\(path): \(function): \(instruction) \(rule.sentence)" }
}

public enum ModuleCodeCheck {
  /// Goes through the code of the linked module at `path`, which has its symbols still.
  /// - Throws: `ModuleCodeMistake` for the first instruction that no module may have.
  public static func run(path: String, tools: ToolchainTools? = nil) throws {
    for segment in try ElfImage(path: path).codeSegments {
      guard let mistake = CodeMistake.first(in: segment.bytes.span) else { continue }
      let tools = try tools ?? ToolchainTools.find()
      let address = segment.address + UInt32(mistake.offset)
      let functions = try CodeImage.functions(of: path, tools: tools)
      let function = functions.last { $0.address <= address && address - $0.address < $0.size }
      throw ModuleCodeMistake(
        path: path, function: function?.name ?? "0x" + String(address, radix: 16),
        instruction: try text(at: address, length: mistake.length, of: path, tools), rule: mistake.rule)
    }
  }

  /// A sentence for each function of the linked module at `path` whose frame no call has room for. It is no mistake, since the
  /// same sources may serve as a program.
  public static func warnings(path: String, tools: ToolchainTools? = nil) throws -> [String] {
    let large = frames(in: try ElfImage(path: path).stackSizes).filter { $0.size > ModuleStackLimits.size }
    guard !large.isEmpty else { return [] }
    let functions = try CodeImage.functions(of: path, tools: tools)
    return large.map { frame in
      let name = functions.first { $0.address == frame.address }?.name ?? "0x" + String(frame.address, radix: 16)
      return "\(path): \(name) needs \(frame.size) bytes of stack; a call into a module has \(ModuleStackLimits.size)"
    }
  }

  static func frames(in section: [UInt8]) -> [(address: UInt32, size: UInt32)] {
    var frames: [(address: UInt32, size: UInt32)] = []
    var bytes = section[...]
    while bytes.count > 4 {
      let address = bytes.prefix(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      let length = 1 + bytes.dropFirst(4).prefix { $0 & 0x80 != 0 }.count
      let digits = bytes.dropFirst(4).prefix(length).reversed()
      frames.append((address, digits.reduce(0 as UInt32) { $0 << 7 | UInt32($1 & 0x7f) }))
      bytes = bytes.dropFirst(4 + length)
    }
    return frames
  }

  /// The instruction as the disassembler writes it.
  private static func text(at address: UInt32, length: Int, of path: String, _ tools: ToolchainTools) throws -> String {
    let output = try tools.run(
      "llvm-objdump",
      [
        "-d", "--no-show-raw-insn", "--start-address=\(address)", "--stop-address=\(address + UInt32(length))", path,
      ])
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    let words = lines.last.map { $0.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst() } ?? []
    return words.joined(separator: " ")
  }
}
