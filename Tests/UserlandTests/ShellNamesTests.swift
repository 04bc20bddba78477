// What the shell makes of names: completion, guesses, jobs, help.

import TestSupport
import Testing

@testable import ShellLanguage

private struct FakeNames: CompletionSource {
  var system = FakeSystem()
  var folder: [UInt8] = Array("/lib".utf8)

  init() {
    system.files = [
      "/bin/rings": "", "/bin/rights": "", "/lib/modules/lab.so": "", "/lib/modules/my file.so": "", "/lib/note": "",
      "/lib/it's": "",
    ]
  }

  private func names(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }
  mutating func names(in folder: [UInt8]) -> [FolderName] { system.names(in: folder) }
  mutating func commands() -> [[UInt8]] { names(["rings", "rights", "run", "service", "shift"]) }
  mutating func programs() -> [[UInt8]] { names(["rings", "rights"]) }
  mutating func services() -> [[UInt8]] { names(["clock", "store"]) }
  mutating func modules() -> [[UInt8]] { names(["lab"]) }
  mutating func moduleFiles() -> [[UInt8]] { names(["lab", "ramdisk"]) }
  mutating func jobs() -> [[UInt8]] { names(["%1"]) }
  mutating func variables() -> [[UInt8]] { names(["HEAP", "HOME", "PWD"]) }
}

@Suite struct ShellNamesTests {
  /// The line afterwards, and the choices.
  private func complete(_ line: String) -> (String, [String])? {
    var names = FakeNames()
    let bytes = Array(line.utf8)
    guard let completion = Completion.complete(bytes, &names) else { return nil }
    let text = bytes[..<completion.start] + completion.text
    return (String(decoding: text, as: UTF8.self), completion.choices.map { String(decoding: $0, as: UTF8.self) })
  }

  @Test(
    arguments: [
      ("ru", "run ", []), ("ri", "ri", ["rights", "rings"]), ("rin", "rings ", []), ("a; se", "a; service ", []),
      ("if ser", "if service ", []), ("! ser", "! service ", []), ("A=1 ser", "A=1 service ", []),
      ("true && sh", "true && shift ", []), ("run ri", "run ri", ["rights", "rings"]), ("run rig", "run rights ", []),
      ("run --r", "run --ring0 ", []), ("run --ring0 rin", "run --ring0 rings ", []),
      ("run --st", "run --stack ", []), ("run --stack sh", "run --stack shared ", []),
      ("run --priority 3 rig", "run --priority 3 rights ", []), ("run rings no", "run rings note ", []),
      ("service sta", "service start ", []), ("service start st", "service start store ", []),
      ("service move store -", "service move store --", ["--as", "--without-state"]),
      ("service move store --as ring", "service move store --as ring0-server ", []),
      ("insmod ra", "insmod ramdisk ", []), ("rmmod l", "rmmod lab ", []), ("kill %", "kill %1 ", []),
      ("cat mo", "cat modules/", []), ("cat modules/l", "cat modules/lab.so ", []), ("cat /b", "cat /bin/", []),
      ("cat /bin/r", "cat /bin/ri", ["rights", "rings"]), ("cat modules/my", "cat modules/my\\ file.so ", []),
      ("cat 'modules/my", "cat 'modules/my file.so' ", []), ("cat \"modules/my f", "cat \"modules/my file.so\" ", []),
      ("cat it", "cat it\\'s ", []), ("cat modules/my\\ f", "cat modules/my\\ file.so ", []),
      ("cd n", nil, []), ("cd m", "cd modules/", []), ("/bin/ring", "/bin/rings ", []),
      ("echo $H", "echo $H", ["HEAP", "HOME"]), ("echo $HE", "echo $HEAP", []), ("echo a$PW", "echo a$PWD", []),
      ("free --c", "free --check ", []), ("help ser", "help service ", []), ("unset PW", "unset PWD ", []),
      ("nothing /none/", nil, []), ("xyz", nil, []), ("for f in mo", "for f in modules/", []),
    ] as [(String, String?, [String])])
  func completes(line: String, completed: String?, choices: [String]) {
    let result = complete(line)
    #expect(result?.0 == completed)
    #expect(result?.1 ?? [] == choices)
  }

  /// Whatever is in the line, what is put in lies in it, and completing again changes nothing but a finished word.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func anyLineIsCompletedOrNot(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "r", "run", " ", " ", "$", "H", "'", "\"", "\\", "/", "mod", "ules", ";", "&", "service ", "--", "=", "ö",
    ]
    for _ in 0..<300 {
      let line = (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
      var names = FakeNames()
      guard let completion = Completion.complete(Array(line.utf8), &names) else { continue }
      #expect(completion.start >= 0 && completion.start <= line.utf8.count, "\(line)")
    }
  }

  @Test(
    arguments: [
      ("rngs", ["rings"]), ("rignts", ["rights"]), ("srevice", ["service"]), ("ru", ["run"]), ("x", []),
      ("xyzzy", []),
      ("help", []), ("shfit", ["shift"]),
    ] as [(String, [String])])
  func guessesWhatWasMeant(word: String, names: [String]) {
    var source = FakeNames()
    let found = Guess.names(like: Array(word.utf8), among: source.commands())
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == names)
  }

  @Test func distancesAreThoseOfWords() {
    for (left, right, distance) in [
      ("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1),
      ("kitten", "sitting", 3),
    ] {
      #expect(Guess.distance(Array(left.utf8), Array(right.utf8)) == distance)
      #expect(Guess.distance(Array(right.utf8), Array(left.utf8)) == distance)
    }
  }

  @Test func jobsAreNamedInManyWays() throws {
    var table = JobTable()
    #expect(throws: JobMistake.none) { try table.find(Array("%1".utf8)) }
    for (task, text) in [(20, "spin 5"), (21, "sleep 9"), (22, "spin 7")] as [(UInt32, String)] {
      table.add(task: task, text: Array(text.utf8))
    }
    for (word, task) in [("%1", 20), ("%", 22), ("%+", 22), ("%%", 22), ("%-", 21), ("%sl", 21), ("21", 21)] {
      #expect(try table.find(Array(word.utf8)).task == UInt32(task))
    }
    #expect(throws: JobMistake.notOne) { try table.find(Array("%spin".utf8)) }
    #expect(throws: JobMistake.noSuchJob) { try table.find(Array("%4".utf8)) }
    #expect(throws: JobMistake.noSuchJob) { try table.find(Array("23".utf8)) }
    #expect(table.remove(task: 21)?.number == 2)
    #expect(table.remove(task: 21) == nil)
    var text = TextCollector()
    table.write(to: &text)
    #expect(text.text == "[1]- task 20 runs: spin 5\n[3]+ task 22 runs: spin 7\n")
    #expect(
      table.add(task: 30, text: Array("for i in 1\ndo a\ndone".utf8))
        == Job(number: 4, task: 30, text: Array("for i in 1 ...".utf8)))
  }

  /// A job of several processes ends with the last of them, whichever that is, and what is told is the end of the one behind all
  /// pipes.
  @Test func jobsOfSeveralProcesses() throws {
    for order in [[40, 41, 42], [42, 41, 40], [41, 42, 40]] as [[UInt32]] {
      var table = JobTable()
      table.add(task: 42, others: [40, 41], isStopped: true, text: Array("a | b | c".utf8))
      #expect(try table.find(Array("%".utf8)).tasks == [40, 41, 42])
      var text = TextCollector()
      table.write(to: &text)
      #expect(text.text == "[1]+ task 42 is stopped: a | b | c\n")
      table.goOn(task: 42)
      #expect(!table.jobs[0].isStopped)
      #expect(table.end(7, []) == .none)
      for task in order.dropLast() { #expect(table.end(task, [UInt8(task)]) == .part) }
      #expect(table.jobs[0].tasks == [order[2]])
      guard case .whole(let job, ending: let ending) = table.end(order[2], [UInt8(order[2])]) else {
        Issue.record("the job is not over")
        continue
      }
      #expect(job.task == 42 && ending == [42] && table.jobs.isEmpty)
    }
  }

  @Test func everyCommandHasHelpAndItsOwnName() {
    var names: [String] = []
    CommandHelp.forEach { help in
      var page = TextCollector()
      help.writePage(to: &page)
      #expect(page.text.hasPrefix("usage: \(help.name)"))
      #expect(page.text.contains("for example: "))
      // An example is a command, and has the command in it that it is for.
      let example = "\(help.example)"
      #expect(throws: Never.self) { try ShellParser.parse(Array(example.utf8)) }
      #expect(example.contains("\(help.name)"))
      names.append("\(help.name)")
    }
    #expect(Set(names).count == names.count)
    #expect(names.count == 77)
    for name in names {
      #expect(Builtin(named: Array(name.utf8)) != nil || LanguageCommand(named: Array(name.utf8)) != nil)
    }
    for word in [
      "if", "fi", "while", "until", "for", "done", "case", "esac", "{", "}", "!", "elif", "then", "else", "do", "time",
    ] {
      let help = CommandHelp.find(Array(word.utf8))
      let example = help.map { "\($0.example)" } ?? ""
      #expect(throws: Never.self) { try ShellParser.parse(Array(example.utf8)) }
      #expect(!example.isEmpty && example.contains("\(help!.name)"))
    }
    #expect(CommandHelp.find(Array("run".utf8))?.options.count == 8)
    #expect(Builtin(rawValue: 57) == nil && LanguageCommand(rawValue: 20) == nil)
  }
}
