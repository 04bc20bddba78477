// What must be undone when the command is interrupted: emulators that run, folders that exist, a terminal in
// raw mode.

import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The state of a terminal, to be put back.
struct Terminal: Sendable {
  private let attributes: termios

  /// The state of standard input; nil where that is no terminal.
  static func save() -> Terminal? {
    var attributes = termios()
    guard tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
    let terminal = Terminal(attributes: attributes)
    LiveRuns.terminal.withLock { $0 = terminal }
    return terminal
  }

  func restore() {
    var attributes = attributes
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
  }
}

/// All runs of this process.
public enum LiveRuns {
  private struct State {
    /// The emulators, and the folder of each one's run.
    var processes: [Int32: URL] = [:]
    var folders: Set<URL> = []
  }

  private static let state = Mutex(State())
  static let terminal = Mutex<Terminal?>(nil)

  static func add(process: Int32, folder: URL) { state.withLock { $0.processes[process] = folder } }
  static func remove(process: Int32) { state.withLock { _ = $0.processes.removeValue(forKey: process) } }
  static func add(folder: URL) { state.withLock { _ = $0.folders.insert(folder) } }
  static func remove(folder: URL) { state.withLock { _ = $0.folders.remove(folder) } }

  /// From now on an interruption, a hang-up or a request to terminate first ends all runs.
  /// - Parameter interruptible: false where an interruption is meant for a command that this one runs.
  public static func endWithThisProcess(interruptible: Bool = true) {
    _ = sources
    if interruptible { _ = interruption } else { signal(SIGINT, SIG_IGN) }
  }

  /// Made once and never changed; they must stay alive for as long as the process does.
  nonisolated(unsafe) private static let sources = [SIGTERM, SIGHUP].map(ending)
  nonisolated(unsafe) private static let interruption = ending(on: SIGINT)

  private static func ending(on number: Int32) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      endAll()
      exit(128 + number)
    }
    source.resume()
    return source
  }

  /// Ends the emulator of one run at once.
  public static func endMachine(in folder: RunFolder) {
    for (process, own) in state.withLock({ $0.processes }) where own == folder.url { kill(process, SIGKILL) }
  }

  /// Ends all emulators at once and deletes the folders of their runs.
  public static func endAll() {
    let (processes, folders) = state.withLock { ($0.processes, $0.folders) }
    for process in processes.keys { kill(process, SIGKILL) }
    for folder in folders { try? FileManager.default.removeItem(at: folder) }
    terminal.withLock { $0?.restore() }
  }
}
