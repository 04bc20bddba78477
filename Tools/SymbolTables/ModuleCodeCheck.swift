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
