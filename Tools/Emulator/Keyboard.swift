// Types on the machine's keyboard, through the monitor.

/// Text as the keys that QEMU's monitor presses.
public enum Keyboard {
  /// A key that is pressed and let go, as a command for the monitor.
  public struct Key: Sendable, Equatable {
    let command: String
  }

  private static let named: [Character: String] = [
    " ": "spc", "\n": "ret", "-": "minus", ".": "dot", "/": "slash", ";": "semicolon", ",": "comma",
    "=": "equal", "'": "apostrophe", "\t": "tab", "\\": "backslash", "[": "bracket_left",
    "]": "bracket_right", "_": "shift-minus", ":": "shift-semicolon", "\"": "shift-apostrophe",
    "?": "shift-slash", "+": "shift-equal", "|": "shift-backslash", "!": "shift-1", "<": "shift-comma",
    ">": "shift-dot",
  ]

  /// The keys of a US keyboard that type `text`; nil where a character has no key there.
  public static func keys(for text: String) -> [Key]? {
    var keys: [Key] = []
    for character in text {
      let key: String
      if let name = named[character] {
        key = name
      } else if character.isASCII, character.isLetter || character.isNumber {
        key = character.isUppercase ? "shift-\(character.lowercased())" : String(character)
      } else {
        return nil
      }
      keys.append(Key(command: "sendkey \(key) 20"))
    }
    return keys
  }
}
