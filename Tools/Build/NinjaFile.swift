// Writes the file that ninja reads. Only what Megha needs of its language: rules, build lines, variables.

/// A ninja file in the making.
public struct NinjaFile: Sendable {
  public private(set) var text = ""

  public init(comment: String) { text = "# \(comment)\n" }

  public mutating func variable(_ name: String, _ value: String) { text += "\(name) = \(value)\n" }

  /// - Parameter keepsUnchanged: the command leaves an output alone that would not change, and what depends on
  ///   it is then not built again.
  public mutating func rule(
    _ name: String, command: String, description: String, keepsUnchanged: Bool = false
  ) {
    text += "\nrule \(name)\n  command = \(command)\n  description = \(description)\n"
    if keepsUnchanged { text += "  restat = 1\n" }
  }

  /// - Parameter implicit: files whose change means the outputs are out of date, beside the inputs.
  public mutating func build(
    _ outputs: [String], rule: String, inputs: [String] = [], implicit: [String] = [],
    variables: KeyValuePairs<String, String> = [:]
  ) {
    text += "\nbuild \(outputs.map(Self.escaped).joined(separator: " ")): \(rule)"
    if !inputs.isEmpty { text += " " + inputs.map(Self.escaped).joined(separator: " ") }
    if !implicit.isEmpty { text += " | " + implicit.map(Self.escaped).joined(separator: " ") }
    text += "\n"
    for (name, value) in variables { text += "  \(name) = \(value)\n" }
  }

  public mutating func defaults(_ targets: [String]) {
    text += "\ndefault \(targets.map(Self.escaped).joined(separator: " "))\n"
  }

  /// A path as ninja reads it.
  static func escaped(_ path: String) -> String {
    var result = ""
    for character in path {
      if character == " " || character == ":" || character == "$" { result.append("$") }
      result.append(character)
    }
    return result
  }

  /// A word as the shell reads it, inside a command.
  static func quoted(_ word: String) -> String { shellQuoted(word).replacing("$", with: "$$") }

  /// A word as the shell reads it.
  public static func shellQuoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=+,:@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
