// Guest cases: what is booted, what the shell is told, and what must then be seen. They are written as text, in
// Tests/Guest; this file reads them and judges a run.
//
// A file holds cases separated by blank lines; a line is `key: value`, and `#` starts a line of comment.
//   case:    its name
//   script:  commands for the shell; several lines are joined
//   machine: options as `megha run` takes them: --ram, --cpu, --machine, --firmware, --without, --append ...
//   sizes:   sizes of memory at which the case runs too, each as a case of its own
//   add:     a file of the tree for /extra
//   linux:   a program of Linux's for /extra: one of Tests/Guest/Linux, or busybox
//   ext2:    the size of a disk with ext2, and options for mke2fs; e2fsck finds nothing wrong with it afterwards
//   holds:   a path on that disk, and a regular expression that its contents fit
//   status:  the exit status that is expected; 0 where it is not given
//   timeout: seconds; 60 where it is not given
//   expect:  a regular expression; all are found in the console's output, in the order given
//   forbid:  a regular expression that is not found
//   modules: refused; the script loads each module file that must be refused, and the words that refuse it are
//            expected before all others
//   needs:   a program of the tree; while it does not exist, the case is skipped
//   apart:   yes: runs in real time and alone, not counting instructions
//   after:   a regular expression: what the next `type` says is typed when the console shows it; at once where it is empty
//   screen:  a regular expression that the machine's screen shows, before anything is typed
//   paste:   a number, and a line that is sent to the serial port so many times at once, # being the time and ^] a key
//   type:    keys for the machine's keyboard; \n is Enter
//   monitor: a command for QEMU's monitor, given after what was typed

import Emulator

/// One case.
public struct GuestCase: Sendable {
  public var name = ""
  /// The file it came from, without folder and extension.
  public var group = ""
  public var script: [String] = []
  public var machine: [String] = []
  public var sizes: [MemorySize] = []
  public var added: [String] = []
  public var linuxPrograms: [String] = []
  /// What the disk is made with; empty: it is the usual one.
  public var ext2: [String] = []
  public var held: [(path: String, pattern: String)] = []
  public var status: Int32 = 0
  public var timeout = 60
  public var expectations: [String] = []
  public var forbidden: [String] = []
  public var programs: [String] = []
  public var runsApart = false
  public var loadsRefusedModules = false
  public var typing: [Typing] = []

  /// Keys and commands for the monitor, and what the console shows before they are given.
  public struct Typing: Sendable, Equatable {
    public let after: String
    public fileprivate(set) var screens: [String] = []
    public fileprivate(set) var pasted = ""
    public fileprivate(set) var text = ""
    public fileprivate(set) var commands: [String] = []
  }

  public var fullName: String { "\(group): \(name)" }

  /// Reads all cases of a file.
  public static func parse(_ text: String, group: String) throws(GuestCaseMistake) -> [GuestCase] {
    var cases: [GuestCase] = []
    var current: GuestCase?
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.trimmed
      if line.hasPrefix("#") { continue }
      if line.isEmpty {
        if let finished = current { cases.append(finished) }
        current = nil
        continue
      }
      guard let colon = line.firstIndex(of: ":") else {
        throw GuestCaseMistake(group: group, line: index + 1, what: "there is no colon after the key")
      }
      let key = line[..<colon]
      let value = String(line[line.index(after: colon)...].trimmed)
      var edited = current ?? GuestCase(group: group)
      guard edited.set(String(key), value) else {
        throw GuestCaseMistake(
          group: group, line: index + 1, what: "\"\(line)\" says nothing that a case knows")
      }
      guard !edited.name.isEmpty else {
        throw GuestCaseMistake(group: group, line: index + 1, what: "a case begins with its name")
      }
      current = edited
    }
    if let finished = current { cases.append(finished) }
    return cases
  }

  init(name: String = "", group: String) {
    self.name = name
    self.group = group
  }

  /// Takes one line; false where the key or the value is none.
  private mutating func set(_ key: String, _ value: String) -> Bool {
    switch key {
    case "case": name = value
    case "script": script.append(value)
    case "machine": machine += value.split(separator: " ").map(String.init)
    case "sizes":
      let words = value.split(separator: " ")
      sizes = words.compactMap { MemorySize(String($0)) }
      return !sizes.isEmpty && sizes.count == words.count
    case "add": added.append(value)
    case "linux": linuxPrograms.append(value)
    case "ext2": ext2 = value.split(separator: " ").map(String.init)
    case "holds":
      let words = value.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2, (try? Regex(words[1])) != nil else { return false }
      held.append((words[0], words[1]))
    case "expect", "forbid":
      guard (try? Regex(value)) != nil else { return false }
      if key == "expect" { expectations.append(value) } else { forbidden.append(value) }
    case "needs": programs.append(value)
    case "modules":
      guard value == "refused" else { return false }
      loadsRefusedModules = true
    case "apart": runsApart = value == "yes"
    case "after":
      guard (try? Regex(value)) != nil else { return false }
      typing.append(Typing(after: value))
    case "screen":
      guard (try? Regex(value)) != nil, let last = typing.indices.last else { return false }
      typing[last].screens.append(value)
    case "paste":
      let words = value.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let count = Int(words[0]), count > 0, let last = typing.indices.last else { return false }
      typing[last].pasted += (1...count).map {
        words[1].replacing("#", with: "\($0)").replacing("^]", with: "\u{1d}") + "\n"
      }.joined()
    case "type":
      guard let last = typing.indices.last else { return false }
      typing[last].text += value.replacing("\\n", with: "\n")
    case "monitor":
      guard let last = typing.indices.last else { return false }
      typing[last].commands.append(value)
    case "status":
      guard let number = Int32(value) else { return false }
      status = number
    case "timeout":
      guard let number = Int(value), number > 0 else { return false }
      timeout = number
    default: return false
    }
    return true
  }

  /// The case itself, and one more for each of its further sizes. With `size` there is one only, of that size, unless the
  /// case is about a size of its own.
  public func variants(size: MemorySize?) -> [GuestCase] {
    if let size { return [machine.contains("--ram") ? self : of(size)] }
    return [self] + sizes.map(of)
  }

  private func of(_ size: MemorySize) -> GuestCase {
    var result = self
    result.name += ", \(size) of memory"
    result.machine += ["--ram", "\(size.mebibytes)M"]
    // What takes all memory has more to do.
    result.timeout *= 3
    return result
  }

  /// Has the script first load files of /extra, each of which must be refused with its words.
  public mutating func load(refused modules: [(file: String, words: String)]) {
    script = modules.map { "insmod /extra/\($0.file)" } + script
    expectations =
      modules.map { module in
        let escaped = module.words.map { $0.isLetter || $0.isNumber || $0 == " " || $0 == "_" ? "\($0)" : "\\\($0)" }
        return "shell: /extra/\(module.file) was not loaded: .*\(escaped.joined())"
      } + expectations
  }

  /// What is wrong with a run, as sentences; empty where all is as expected.
  /// - Parameter screens: the expressions of `screen` that the screen showed.
  public func judge(console: String, outcome: Outcome, screens: [String] = []) -> [String] {
    var complaints = typing.flatMap { $0.screens }.filter { !screens.contains($0) }
      .map { "the screen did not show: \($0)" }
    if outcome.exitStatus != status {
      complaints.append("the exit status is \(outcome.exitStatus), not \(status): \(outcome)")
    }
    var rest = console[...]
    for expectation in expectations {
      // Both were compiled once already, when the case was read.
      guard let regex = try? Regex(expectation).anchorsMatchLineEndings() else { continue }
      if let match = rest.firstMatch(of: regex) {
        rest = rest[match.range.upperBound...]
      } else {
        let place = expectation == expectations.first ? "" : ", after what was expected before it"
        complaints.append("not found\(place): \(expectation)")
        break
      }
    }
    for pattern in forbidden {
      guard let regex = try? Regex(pattern).anchorsMatchLineEndings() else { continue }
      if let match = console.firstMatch(of: regex) {
        complaints.append("forbidden, but there: \(console[match.range])")
      }
    }
    return complaints
  }
}

/// A file of cases that cannot be read.
public struct GuestCaseMistake: Error, Equatable, CustomStringConvertible {
  public let group: String
  public let line: Int
  public let what: String
  public var description: String { "Tests/Guest/\(group).txt, line \(line): \(what)." }
}

extension StringProtocol {
  fileprivate var trimmed: SubSequence {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
    while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
    return text
  }
}
