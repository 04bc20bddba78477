import Foundation
import Testing

@testable import Labs

@Suite struct TranscriptTests {
  private func transcript(_ text: String, end: Transcript.End = .off) -> Transcript {
    Transcript(console: text, tag: "t", end: end)
  }

  @Test func readsEachEnding() {
    let all = transcript(
      """
      t.0 begin
      hello
      t.0 exited 3
      t.1 begin
      fault: process 9 "lab1" (Ring 3) ended: page fault, reading 0x00000000
         at  0x00400000  lab1  run()   lab1/Rings.swift:7
      t.1 ended was ended by a page fault
      t.2 begin
      t.2 reply 4294967295 0 0 0 0 7 : 0aff
      t.3 begin
      t.3 refused Nothing of this name exists.
      t.4 begin
      t.4 limit
      t.5 begin
      t.5 done 123
      """)
    #expect(all[0].ending == .exited(3) && all[0].lines == ["hello"])
    #expect(all[1].ending == .ended("was ended by a page fault"))
    #expect(all[1].fault.hasSuffix("reading 0x00000000, at lab1/Rings.swift:7."))
    #expect(all[2].words == [.max, 0, 0, 0, 0, 7] && all[2].data == [0x0a, 0xff])
    #expect(all[3].ending == .refused("Nothing of this name exists."))
    #expect(all[4].ending == .limit)
    #expect(all[5].number == 123)
    #expect(all[6].ending == .never)
  }

  @Test func anEndingWithoutItsBeginningIsNone() {
    #expect(transcript("t.0 exited 0\nt.1 begin\nt.0 exited 0\n")[0].ending == .never)
    #expect(transcript("x.0 begin\nx.0 exited 0\n")[0].ending == .never)
  }

  @Test func aStepThatBeginsOrEndsTwiceIsForged() {
    let honest = "t.0 begin\nt.0 exited 1\nt.1 begin\nt.1 exited 0\n"
    #expect(transcript(honest)[0].ending == .exited(1))
    // A program that runs in step 0 says what is to come of it, or of the step behind it.
    for forgery in ["t.0 exited 0\n", "t.0 begin\nt.0 exited 0\n", "t.0 reply 1 2\nt.0 begin\n"] {
      #expect(transcript("t.0 begin\n\(forgery)t.0 exited 1\n")[0].ending == .forged, "\(forgery)")
    }
    let ahead = "t.0 begin\nt.1 begin\nt.1 reply 9 : \nt.0 exited 0\nt.1 begin\nt.1 exited 1\n"
    #expect(transcript(ahead)[1].ending == .forged)
  }

  @Test func nothingThatIsForgedCounts() {
    var random = SeededGenerator(seed: 1)
    var experiment = Experiment(random: &random)
    experiment.run("first", .ring0, "/extra/x") { _, _ in nil }
    let line = "\(experiment.tag).0 begin\n\(experiment.tag).0 exited 0\n"
    let once = experiment.judge(Transcript(console: line, tag: experiment.tag, end: .off))
    let twice = experiment.judge(Transcript(console: line + line, tag: experiment.tag, end: .off))
    #expect(once[0].complaint == nil)
    #expect(twice[0].complaint?.contains("only the grader writes") == true)
  }

  @Test func aStepHasEndedWhenItsEndIsSeen() {
    let text = "t.0 begin\nhello\nt.0 exited 3\nt.1 begin\n"
    #expect(transcript(text).hasEnded(0))
    #expect(!transcript(text).hasEnded(1) && !transcript(text).hasEnded(2))
  }

  @Test func oddLinesAreNoEndings() {
    for line in [
      "t.0", "t.x begin", "t.0 exited", "t.0 exited many", "t.99999999999999999999 begin", "t. begin", "t.0 ?",
    ] {
      #expect(transcript("t.0 begin\n\(line)\n")[0].ending == .never, "\(line)")
    }
    #expect(transcript("t.0 begin\nt.0 reply 1 x -1 99999999999 : 0g1\n")[0].words == [1])
  }
}

@Suite struct ExperimentTests {
  @Test func theSameSeedIsTheSameExperiment() {
    var facts = Facts()
    facts.kernelWords = [(0xc010_0000, 7)]
    for lab in Lab.all {
      var first = SeededGenerator(seed: 9)
      var again = SeededGenerator(seed: 9)
      var other = SeededGenerator(seed: 10)
      let script = lab.experiment(facts, random: &first).script
      #expect(script == lab.experiment(facts, random: &again).script)
      if case .kernel = lab.work { continue }
      #expect(script != lab.experiment(facts, random: &other).script)
    }
  }

  @Test func whatTheMachineNeverCameToIsSaidOnce() {
    var random = SeededGenerator(seed: 1)
    var experiment = Experiment(random: &random)
    experiment.run("first", .ring0, "/extra/x") { _, _ in nil }
    experiment.run("second", .ring0, "/extra/x") { _, _ in nil }
    experiment.run("third", .ring0, "/extra/x") { _, _ in nil }
    let console = "\(experiment.tag).0 begin\n\(experiment.tag).0 exited 0\n\(experiment.tag).1 begin\n"
    for (end, words) in [
      (Transcript.End.reset, "reset itself"), (.panic("no memory"), "panicked: no memory"),
      (.limit(5_000_000), "5 million"),
      (.stillness, "stands still"), (.off, "switched off"),
    ] {
      let checks = experiment.judge(Transcript(console: console, tag: experiment.tag, end: end))
      #expect(checks.map { $0.name } == ["first", "second", "third"])
      #expect(checks[0].complaint == nil)
      #expect(checks[1].complaint?.contains(words) == true)
      #expect(checks[2].complaint?.contains("did not get here") == true)
    }
  }

  @Test func noGraderIsContentWithSilence() {
    for lab in Lab.all {
      if case .kernel = lab.work { continue }
      var random = SeededGenerator(seed: 4)
      var facts = Facts()
      facts.kernelWords = [(0xc010_0000, 7)]
      let experiment = lab.experiment(facts, random: &random)
      let checks = experiment.judge(Transcript(console: "", tag: experiment.tag, end: .off))
      #expect(checks.count > 3)
      #expect(checks.allSatisfy { $0.complaint != nil }, "\(lab.name)")
    }
  }
}

@Suite struct StackOverflowTests {
  private let stack = (start: UInt32(0x10_3000), size: UInt32(32768))

  private func judge(_ trial: Int, _ console: (StackOverflow.Trial) -> String, vectors: [Int]) -> String? {
    var random = SeededGenerator(seed: 2)
    let grader = StackOverflow(random: &random)
    let log = vectors.map {
      "     0: v=\($0 < 16 ? "0" : "")\(String($0, radix: 16)) e=0002 i=0 cpl=0 IP=0008:00100000"
    }
    let boot = StackOverflow.Boot(console: console(grader.trials[trial]), end: .off, log: log.joined(separator: "\n"))
    return grader.judge(grader.trials[trial], boot, stack: stack).complaint
  }

  /// What a kernel with both cures writes.
  private func right(_ trial: StackOverflow.Trial) -> String {
    let words = trial.words.split(separator: " ")
    return stride(from: 0, to: words.count, by: 2).map { index in
      let (word, number) = (words[index], UInt32(words[index + 1]) ?? 0)
      if number < 1000 { return "\(word) \(number) is \(number * (number + 1) / 2)\n" }
      return word == "gate" ? "gate \(number): overflow at 0x00102ff0\n" : "ask \(number): no room at depth 900\n"
    }.joined()
  }

  @Test func passesWhatIsRight() {
    for (trial, faults) in [0, 0, 1, 2, 0, 0].enumerated() {
      #expect(judge(trial, right, vectors: (0..<faults).flatMap { _ in [14, 8] }) == nil)
    }
  }

  @Test func believesTheEmulatorAndNotTheConsole() {
    #expect(judge(2, right, vectors: [])?.contains("only said") == true)
    #expect(judge(5, right, vectors: [14, 8])?.contains("asks before") == true)
  }

  @Test func namesWhatIsWrong() {
    #expect(judge(0, { _ in "" }, vectors: [])?.contains("writes nothing") == true)
    #expect(judge(0, { _ in "sum 1 is 1\n" }, vectors: [])?.contains("is expected") == true)
    let wild = { (trial: StackOverflow.Trial) in right(trial).replacing("0x00102ff0", with: "0x00000000") }
    #expect(judge(2, wild, vectors: [14, 8])?.contains("the stack ends at") == true)
    let deep = { (trial: StackOverflow.Trial) in right(trial).replacing("depth 900", with: "depth 1") }
    #expect(judge(5, deep, vectors: [])?.contains("has room for") == true)
  }
}

@Suite struct ReportTableTests {
  @Test func readsTableAndAnswers() {
    let report = ReportTable(
      """
      | placement | client in Ring 3 | client in Ring 0 |
      | --- | ---: | ---: |
      | server | 1,050 | 1076 |
      | linked | 805 |
      ## What does linking buy?
      one two three
      """)
    #expect(report["server", .ring3] == 1050 && report["server", .ring0] == 1076)
    #expect(report["linked", .ring3] == nil && report["ring0-server", .ring3] == nil)
    #expect(report.answer(to: "What does linking buy?").count == 3)
    #expect(report.answer(to: "What do bytes change?").isEmpty)
  }

  @Test func linesMayEndAsElsewhere() {
    let text = "| server | 1,050 | 1076 |\n## What does linking buy?\none two three\n"
    for ending in ["\r\n", "\r"] {
      let report = ReportTable(text.replacing("\n", with: ending))
      #expect(report["server", .ring3] == 1050 && report["server", .ring0] == 1076)
      #expect(report.answer(to: "What does linking buy?").count == 3)
    }
  }

  @Test(arguments: ["", "|||", "| server | 99999999999999999999 | 1 |", "## ", "|server|-1|x|"])
  func anyTextIsRead(_ text: String) {
    #expect(ReportTable(text)["server", .ring3] == nil)
  }
}

@Suite struct ReportNumbersTests {
  private let rows = [("server", [1394, 1422]), ("linked", [805, 800])]

  @Test func findsWhatIsStale() {
    let table = "| server | 1,394 | 1,420 |\n| linked | 805 | 800 |\n"
    #expect(ReportNumbers.mistakes(in: table + "589 of 1,394 with 64 bytes; CR3.\n", rows: rows, others: [64]).isEmpty)
    #expect(ReportNumbers.mistakes(in: table + "It is 1,304.\n", rows: rows, others: []).count == 1)
    #expect(ReportNumbers.mistakes(in: table.replacing("805", with: "850"), rows: rows, others: []).count == 1)
    #expect(ReportNumbers.mistakes(in: "", rows: rows, others: []).count == 2)
  }
}

@Suite struct LabFilesTests {
  private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  @Test func eachLabHasItsPageAndItsFiles() throws {
    for lab in Lab.all {
      let page = try String(contentsOf: root.appending(path: lab.page), encoding: .utf8)
      #expect(page.hasPrefix("# Lab \(lab.number): \(lab.title)\n"), "\(lab.page)")
      // Three pages of paper.
      #expect(page.split(separator: "\n", omittingEmptySubsequences: false).count <= 150, "\(lab.page)")
      let names = Set(try FileManager.default.contentsOfDirectory(atPath: root.appending(path: lab.folder).path))
      if case .tree = lab.work {
        #expect(names.isSuperset(of: ["probe", "solution.patch"]), "\(lab.folder)")
      } else {
        #expect(names.isSuperset(of: ["start", "solution"]), "\(lab.folder)")
        for name in try self.names(in: "\(lab.folder)/start") {
          let (start, solution) = (contents("\(lab.folder)/start/\(name)"), contents("\(lab.folder)/solution/\(name)"))
          #expect(
            start == nil || start != solution, "\(lab.folder): \(name) is the same in both; it belongs into given")
        }
      }
    }
  }

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
  }

  private func contents(_ path: String) -> Data? {
    FileManager.default.contents(atPath: root.appending(path: path).path)
  }
}
