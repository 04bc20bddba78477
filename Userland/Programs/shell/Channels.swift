// Input, output and what goes wrong: other ones while a command runs, and those of commands between pipes.
//
// The shell changes its own standard handles, which whatever it starts gets, and gives itself back those it had.
//
// Invariants: what was changed is given back, last first, also where half of it failed; no end of a pipe stays with the shell, so
// that a reader sees the end and a writer that nobody reads.

import ABI
import Primitives
import SDK

/// The standard handles of the shell as they were before some of them were changed.
struct SavedChannels {
  /// Nil: it was not there.
  private var saved: [(channel: Handle, handle: Handle?)] = []

  init() {}

  /// Makes a channel stand for what `handle` does.
  mutating func place(_ handle: Handle, at channel: Handle) throws(SystemError) {
    if !saved.contains(where: { $0.channel == channel }) { saved.append((channel, try Self.copy(channel))) }
    try channel.place(handle)
  }

  private static func copy(_ channel: Handle) throws(SystemError) -> Handle? {
    guard let information = try? channel.information() else { return nil }
    return try channel.duplicate(information.rights)
  }

  mutating func giveBack() {
    for (channel, handle) in saved.reversed() {
      channel.close()
      guard let handle else { continue }
      try? channel.place(handle)
      handle.close()
    }
    saved = []
  }

  /// Makes the changes in their order.
  mutating func make(_ redirections: [ReadyRedirection]) throws(ShellComplaint) {
    for redirection in redirections {
      let channel = Handle(UInt32(redirection.channel))
      switch redirection.target {
      case .channel(let other):
        do throws(SystemError) { try place(Handle(UInt32(other)), at: channel) } catch {
          throw ShellComplaint([0x30 + other] + StaticText(": ").bytes + StaticText(error.fileSentence).bytes)
        }
      case .file(let path, let kind):
        do throws(SystemError) {
          let file = try File.open(path, for: kind)
          try place(Handle(file.handle), at: channel)
        } catch {
          throw ShellComplaint(path + StaticText(": ").bytes + StaticText(error.fileSentence).bytes)
        }
      }
    }
  }
}

extension File {
  /// Opens a file as a redirection says.
  static func open(_ path: [UInt8], for kind: RedirectionKind) throws(SystemError) -> File {
    switch kind {
    case .input: try File(path)
    case .output: try File(path, [.write, .create, .truncate])
    case .append: try File(path, [.write, .create, .append])
    }
  }
}

extension MeghaSystem {
  mutating func beginRedirection(_ redirections: [ReadyRedirection]) throws(ShellComplaint) {
    var channels = SavedChannels()
    do throws(ShellComplaint) { try channels.make(redirections) } catch {
      channels.giveBack()
      throw error
    }
    self.channels.append(channels)
  }

  mutating func endRedirection() {
    if var last = channels.popLast() { last.giveBack() }
  }

  // MARK: Pipes

  mutating func runPipeline(_ stages: [PipelineStage], _ state: inout ShellState) -> Int32 {
    var tasks: [TaskIdentity] = []
    var status: Int32 = 0
    var input: Handle?
    for (index, stage) in stages.enumerated() {
      var pipe: Pipe?
      if index + 1 < stages.count {
        do throws(SystemError) { pipe = try Pipe() } catch {
          status = report(Bytes("|"), error.fileSentence, status: 126)
          break
        }
      }
      let start = start(stage, input, pipe?.writing, state)
      input?.close()
      pipe?.writing.close()
      input = pipe?.reading
      switch start {
      case .task(let task):
        tasks.append(task)
        status = 0
      case .failure(let failure): status = failure
      }
    }
    input?.close()
    let last = wait(for: tasks)
    return status == 0 ? last : status
  }

  private mutating func start(
    _ stage: PipelineStage, _ input: Handle?, _ output: Handle?, _ state: ShellState
  ) -> Launcher.Start {
    var channels = SavedChannels()
    defer { channels.giveBack() }
    do throws(SystemError) {
      if let input { try channels.place(input, at: .input) }
      if let output { try channels.place(output, at: .output) }
    } catch { return .failure(report(Bytes("|"), error.fileSentence, status: 126)) }
    switch stage {
    case .script(let script): return Launcher(script: script).start(state)
    case .command(let command, let redirections):
      do throws(ShellComplaint) { try channels.make(redirections) } catch {
        complain(error.text)
        return .failure(1)
      }
      return launcher(for: command, state).start(state)
    }
  }
}
