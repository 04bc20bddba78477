// The command `megha`: its subcommands are one file each beside this one.

import ArgumentParser

@main struct Megha: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "megha",
    abstract: "Builds, runs and tests Megha.",
    // Asked for only where it is shown: it takes a moment.
    version: CommandLine.arguments.dropFirst().first == "--version" ? Version.text : "--version",
    subcommands: [
      Run.self, Test.self, Bench.self, Profile.self, Build.self, New.self, Image.self, Debug.self, Doctor.self,
      LabCommand.self, Linux.self, Screenshot.self, Inject.self, PowerCut.self, Shape.self, MemoryMapCommand.self,
      Generate.self,
      Internal.self,
    ])
}
