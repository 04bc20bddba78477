// What a build says while it goes on, so that nobody takes it for stuck: in place on a terminal, else now and then a line.
// One that ends at once says nothing.

/// The words of one build.
public struct BuildProgress: Sendable {
  private let isTerminal: Bool
  /// After how many seconds something is said again.
  private var interval: Int { isTerminal ? 1 : 5 }
  private var lastSaid = 0
  private var step = ""
  private var done = 0
  private var total = 0

  public init(isTerminal: Bool) { self.isTerminal = isTerminal }

  /// Has ninja begin the lines of steps that have ended as the Swift package manager does.
  public static let environment = ["NINJA_STATUS": "[%f/%t] "]

  /// Takes a line of output: `[3/20] what was done`. False where it is something else, to be shown when the build fails.
  public mutating func take(_ line: String) -> Bool {
    guard let match = line.prefixMatch(of: #/\[(\d+)/(\d+)\] /#), let done = Int(match.1), let total = Int(match.2)
    else {
      return false
    }
    (step, self.done, self.total) = (line, done, total)
    return true
  }

  /// What is to be written after so many seconds; nil: nothing.
  public mutating func text(after seconds: Int) -> String? {
    guard seconds - lastSaid >= interval else { return nil }
    lastSaid = seconds
    let text =
      "megha: building" + (step.isEmpty ? "" : ": \(step.prefix(60))") + " (\(seconds) s\(estimate(after: seconds)))"
    return isTerminal ? "\r\u{1b}[K\(text)" : text + "\n"
  }

  /// How long it takes until all is done, when the first steps have shown how long one takes.
  private func estimate(after seconds: Int) -> String {
    guard seconds >= 10, done > 0, done < total, total <= 1 << 20 else { return "" }
    return ", about \(seconds * (total - done) / done) s more"
  }

  /// What clears the line at the end.
  public var ending: String { isTerminal && lastSaid > 0 ? "\r\u{1b}[K" : "" }
}
