// Cases for the debugger: commands of GDB in a file of Tests/Guest/Debugger, whose comments say what machine they are for
// and what GDB must then print. GDB passes the comments over, so that a file can also be given to it by hand.
//
//   # program: a program whose symbols are kept
//   # script:  commands for the shell
//   # machine: options as `megha debug` takes them
//   # expect:  a regular expression; all are found in GDB's output, in the order given
//   # forbid:  a regular expression that is not found

public struct DebuggerCase: Sendable, Equatable {
  public let name: String
  public private(set) var program: String?
  public private(set) var script = ""
  public private(set) var machine: [String] = []
  public private(set) var commands: [String] = []
  private var expectations: [String] = []
  private var forbidden: [String] = []

  public init(_ text: String, name: String) throws(GuestCaseMistake) {
    self.name = name
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard line.hasPrefix("#") else {
        if !line.isEmpty { commands.append(String(line)) }
        continue
      }
      let words = line.dropFirst().split(separator: ":", maxSplits: 1)
      guard words.count == 2 else { continue }
      let value = String(words[1].drop { $0 == " " })
      switch words[0].drop(while: { $0 == " " }) {
      case "program": program = value
      case "script": script = value
      case "machine": machine = value.split(separator: " ").map(String.init)
      case "expect", "forbid":
        guard (try? Regex(value)) != nil else {
          throw GuestCaseMistake(group: "Debugger/\(name)", line: index + 1, what: "\(value) is no regular expression")
        }
        if words[0].hasSuffix("expect") { expectations.append(value) } else { forbidden.append(value) }
      // A sentence with a colon in it.
      default: continue
      }
    }
    guard !commands.isEmpty, !expectations.isEmpty else {
      throw GuestCaseMistake(group: "Debugger/\(name)", line: 1, what: "there are no commands, or nothing is expected")
    }
  }

  /// What is wrong with what GDB printed, as sentences; empty where all is as expected.
  public func judge(_ output: String) -> [String] {
    var rest = output[...]
    for expectation in expectations {
      // Compiled once already, when the case was read.
      guard let regex = try? Regex(expectation).anchorsMatchLineEndings() else { continue }
      guard let match = rest.firstMatch(of: regex) else {
        return ["not found, after what was expected before it: \(expectation)"]
      }
      rest = rest[match.range.upperBound...]
    }
    return forbidden.compactMap { pattern in
      guard let regex = try? Regex(pattern).anchorsMatchLineEndings(), let match = output.firstMatch(of: regex) else {
        return nil
      }
      return "forbidden, but there: \(output[match.range])"
    }
  }
}
