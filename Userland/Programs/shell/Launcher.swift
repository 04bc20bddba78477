// Starts programs, in the foreground or as jobs.

import ABI
import Primitives
import SDK
import ServiceSupport

struct Launcher {
  private let words: [[UInt8]]
  private var options = StartOptions()
  /// Whether the file is a program of Linux's, whatever its notes say.
  private var isForeign = false

  /// How a start came out.
  enum Start {
    case task(TaskIdentity)
    /// It was said why; the status that stands for it.
    case failure(Int32)
  }

  /// Where the program's output goes.
  var output: HandleSource {
    get { options.output }
    set { options.output = newValue }
  }

  /// - Parameter words: the program and its arguments; at least one.
  init(words: [[UInt8]]) { self.words = words }

  /// - Parameter script: what a shell of its own has to run.
  init(script: [UInt8]) { self.init(words: [StaticText("/bin/shell").bytes, StaticText("--command").bytes, script]) }

  private init(_ words: borrowing CommandWords, from first: Int) {
    var list: [[UInt8]] = []
    for index in first..<words.count { list.append(words[index].copied) }
    self.words = list
  }

  /// Which of the words of `run` is wrong; nil: none, but there is no program.
  struct WrongWord: Error {
    let index: Int?
  }

  static func wrongWord(_ words: borrowing CommandWords) -> Int? {
    do throws(WrongWord) { _ = try Launcher(run: words) } catch { return error.index }
    return nil
  }

  /// What the commands `run` and `sandbox` start; nil: any other command, or a wrong use.
  init?(of builtin: Builtin, _ words: borrowing CommandWords) {
    switch builtin {
    case .run:
      do throws(WrongWord) { try self.init(run: words) } catch { return nil }
    case .sandbox:
      guard words.count > 1 else { return nil }
      self.init(words, from: 1)
      options.droppedRights = .all
    default: return nil
    }
  }

  /// `run [--linux] [--ring0] [--stack separate|shared] [--guarded] [--guard-heap] [--priority N] [--limit LIST] [--share N] PROGRAM
  /// [WORD...]`
  private init(run words: borrowing CommandWords) throws(WrongWord) {
    var options = StartOptions()
    var index = 1
    var isForeign = false
    while index < words.count, words[index].hasPrefix("--") {
      let option = words[index]
      let value = index + 1 < words.count ? words[index + 1] : Bytes("")
      if option == "--linux" {
        isForeign = true
      } else if option == "--ring0" {
        options.flags.insert(.ring0)
      } else if option == "--guarded" {
        options.flags.formUnion([.ring0, .guarded])
      } else if option == "--guard-heap" {
        options.guardsHeap = true
      } else if option == "--stack", value == "shared" {
        options.flags.formUnion([.ring0, .sharedStack])
        index += 1
      } else if option == "--stack", value == "separate" {
        index += 1
      } else if option == "--priority", let priority = value.number, priority >= 1, priority <= 31 {
        options.priority = priority
        index += 1
      } else if option == "--limit", let limits = Limits(value.copied) {
        options.flags.insert(.ownJob)
        options.limits.pages = limits.pages
        options.limits.kernelBytes = limits.kernelBytes
        options.limits.tasks = limits.tasks
        index += 1
      } else if option == "--share", let share = value.number, share >= 1, share <= 1000 {
        options.flags.insert(.ownJob)
        options.share = share
        index += 1
      } else {
        // What does not begin with a dash is a value of the option in front of it.
        let isKnown = Builtin.run.help.options.contains(option.copied)
        throw WrongWord(index: isKnown && index + 1 < words.count ? index + 1 : index)
      }
      index += 1
    }
    guard index < words.count else { throw WrongWord(index: nil) }
    self.init(words, from: index)
    self.options = options
    self.isForeign = isForeign
  }

  /// Starts the program and waits for it. Returns its status; 127 where there is no such program, 126 where it could not
  /// be started.
  func run(_ system: inout MeghaSystem, _ state: ShellState) -> Int32 {
    switch start(state) {
    case .task(let task): system.wait(for: [task], as: system.commandText)
    case .failure(let status): status
    }
  }

  /// Starts the program as a job.
  func start(_ system: inout MeghaSystem, _ state: inout ShellState, text: [UInt8]) -> Int32 {
    var launcher = self
    // So it does not read what is typed for this shell.
    launcher.options.flags.insert(.ownJob)
    switch launcher.start(state) {
    case .task(let task):
      let job = system.jobs.add(task: task.number, text: text)
      state.lastBackground = task.number
      Console.write {
        $0.write("[")
        $0.write(decimal: job.number)
        $0.write("] task ")
        $0.write(decimal: task.number)
        $0.write("\n")
      }
      return 0
    case .failure(let status): return status
    }
  }

  /// Starts the program, or says why it could not be started.
  func start(_ state: ShellState) -> Start {
    do throws(Refusal) { return .task(try process(state)) } catch { return .failure(explain(error, state)) }
  }

  private func process(_ state: ShellState) throws(Refusal) -> TaskIdentity {
    var arguments = WordList()
    for word in words { arguments.append(word) }
    var environment = WordList()
    for variable in state.variables where variable.isExported {
      environment.append(variable.name + [0x3d] + variable.value)
    }
    var options = options
    options.environment = environment
    let path = MeghaSystem.programPath(words[0], from: state.folder)
    let needs = try Self.rights(of: path)
    options.droppedRights.formUnion(Self.dropped(needs))
    if isForeign { return try startForeign(path, arguments, options) }
    do throws(Refusal) {
      return try path.withBytes { path throws(Refusal) in
        try Process.start(path, arguments: arguments, options: options)
      }
    } catch {
      if error.error == .otherSystem { return try startForeign(path, arguments, options) }
      guard error.error == .badExecutable, Self.isScript(path) else { throw error }
      // The shell reads it instead.
      arguments = WordList()
      arguments.append("/bin/shell")
      arguments.append(path)
      for word in words.dropFirst() { arguments.append(word) }
      // Its text does what could be typed here, unless it asks for less.
      if needs.wanted == nil { options.droppedRights = self.options.droppedRights }
      return try Process.start(Bytes("/bin/shell"), arguments: arguments, options: options)
    }
  }

  /// What a program is given less of the shell's rights: it gets those that its author has asked for.
  private static func dropped(_ needs: ProgramRights) -> Rights { Rights.all.subtracting(needs.granted(of: .all)) }

  private static func rights(of path: [UInt8]) throws(Refusal) -> ProgramRights {
    do throws(UnknownRight) { return try ProgramRights(path) } catch {
      var sentence = ByteWriter()
      error.describe(to: &sentence)
      throw Refusal(error: .badArgument, explanation: sentence.bytes)
    }
  }

  /// Starts a program of Linux's, with the service that knows what its calls mean; starts that where it does not run.
  private func startForeign(
    _ path: [UInt8], _ arguments: borrowing WordList, _ options: StartOptions
  ) throws(Refusal) -> TaskIdentity {
    let client: ServiceClient
    do throws(SystemError) { client = try Self.personality() } catch { throw Refusal(error) }
    defer { client.close() }
    var options = options
    options.personality = client.number
    return try path.withBytes { path throws(Refusal) in
      try Process.start(path, arguments: arguments, options: options)
    }
  }

  private static func personality() throws(SystemError) -> ServiceClient {
    if let client = try? ServiceClient("linux") {
      if (try? client.callShort(CommonOperation.ping)) == 1 { return client }
      client.close()
    }
    if let refusal = try ManagerClient.ask(.start, Bytes("linux")) {
      Console.complain {
        $0.write("shell: the service linux was not started: ")
        $0.write(refusal)
        $0.write("\n")
      }
    }
    return try ServiceClient("linux")
  }

  /// Whether a file begins with `#!`.
  private static func isScript(_ path: [UInt8]) -> Bool {
    path.withBytes { path in
      var isScript = false
      do throws(SystemError) {
        _ = try File(path).read { piece in isScript = piece.hasPrefix("#!") }
      } catch { return false }
      return isScript
    }
  }

  private func explain(_ refusal: Refusal, _ state: ShellState) -> Int32 {
    if refusal.error == .notFound {
      if words[0].contains(0x2f), ShellFiles.kind(of: MeghaSystem.programPath(words[0], from: state.folder)) == .folder
      {
        return report(words[0], "this is a folder", status: 126)
      }
      var meant =
        words[0].contains(0x2f)
        ? [] : Guess.names(like: words[0], among: Names.commands(state)).filter { $0 != words[0] }
      if let instead = Guess.instead(of: words[0]) { meant = [StaticText(instead).bytes] }
      Console.complain {
        $0.write("shell: ")
        $0.write(words[0])
        $0.write(": there is no such command or program")
        for (index, name) in meant.enumerated() {
          $0.write(index == 0 ? "; did you mean " : index == meant.count - 1 ? " or " : ", ")
          $0.write(name)
        }
        $0.write(meant.isEmpty ? "\n" : "?\n")
      }
      return 127
    }
    Console.complain {
      $0.write("shell: ")
      $0.write(words[0])
      $0.write(" was not started: ")
      refusal.describe(to: &$0)
      $0.write("\n")
    }
    return 126
  }
}
