// What the compiler's debug information says about addresses, asked of `llvm-symbolizer` in one batch: it
// knows DWARF 4 and 5, inlined calls included.

import Foundation

/// One source position of an address: the instruction's own first, then the calls it was inlined into.
struct SourceFrame: Equatable {
  /// Mangled; empty where functions were not asked for.
  var function: String
  /// As the compiler was given it; empty where not known.
  var file: String
  /// 0 where not known: code without a source line, such as what the compiler made up.
  var line: UInt32
  /// Counted from 1; 0 where it was not asked for.
  var column: UInt32 = 0

  var hasLine: Bool { line != 0 && !file.isEmpty }
}

struct Symbolizer {
  let tools: ToolchainTools
  let elf: String

  /// Each address's innermost position that has a line, in the order of `addresses`.
  func lines(of addresses: [UInt32]) throws -> [SourceFrame?] {
    let output = try run(addresses, functions: false)
    var result: [SourceFrame?] = []
    result.reserveCapacity(addresses.count)
    var current: SourceFrame?
    // Neighbours mostly share their line, so the text seen last is parsed once.
    var lastText: [UInt8] = []
    var lastFrame: SourceFrame?
    forEachLine(of: output) { text in
      if text.isEmpty {
        result.append(current)
        current = nil
      } else if current == nil {
        if !isEqual(text, lastText) {
          lastText = [UInt8](text)
          let frame = Self.position(of: text, function: "")
          lastFrame = frame.hasLine ? frame : nil
        }
        current = lastFrame
      }
    }
    return result
  }

  /// All positions of each address, innermost first.
  func frames(of addresses: [UInt32]) throws -> [[SourceFrame]] {
    let output = try run(addresses, functions: true)
    var result: [[SourceFrame]] = []
    var current: [SourceFrame] = []
    var function: String?
    forEachLine(of: output) { text in
      if text.isEmpty {
        result.append(current)
        current = []
        function = nil
      } else if let name = function {
        current.append(Self.position(of: text, function: name, withColumn: true))
        function = nil
      } else {
        function = String(decoding: text, as: UTF8.self)
      }
    }
    return result
  }

  private func run(_ addresses: [UInt32], functions: Bool) throws -> [UInt8] {
    guard !addresses.isEmpty else { return [] }
    let digits = Array("0123456789abcdef".utf8)
    // Ten characters and the line's end for each.
    let input = [UInt8](unsafeUninitializedCapacity: addresses.count * 11) { buffer, count in
      for address in addresses {
        buffer[count] = 0x30
        buffer[count + 1] = 0x78
        for position in 0..<8 {
          buffer[count + 2 + position] = digits[Int(address >> (28 - 4 * position)) & 15]
        }
        buffer[count + 10] = 0x0a
        count += 11
      }
    }
    return try tools.run(
      "llvm-symbolizer",
      [
        "--obj=\(elf)", "--inlines", "--no-demangle", "--output-style=LLVM",
        functions ? "--functions=linkage" : "--functions=none",
      ], input: input)
  }

  /// Takes `file:line:column` apart; a file's name may hold colons itself.
  private static func position(
    of text: UnsafeRawBufferPointer, function: String, withColumn: Bool = false
  ) -> SourceFrame {
    let whole = String(decoding: text, as: UTF8.self)
    let parts = whole.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, let line = UInt32(parts[parts.count - 2]) else {
      return SourceFrame(function: function, file: "", line: 0)
    }
    let file = parts[..<(parts.count - 2)].joined(separator: ":")
    let isKnown = file != "??" && !file.hasSuffix("<compiler-generated>")
    let column = withColumn ? UInt32(parts[parts.count - 1]) ?? 0 : 0
    return SourceFrame(function: function, file: isKnown ? file : "", line: isKnown ? line : 0, column: column)
  }
}
