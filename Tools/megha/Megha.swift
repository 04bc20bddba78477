import ArgumentParser

@main struct Megha: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Builds, runs and tests Megha.")
}
