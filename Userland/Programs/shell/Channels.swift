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

  /// Makes a channel read a text. It fits into a pipe, so that nobody has to wait for whoever reads it.
  private mutating func place(text: [UInt8], at channel: Handle) throws(SystemError) {
    let pipe = try Pipe()
    defer {
      pipe.reading.close()
      pipe.writing.close()
    }
    try pipe.writing.write(text)
    try place(pipe.reading, at: channel)
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
      case .text(let text):
        do throws(SystemError) { try place(text: text, at: channel) } catch {
          throw ShellComplaint(StaticText("<<: ").bytes + StaticText(error.fileSentence).bytes)
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
    let showsPages = isPager(stages[stages.count - 1])
    for (index, stage) in stages.enumerated() where !showsPages || index + 1 < stages.count {
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
    if showsPages, let input { return showPages(from: input, tasks) }
    input?.close()
    let last = wait(for: tasks, as: text(of: stages))
    return status == 0 ? last : status
  }

  /// A pipeline as it could be typed.
  private func text(of stages: [PipelineStage]) -> [UInt8] {
    var text: [UInt8] = []
    for (index, stage) in stages.enumerated() {
      if index > 0 { text += StaticText(" | ").bytes }
      switch stage {
      case .command(let command, _): text += Self.text(of: command)
      case .script: text += StaticText("...").bytes
      }
    }
    return text
  }

  /// Whether `less` stands here with nothing but the input to show. A shell of its own would have no keys: the console's input is
  /// this one's.
  private func isPager(_ stage: PipelineStage) -> Bool {
    guard case .command(let command, let redirections) = stage, redirections.isEmpty, TypedInput.isReading else {
      return false
    }
    let name = CommandWords(command.words)
    return Builtin(named: command.words[0]) == .less && (name.count == 1 || name.count == 2 && name[1] == "-")
      && Builtin.writesToConsole
  }

  /// How many bytes are taken to be shown. Whoever writes more ends as where nobody reads.
  private static var pagedBytes: Int { 1_048_576 }

  /// Shows what comes out of a pipe once it has ended, or is more than can be shown.
  private mutating func showPages(from input: Handle, _ tasks: [TaskIdentity]) -> Int32 {
    let thread: Thread
    do throws(SystemError) { thread = try CommandOutput.beginTaking(from: input, limit: Self.pagedBytes) } catch {
      input.close()
      _ = wait(for: tasks)
      return report(Bytes("less"), error.sentence)
    }
    _ = wait(for: tasks)
    _ = try? thread.join()
    if hasInterrupted { return 130 }
    Builtin.less.showPages(of: CommandOutput.bytes, name: StaticText("the input").bytes)
    return 0
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
