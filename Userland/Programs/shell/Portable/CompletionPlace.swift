// Where in a line the cursor stands: which word is being typed, and which command it belongs to.

struct CompletionPlace: Equatable {
  /// Where the word begins in the line.
  var start = 0
  /// The word up to the cursor, without quotes.
  var word: [UInt8] = []
  /// The quote that is open; 0: none.
  var quote: UInt8 = 0
  /// The words of the command in front of this one; none where this one is the command's name.
  var before: [[UInt8]] = []

  /// - Parameter line: up to the cursor.
  init(_ line: [UInt8]) {
    var index = 0
    var isEscaped = false
    var hasWord = false
    while index < line.count {
      let byte = line[index]
      if isEscaped {
        word.append(byte)
        isEscaped = false
      } else if quote != 0 {
        if byte == quote {
          quote = 0
        } else if byte == 0x5c, quote == 0x22 {
          isEscaped = true
        } else {
          word.append(byte)
        }
      } else {
        switch byte {
        case 0x20, 0x09, 0x3b, 0x26, 0x7c, 0x0a, 0x28, 0x29, 0x3c, 0x3e:
          if hasWord { before.append(word) }
          word = []
          hasWord = false
          start = index + 1
          if byte == 0x3b || byte == 0x26 || byte == 0x7c || byte == 0x0a || byte == 0x28 || byte == 0x29 {
            before = []
          }
          if let name = before.last, before.count == 1, Self.isFollowedByCommand(name) { before = [] }
        case 0x22, 0x27:
          quote = byte
          hasWord = true
        case 0x5c:
          isEscaped = true
          hasWord = true
        default:
          word.append(byte)
          hasWord = true
        }
      }
      index += 1
    }
  }

  /// Whether a command follows the word: one of the language, or an assignment.
  private static func isFollowedByCommand(_ word: [UInt8]) -> Bool {
    if let equals = word.firstIndex(of: 0x3d), ShellName.isName([UInt8](word[..<equals])) { return true }
    switch ReservedWord(word) {
    case .ifWord, .then, .elif, .elseWord, .whileWord, .until, .doWord, .open, .not, .time: return true
    default: return false
    }
  }

  var isCommand: Bool { before.isEmpty }

  /// The name of a variable that is being typed, from behind the `$`.
  var variable: (name: [UInt8], start: Int)? {
    guard quote != 0x27, let dollar = word.lastIndex(of: 0x24) else { return nil }
    let name = [UInt8](word[(dollar + 1)...])
    guard name.allSatisfy(ShellName.continues) else { return nil }
    return (name, dollar + 1)
  }
}
