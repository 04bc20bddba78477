// `megha generate`: writes what comes from the declared system-call table, or checks that it is up to date.

import ABIDefinition
import ArgumentParser
import Foundation
import Generator

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the files that come from the declared system-call table.")

  @Flag(help: "Change nothing; fail when a file is not what the table says.")
  var check = false

  func run() throws {
    let project = try Project.current()
    let mistakes = TableMistake.all(calls: SystemCallTable.calls, errors: SystemCallTable.errors)
    guard mistakes.isEmpty else {
      throw Failure(mistakes.map { $0.description }.joined(separator: "\n"))
    }
    var stale: [String] = []
    for generated in GeneratedFile.all() {
      let file = project.file(generated.path)
      if (try? Data(contentsOf: file)) == Data(generated.text.utf8) { continue }
      if check {
        stale.append(generated.path)
        continue
      }
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(generated.text.utf8).write(to: file)
      print("wrote \(generated.path)")
    }
    guard stale.isEmpty else {
      throw Failure("\(stale.joined(separator: ", ")): not what the table says. Run ./megha generate.")
    }
  }
}
