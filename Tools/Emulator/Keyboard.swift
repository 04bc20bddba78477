// Types on the machine's keyboard, through the monitor.

/// Text as the keys that QEMU's monitor presses.
public enum Keyboard {
  /// A key that is pressed and let go, as a command for the monitor.
  public struct Key: Sendable, Equatable {
    let command: String
  }

  /// QEMU's names of the keys that are named after no letter or digit, with what each types alone and with Shift.
  private static let named: [(key: String, alone: Character, shifted: Character)] = [
    ("grave_accent", "`", "~"), ("minus", "-", "_"), ("equal", "=", "+"), ("bracket_left", "[", "{"),
    ("bracket_right", "]", "}"), ("backslash", "\\", "|"), ("semicolon", ";", ":"), ("apostrophe", "'", "\""),
    ("comma", ",", "<"), ("dot", ".", ">"), ("slash", "/", "?"), ("1", "1", "!"), ("2", "2", "@"), ("3", "3", "#"),
    ("4", "4", "$"), ("5", "5", "%"), ("6", "6", "^"), ("7", "7", "&"), ("8", "8", "*"), ("9", "9", "("),
    ("0", "0", ")"),
  ]

  private static let keys: [Character: String] = {
    var keys: [Character: String] = [" ": "spc", "\n": "ret", "\t": "tab"]
    for (key, alone, shifted) in named {
      keys[alone] = key
      keys[shifted] = "shift-\(key)"
    }
    for letter in "abcdefghijklmnopqrstuvwxyz" {
      keys[letter] = String(letter)
      keys[Character(letter.uppercased())] = "shift-\(letter)"
    }
    return keys
  }()

  /// The keys of a US keyboard that type `text`; nil where a character has no key there.
  public static func keys(for text: String) -> [Key]? {
    var pressed: [Key] = []
    for character in text {
      guard let key = keys[character] else { return nil }
      pressed.append(Key(command: "sendkey \(key) 20"))
    }
    return pressed
  }
}
