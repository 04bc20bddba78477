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

  @Option(help: "Choose the grader's inputs as the run did that named this number.")
  var seed: UInt64?

  @Option(name: .customLong("boot"), help: "Boot the kernel of lab 2 with these words on its command line.")
  var words: String?

  func validate() throws {
    if number == nil, check || folder != nil || seed != nil || words != nil {
      throw ValidationError("Which lab? ./megha lab lists them.")
    }
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
      try FileManager.default.copyItem(at: project.file("\(lab.folder)/start"), to: own)
      print("made \(own.path)")
    }
    let place = folder.map { " --folder \(NinjaFile.shellQuoted($0))" } ?? ""
    print("Grade it with ./megha lab \(lab.number) --check\(place)")
  }

  private func grade(_ lab: Lab, _ own: URL, _ project: Project) async throws {
    let seed = seed ?? UInt64.random(in: 1...99_999)
    let checks = try await project.grade(lab, in: own, seed: seed)
    for check in checks {
      print("\(check.complaint == nil ? "right" : "WRONG") \(check.name)")
      if let complaint = check.complaint { print("      \(complaint.replacing("\n", with: "\n      "))") }
    }
    let right = checks.count { $0.complaint == nil }
    print("lab \(lab.number): \(right) of \(checks.count) right; --seed \(seed) repeats this run")
    if right < checks.count { throw ExitCode(1) }
  }
}
