// Runs the commands that `megha` is built from: ninja, swift, gdb, grub-mkrescue.

import Foundation
import MeghaBuild
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

enum ChildProcess {
  /// Where what a command prints goes.
  enum Destination {
    case standardOutput
    case standardError
    case nowhere
  }

  /// Runs a command with the terminal as its input and returns its exit status, 128 more than the signal's number
  /// where a signal ended it.
  static func run(
    _ executable: String, _ arguments: [String], in folder: URL, output: Destination = .standardOutput,
    environment: [String: String] = [:]
  ) async throws -> Int32 {
    let configuration = Configuration(
      executable: location(executable), arguments: Arguments(arguments),
      environment: extended(environment), workingDirectory: FilePath(folder.path))
    let status: TerminationStatus
    switch output {
    case .standardOutput:
      status = try await Subprocess.run(
        configuration, input: .currentStandardInput, output: .currentStandardOutput,
        error: .currentStandardError
      ).terminationStatus
    case .standardError:
      status = try await Subprocess.run(
        configuration, input: .currentStandardInput, output: .currentStandardError,
        error: .currentStandardError
      ).terminationStatus
    case .nowhere:
      status = try await Subprocess.run(
        configuration, input: .none, output: .discarded, error: .discarded
      ).terminationStatus
    }
    return exitStatus(status)
  }

  /// Runs a command and returns what it printed on both outputs, at most 64 MiB, and its exit status.
  static func capture(
    _ executable: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:]
  ) async throws -> (output: String, status: Int32) {
    let result = try await Subprocess.run(
      Configuration(
        executable: location(executable), arguments: Arguments(arguments),
        environment: extended(environment), workingDirectory: FilePath(folder.path)),
      input: .none, output: .string(limit: 64 << 20), error: .combinedWithOutput)
    return (result.standardOutput, exitStatus(result.terminationStatus))
  }

  /// Runs a build and says on standard error how far it is; returns what else it printed, and its exit status.
  static func follow(
    _ executable: String, _ arguments: [String], in folder: URL
  ) async throws -> (output: String, status: Int32) {
    let progress = Mutex(BuildProgress(isTerminal: isatty(STDERR_FILENO) != 0))
    let telling = Task {
      let start = ContinuousClock.now
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        if let text = progress.withLock({ $0.text(after: seconds) }) { FileHandle.standardError.write(Data(text.utf8)) }
      }
    }
    let configuration = Configuration(
      executable: location(executable), arguments: Arguments(arguments),
      environment: extended(BuildProgress.environment), workingDirectory: FilePath(folder.path))
    let result = try await Subprocess.run(
      configuration, input: .none, output: .sequence, error: .combinedWithOutput
    ) { execution in
      var rest: [UInt8] = []
      var output: [String] = []
      for try await buffer in execution.standardOutput {
        rest += buffer.withUnsafeBytes { Array($0) }
        while let end = rest.firstIndex(of: 0x0a) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest.removeFirst(end + 1)
          if !progress.withLock({ $0.take(line) }) { output.append(line) }
        }
      }
      return output + [String(decoding: rest, as: UTF8.self)]
    }
    telling.cancel()
    await telling.value
    FileHandle.standardError.write(Data(progress.withLock { $0.ending }.utf8))
    return (result.closureResult.joined(separator: "\n"), exitStatus(result.terminationStatus))
  }

  static func exitStatus(_ status: TerminationStatus) -> Int32 {
    switch status {
    case .exited(let code): Int32(code)
    case .signaled(let signal): 128 + Int32(signal)
    }
  }

  private static func location(_ executable: String) -> Executable {
    executable.contains("/") ? .path(FilePath(executable)) : .name(executable)
  }

  private static func extended(_ variables: [String: String]) -> Environment {
    guard !variables.isEmpty else { return .inherit }
    return .inherit.updating(
      Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
  }
}
