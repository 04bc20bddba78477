// Small helpers that shape text: comments wrapped to the line length of .swift-format, names respelled.

enum TextShaping {
  static let lineLength = 110

  /// `text` broken between words so that no line, with `prefix` before it, is over the line length.
  static func wrapped(_ text: String, prefix: String, continuation: String? = nil) -> String {
    var lines: [String] = []
    var line = prefix
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty && line.count + 1 + word.count > lineLength {
        lines.append(line)
        line = continuation ?? prefix
        isEmpty = true
      }
      line += isEmpty ? String(word) : " " + word
      isEmpty = false
    }
    lines.append(line)
    return lines.joined(separator: "\n") + "\n"
  }

  /// `processStart` as `process_start`; `ring0` stays one word.
  static func snakeCase(_ name: String) -> String {
    var result = ""
    for character in name {
      if character.isUppercase {
        result += "_" + character.lowercased()
      } else {
        result.append(character)
      }
    }
    return result
  }

  static func upperSnakeCase(_ name: String) -> String { snakeCase(name).uppercased() }

  static func capitalized(_ text: String) -> String {
    text.isEmpty ? text : text.prefix(1).uppercased() + text.dropFirst()
  }
}
