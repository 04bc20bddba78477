// Short readable names for linker symbols: what a person looks for in a fault report, not what the linker
// needs. One run of `swift-demangle` takes all names.

import Foundation

enum FunctionNames {
  /// The names for `symbols`, in their order.
  static func readable(_ symbols: [String], tools: ToolchainTools) throws -> [String] {
    guard !symbols.isEmpty else { return [] }
    let input = symbols.joined(separator: "\n") + "\n"
    let output = try tools.run("swift-demangle", ["-simplified"], input: [UInt8](input.utf8))
    var names: [String] = []
    forEachLine(of: output) { names.append(shortened(String(decoding: $0, as: UTF8.self))) }
    // A name the demangler could not carry through one to one is worth less than the symbol itself.
    return names.count == symbols.count ? names : symbols
  }

  /// Drops what the compiler did to a function and the types of its closures:
  /// `specialized closure #1 (Int) -> Int32 in static Crash.main(_:)` becomes `closure #1 in Crash.main(_:)`.
  static func shortened(_ name: String) -> String {
    var rest = Substring(name)
    var changed = true
    while changed {
      changed = false
      for prefix in droppedPrefixes where rest.hasPrefix(prefix) {
        rest.removeFirst(prefix.count)
        changed = true
      }
    }
    let pieces = rest.components(separatedBy: " in ").map { piece in
      droppingClosureType(piece.hasPrefix("static ") ? String(piece.dropFirst(7)) : piece)
    }
    let short = droppingGenericParameters(pieces.joined(separator: " in "))
    guard short.count > longest else { return short }
    return short.prefix(longest - 3) + "..."
  }

  private static let longest = 96

  private static let droppedPrefixes = [
    "specialized ", "generic specialization of ", "function signature specialization of ", "merged ",
    "generic not re-abstracted specialized ", "partial apply forwarder for ", "partial apply for ",
    "outlined ", "@nonobjc ", "@objc ", "implicit ",
  ]

  /// `closure #1 (Int) -> Int32` becomes `closure #1`.
  private static func droppingClosureType(_ piece: String) -> String {
    for kind in ["closure #", "implicit closure #"] where piece.hasPrefix(kind) {
      let number = piece.dropFirst(kind.count).prefix { $0.isNumber }
      return kind + number
    }
    return piece
  }

  /// `copy<A, B>(from:)` becomes `copy(from:)`: the letters are the demangler's and say nothing.
  private static func droppingGenericParameters(_ name: String) -> String {
    var result = ""
    var rest = Substring(name)
    while let open = rest.firstIndex(of: "<") {
      result += rest[..<open]
      rest = rest[open...]
      let list = rest.dropFirst().prefix { $0.isUppercase || $0.isNumber || $0 == "," || $0 == " " }
      if list.endIndex < rest.endIndex, rest[list.endIndex] == ">" {
        rest = rest[rest.index(after: list.endIndex)...]
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result + rest
  }
}
