// `$(...)`: what commands print, taken by a thread while the shell waits for them as for any command.

import ABI
import Primitives
import SDK

/// What comes out of a pipe, up to a limit.
enum CommandOutput {
  private static let taken = Mutex<[UInt8]>([])

  /// Takes what comes out of `pipe` until its end, or until it is more than a command may have; then closes it.
  static func beginTaking(from pipe: Handle, limit: Int = ShellLimits.bytes) throws(SystemError) -> Thread {
    taken.withLock { $0 = [] }
    return try Thread.start { () -> Int32 in
      defer { pipe.close() }
      var piece = InlineArray<512, UInt8>(repeating: 0)
      while let count = try? pipe.read(into: &piece), count > 0 {
        let total = taken.withLock { bytes in
          for index in 0..<count { bytes.append(piece[index]) }
          return bytes.count
        }
        if total > limit { return 1 }
      }
      return 0
    }
  }

  static var bytes: [UInt8] { taken.withLock { $0 } }
}

extension MeghaSystem {
  mutating func output(of commands: [UInt8], _ state: ShellState) throws(ShellRefusal) -> [UInt8] {
    guard let pipe = try? Pipe() else { throw .noOutput }
    guard let thread = try? CommandOutput.beginTaking(from: pipe.reading) else {
      pipe.reading.close()
      pipe.writing.close()
      throw .noOutput
    }
    var launcher = Launcher(script: state.script(running: commands))
    launcher.output = .handle(pipe.writing.number)
    let start = launcher.start(state)
    pipe.writing.close()
    switch start {
    case .task(let task): outputStatus = wait(for: [task])
    case .failure(let status): outputStatus = status
    }
    _ = try? thread.join()
    let bytes = CommandOutput.bytes
    guard bytes.count <= ShellLimits.bytes else { throw .tooManyBytes }
    return bytes
  }
}
