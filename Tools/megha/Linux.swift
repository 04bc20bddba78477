// `megha linux`: programs of Linux's to try, from Debian's archive.

import ArgumentParser
import Foundation
import MeghaBuild

struct Linux: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "linux", abstract: "Gets and measures programs of Linux's.", subcommands: [Fetch.self, Study.self])

  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gets packages of Debian's for the i386 and unpacks them into build/linux.",
      discussion: """
        The machine's own packages stay as they are: apt works with lists of its own in build/linux. Nothing of what is \
        unpacked is run here.
        """)

    @Argument(help: "The packages.")
    var packages: [String]

    func run() async throws {
      let project = try Project.current()
      for package in packages {
        let files = try await LinuxPrograms(project).fetch(package)
        for file in files { print(file) }
      }
    }
  }
}
