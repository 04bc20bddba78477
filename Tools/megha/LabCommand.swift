// `megha lab`: lists the labs, begins one, and grades it.

import ArgumentParser
import Emulator
import Foundation
import Labs
import MeghaBuild

struct LabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "Begins a lab, or grades it.",
    discussion: """
      Without a number the labs are listed. With a number the lab's starting code is put into a folder of your own, and \
      what to do is said; --check grades what you made of it. The grader counts instructions of the machine, never \
      seconds, and chooses its inputs anew each time: --seed repeats a run.
      """)

  @Argument(help: "The lab's number.")
  var number: Int?

  @Flag(help: "Grade the lab.")
  var check = false

  @Option(help: "The folder of your work; without it lab1, lab2, ... in the tree.")
  var folder: String?

  @Option(help: "Grade what this file of `git diff` makes of the tree: a hand-in of lab 3 or 4.")
  var diff: String?

  @Option(parsing: .unconditional, help: "Choose the grader's inputs as the run did that named this number.")
  var seed: UInt64?

  @Option(name: .customLong("boot"), help: "Boot the kernel of lab 2 with these words on its command line.")
  var words: String?

  func validate() throws {
    guard let number else {
      guard !check, folder == nil, diff == nil, seed == nil, words == nil else {
        throw ValidationError("Which lab? ./megha lab lists them.")
      }
      return
    }
    if let lab = Lab.numbered(number) {
      if case .tree = lab.work {
        if folder != nil {
          throw ValidationError(
            "Lab \(number) is done in the tree itself and has no folder; a hand-in is graded with --check --diff FILE.")
        }
      } else if diff != nil {
        throw ValidationError("--diff is for the labs that change the tree, 3 and 4; lab \(number) has a --folder.")
      }
    }
    if diff != nil, !check { throw ValidationError("--diff goes with --check.") }
    if seed != nil, !check { throw ValidationError("--seed goes with --check.") }
    if check, words != nil { throw ValidationError("--boot and --check are two things; say one of them.") }
  }

  func run() async throws {
    let project = try Project.current()
    guard let number else {
      for lab in Lab.all {
        print("\(lab.number)  \(lab.title.padding(toLength: 48, withPad: " ", startingAt: 0))  \(lab.page)")
      }
      print("Begin with ./megha lab 1; grade with ./megha lab 1 --check.")
      return
    }
    guard let lab = Lab.numbered(number) else {
      throw Failure("There is no lab \(number): they are 1 to \(Lab.all.count), and ./megha lab lists them.")
    }
    let own = folder.map { URL(fileURLWithPath: $0, isDirectory: true).standardized } ?? project.file(lab.ownFolder)
    if let words {
      guard case .kernel = lab.work else { throw Failure("--boot is for lab 2: the others run with ./megha run.") }
      LiveRuns.endWithThisProcess()
      try await project.boot(kernelIn: own, words: words)
    } else if check {
      LiveRuns.endWithThisProcess()
      try await grade(lab, own, project)
    } else {
      try begin(lab, own, project)
    }
  }

  private func begin(_ lab: Lab, _ own: URL, _ project: Project) throws {
    print("Lab \(lab.number): \(lab.title). Read \(lab.page).")
    if case .tree = lab.work {
      print("You work in the tree itself. A branch keeps what was: git switch -c lab\(lab.number)")
    } else if FileManager.default.fileExists(atPath: own.path) {
      print("\(own.path) is there already; nothing was changed.")
    } else {
      for (name, file) in project.files(of: lab, "start") {
        let target = own.appending(path: name)
        try FileManager.default.createDirectory(
          at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: file, to: target)
      }
      print("made \(own.path)")
    }
    let place = folder.map { " --folder \(NinjaFile.shellQuoted($0))" } ?? ""
    print("Grade it with ./megha lab \(lab.number) --check\(place)")
  }

  private func grade(_ lab: Lab, _ own: URL, _ project: Project) async throws {
    let seed = seed ?? UInt64.random(in: 1...99_999)
    let checks =
      if let diff {
        try await project.grade(lab, handedIn: URL(fileURLWithPath: diff), seed: seed)
      } else {
        try await project.grade(lab, in: own, seed: seed)
      }
    for check in checks {
      print("\(check.complaint == nil ? "right" : "WRONG") \(check.name)")
      if let complaint = check.complaint { print("      \(complaint.replacing("\n", with: "\n      "))") }
    }
    let right = checks.count { $0.complaint == nil }
    print("lab \(lab.number): \(right) of \(checks.count) right; --seed \(seed) repeats this run")
    if right < checks.count { throw ExitCode(1) }
  }
}

extension Project {
  /// The files of what a student begins with, `start`, or of the `solution`, by their names in a student's folder.
  func files(of lab: Lab, _ kind: String) -> [(name: String, file: URL)] {
    lab.folders(of: kind).flatMap { folder in
      ((try? FileManager.default.subpathsOfDirectory(atPath: file(folder).path)) ?? []).sorted()
        .map { ($0, file("\(folder)/\($0)")) }
        .filter { (try? $0.1.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true }
    }
  }
}
