// The examples of README.md and of docs: each ```console block is run, so that none of them is ever wrong.
//
// A line that begins with `$ ` is a command, given to sh in the root of the tree; the lines after it are what it
// prints: each is found in its output, in that order, and `...` stands for anything. The words after `console`
// change that: `status=1` the status that is expected, `stdin="exit 0"` a line that is typed after the system
// has started, `skip="why"` not run.

public struct DocumentBlock: Sendable, Equatable {
  public struct Command: Sendable, Equatable {
    public let text: String
    public internal(set) var expected: [String] = []
  }

  public private(set) var file: String
  public private(set) var line: Int
  public private(set) var commands: [Command] = []
  public private(set) var status: Int32 = 0
  public private(set) var input: String?
  public private(set) var reasonToSkip: String?

  /// The blocks of a document.
  public static func parse(_ text: String, file: String) -> [DocumentBlock] {
    var blocks: [DocumentBlock] = []
    var current: DocumentBlock?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let block = current {
        if line.hasPrefix("```") {
          blocks.append(block)
          current = nil
        } else {
          current?.take(line)
        }
      } else if line.hasPrefix("```console") {
        current = DocumentBlock(file: file, line: index + 1, information: line.dropFirst("```console".count))
      }
    }
    return blocks
  }

  private init(file: String, line: Int, information: Substring) {
    self.file = file
    self.line = line
    status = Self.value(of: "status", in: information).flatMap { Int32($0) } ?? 0
    input = Self.value(of: "stdin", in: information)
    reasonToSkip = Self.value(of: "skip", in: information)
  }

  /// The value in `key=value` or `key="several words"`.
  private static func value(of key: String, in information: Substring) -> String? {
    guard let start = information.firstRange(of: " \(key)=")?.upperBound else { return nil }
    let rest = information[start...]
    if rest.first == "\"" { return String(rest.dropFirst().prefix { $0 != "\"" }) }
    return String(rest.prefix { $0 != " " })
  }

  private mutating func take(_ line: Substring) {
    if line.hasPrefix("$ ") {
      commands.append(Command(text: String(line.dropFirst(2))))
    } else if !commands.isEmpty {
      commands[commands.count - 1].expected.append(String(line))
    }
  }

  /// The first expected line that the output does not have in its place; nil where all are there.
  public static func missing(from output: String, expected: [String]) -> String? {
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false)[...]
    for line in expected {
      let wanted = line.trimmedEnd
      if wanted.isEmpty || wanted == "..." { continue }
      guard let position = lines.firstIndex(where: { matches($0.trimmedEnd, pattern: wanted) }) else {
        return line
      }
      lines = lines[(position + 1)...]
    }
    return nil
  }

  /// Whether `text` is `pattern`, in which `...` stands for anything.
  public static func matches(_ text: String, pattern: String) -> Bool {
    let pieces = pattern.split(separator: "...", omittingEmptySubsequences: false)
    guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return text == pattern }
    guard text.hasPrefix(first), text.count >= first.count + last.count, text.hasSuffix(last) else {
      return false
    }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let range = rest.firstRange(of: piece) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}

extension StringProtocol {
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}
