// Lab 8: a program that measures what calls to a service cost, and a report. The program is compared with the grader's own
// measurement for a length of data that is chosen anew; the report, with what the grader measures in each placement.

extension Experiment {
  /// How far a measurement may be off, in hundredths.
  private static let tolerance: UInt64 = 5
  private static let placements = ["server", "ring0-server", "linked"]
  private static let clients = [Mode.ring3, .ring0]

  /// The length of the data in the report.
  private static let reportedLength = 64

  static func measuringIsolation(_ facts: Facts, _ random: inout SeededGenerator) -> Experiment {
    var experiment = Experiment(random: &random)
    let report = ReportTable(facts.report ?? "")
    for (index, placement) in placements.enumerated() {
      experiment.shell("service \(index == 0 ? "start" : "move") echo --as \(placement)")
      experiment.action("", "await echo")
      for client in clients {
        let length = Int.random(in: 8...400, using: &random)
        let count = Int.random(in: 4...8, using: &random)
        experiment.measure(length: length, count: count, client)
        let reference = experiment.stepCount - 1
        experiment.run(
          "\(placement), client in \(client.name): \(count) calls with \(length) bytes", client,
          "/extra/lab8 echo \(length) \(count)"
        ) { result, all in
          let line = result.lines.first { $0.hasPrefix("median ") }
          guard let measured = line.flatMap({ UInt64($0.dropFirst(7).prefix { $0.isNumber }) }) else {
            return result.lacks("median N", "N is the median of what the calls cost, in instructions.")
          }
          return difference(measured, from: all.measured(reference)).map {
            "`lab8 echo \(length) \(count)` says \(measured); the grader measures \(all.measured(reference)), \($0). Is anything"
              + " counted that is no call: opening the service, making the data, reading the counter?"
          }
        }
        experiment.measure(
          length: reportedLength, count: 40, client, judging: "report: \(placement), client in \(client.name)"
        ) {
          measured in
          guard let row = report[placement, client] else {
            return
              "REPORT.md has no number for \(placement) and a client in \(client.name). Its table has a row for each"
              + " placement, \(placements.joined(separator: ", ")), and a column for each client, Ring 3 and Ring 0."
          }
          return difference(row, from: measured).map {
            "REPORT.md says \(row) for \(placement) and a client in \(client.name), with \(reportedLength) bytes; the grader"
              + " measures \(measured), \($0)."
          }
        }
      }
    }
    for question in ReportTable.questions {
      let count = report.answer(to: question).count
      experiment.observe("report: \(question)", "echo") { _, _ in
        count >= 20
          ? nil
          : "The answer under `## \(question)` has \(count) words; say in at least 20 what the numbers show and why."
      }
    }
    return experiment
  }

  /// The grader's own measurement.
  private mutating func measure(
    length: Int, count: Int, _ client: Mode, judging name: String = "",
    _ judge: @escaping @Sendable (UInt64) -> String? = { _ in nil }
  ) {
    let index = stepCount
    // The same program in the client's ring: what it writes is that of a step of its own.
    run(name, client, "/extra/grade \(tag)m\(index) measure echo \(length) \(count)") { result, all in
      let measured = all.measured(index)
      return measured == 0 ? "The grader could not measure: \(result.output)" : judge(measured)
    }
  }

  private static func difference(_ number: UInt64, from expected: UInt64) -> String? {
    let (high, low) = (max(number, expected), min(number, expected))
    guard high - low > expected / 100 * tolerance + 2 else { return nil }
    let hundredths = expected == 0 ? 0 : (high - low) * 100 / expected
    return "and that is \(hundredths) % too \(number > expected ? "much" : "little")"
  }
}

extension Transcript {
  /// What `grade measure`, run by step `step`, measured; 0 where it did not.
  func measured(_ step: Int) -> UInt64 {
    for line in self[step].lines {
      guard let range = line.firstRange(of: " done ") else { continue }
      return UInt64(line[range.upperBound...].prefix { $0.isNumber }) ?? 0
    }
    return 0
  }
}

/// The table and the answers of a report in Markdown.
struct ReportTable: Sendable {
  static let questions = [
    "What does Ring 0 alone buy?", "What does linking buy?", "What do bytes change?",
  ]

  private var cells: [String: [UInt64]] = [:]
  private var answers: [String: [Substring]] = [:]

  init(_ text: String) {
    var heading = ""
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("## ") {
        heading = String(line.dropFirst(3))
      } else if line.hasPrefix("|") {
        take(row: line)
      } else if !line.hasPrefix("<!--") {
        answers[heading, default: []] += line.split(separator: " ")
      }
    }
  }

  private mutating func take(row line: Substring) {
    let words = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "," } }
    guard let name = words.first else { return }
    cells[name] = words.dropFirst().compactMap { UInt64($0) }
  }

  subscript(placement: String, client: Mode) -> UInt64? {
    guard let row = cells[placement], row.count == 2 else { return nil }
    return row[client == .ring3 ? 0 : 1]
  }

  func answer(to question: String) -> [Substring] { answers[question] ?? [] }
}
