// `megha linux study`: what calls and whole programs of Linux's cost on Linux and here, in each ring and with the layer in each
// placement. The same files run everywhere, in the same emulator, which counts instructions.
//
// Invariant: what is written into the page is what was measured, all in one go.

import ArgumentParser
import Benchmarks
import Emulator
import Foundation
import MeghaBuild
import Reports

extension Linux {
  struct Study: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures programs of Linux's on Linux and here, in instructions.",
      discussion: """
        Debian's busybox-static and a program that measures run on Debian's kernel and on Megha, in both rings and with the \
        layer in its three placements. --write puts the tables and the chart into docs/linux-study.md and docs/results/linux.
        """)

    @Flag(help: "Write the tables and the chart into docs.")
    var write = false

    @Option(parsing: .unconditional, help: "Seconds for one machine.")
    var timeout = 900

    func validate() throws { try demand(timeout, in: secondsRange, of: "--timeout") }

    func run() async throws {
      let project = try Project.current()
      try await project.build()
      LiveRuns.endWithThisProcess()
      let study = try await LinuxStudy(project, timeout: timeout)
      print(study.table(LinuxStudy.calls).text + "\n" + study.table(LinuxStudy.programs).text)
      if write { try await study.write() }
    }
  }
}

struct LinuxStudy {
  private let project: Project
  private let linux: [String: Int]
  /// By column, in their order.
  private var here: [[String: Int]] = []

  /// The rows that `study` prints, with their titles in the tables.
  static let calls = [
    ("getppid", "getppid"), ("read-1", "read 1 byte of /dev/zero"), ("read-4096", "read 4 KiB of /dev/zero"),
    ("write-1", "write 1 byte to /dev/null"), ("open-close", "open and close /dev/null"), ("stat", "stat"),
    ("map-touch-unmap", "map, touch, unmap a page"), ("pipe", "1 byte to another process and back"),
    ("fork-exit-wait", "fork, exit, wait"), ("vfork-exec-wait", "vfork, exec, wait"),
  ]
  static let programs = [
    ("echo", "busybox echo"), ("ls-la", "ls -la, 22 files"), ("cat-4-files", "cat of 4 files"),
    ("sh-50-forks", "sh, 50 subshells"), ("sh-loop", "sh, a loop of 2,000"), ("sort-1000", "sort -n, 1,000 lines"),
    ("sha256sum-64K", "sha256sum, 64 KiB"), ("awk", "awk, a loop of 5,000"),
  ]

  private static let columns = ["linked", "ring0-server", "server"].flatMap { placement in
    [(placement, "Ring 3"), (placement, "Ring 0")]
  }

  init(_ project: Project, timeout: Int) async throws {
    self.project = project
    let programs = LinuxPrograms(project)
    var files: [(path: String, file: String)] = []
    for (path, name) in [("init", "study"), ("hello", "hello"), ("busybox", "busybox")] {
      files.append((path, project.file(try await programs.program(name)).path))
    }
    linux = try await project.runLinux(files, timeout: timeout)
    for (placement, ring) in Self.columns {
      here.append(try await Self.measure(project, files.map { $0.file }, placement, ring, timeout))
    }
    let keys = Set((Self.calls + Self.programs).map { $0.0 })
    for (index, values) in ([linux] + here).enumerated() where Set(values.keys) != keys {
      let missing = keys.symmetricDifference(values.keys).sorted().joined(separator: ", ")
      throw Failure("Machine \(index) of the study did not measure what the page shows: \(missing).")
    }
  }

  private static func measure(
    _ project: Project, _ files: [String], _ placement: String, _ ring: String, _ timeout: Int
  ) async throws -> [String: Int] {
    let folder = try RunFolder()
    defer { folder.delete() }
    let arguments = try MachineArguments.parse(["--icount"] + files.flatMap { ["--add", $0] })
    let option = ring == "Ring 0" ? "--ring0 " : ""
    let services = "service start files --as linked; service start linux --as \(placement)"
    let script = "\(services); run \(option)/extra/study; exit $?"
    let options = try await project.machine(arguments, script: script, folder: folder)
    let console = Collector()
    let result = try await Emulator.run(
      options, root: project.root, folder: folder, timeout: timeout, console: console.append)
    guard result.outcome == .status(0) else {
      throw Failure("\(ring) with the layer as \(placement) ended with \(result.outcome):\n\(console.text)")
    }
    return project.measuredRows(in: console.text)
  }

  // MARK: What comes of it

  func table(_ rows: [(key: String, title: String)]) -> TextTable {
    let titles = Self.columns.map { "\($0.1), \($0.0)" }
    var table = TextTable(titles: ["", "Linux 6.1"] + titles)
    for row in rows {
      table.lines.append([row.title] + ([linux] + here).map { grouped($0[row.key] ?? 0) })
    }
    return table
  }

  private var chart: BarChart {
    var bars: [BarChart.Bar] = []
    for (key, title) in Self.calls.prefix(8) {
      for (index, (placement, ring)) in Self.columns.enumerated() {
        let name = "\(ring == "Ring 0" ? "Ring 0 separate" : ring) to \(placement), \(title)"
        bars.append(BarChart.Bar(name: name, value: here[index][key] ?? 0, limit: linux[key]))
      }
    }
    return BarChart(title: "calls of Linux programs, with Linux as the limit", bars: bars)
  }

  func write() async throws {
    let document = "docs/linux-study.md"
    let file = project.file(document)
    var page = try String(contentsOf: file, encoding: .utf8)
    for (name, rows) in [("calls", Self.calls), ("programs", Self.programs)] {
      page = try DocumentTable.page(page, of: document, with: table(rows), named: name)
    }
    try Data(page.utf8).write(to: file, options: .atomic)
    let results = project.file("docs/results/linux")
    try Data(chart.svg.utf8).write(to: results.appending(path: "calls.svg"))
    try await project.drawPictures(in: results)
  }
}
