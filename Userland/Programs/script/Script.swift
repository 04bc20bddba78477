// Runs a program at a pseudo-terminal, and keeps what it shows: `script FILE [PROGRAM [WORD...]]`. Without a program it is a shell.
//
// What is typed here is typed there, every key; what is shown there is shown here and written to the file.
//
// Invariants: this terminal is as it was found when the program has ended; all that it showed is in the file by then, or it was said
// why not.

import ABI
import Primitives
import SDK

@main
struct Script: Program {
  private let inner: PseudoTerminal
  private let file: Handle
  /// Nil: the input is something else, and nobody types.
  private let outer: Terminal?
  private var failure: SystemError?

  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 1, !ProgramInformation.argument(1).hasPrefix("-") else {
      Console.complain(
        """
        usage: script FILE [PROGRAM [WORD...]]
        runs a program at a terminal of its own, and writes all that it shows to a file
        for example: script /tmp/log shell

        """)
      return 2
    }
    let path = ProgramInformation.argument(1)
    do throws(SystemError) {
      let file = try Handle.open(path.copied, [.write, .create, .truncate])
      var script = Script(inner: try PseudoTerminal(), file: file, outer: Terminal(.input))
      return script.runProgram()
    } catch {
      Console.complain {
        $0.write("script: ")
        $0.write(path)
        $0.write(": ")
        $0.write(error.fileSentence)
        $0.write("\n")
      }
      return 1
    }
  }

  private init(inner: PseudoTerminal, file: Handle, outer: Terminal?) {
    self.inner = inner
    self.file = file
    self.outer = outer
  }

  private mutating func runProgram() -> Int32 {
    var arguments = WordList()
    for index in 2..<max(ProgramInformation.argumentCount, 2) { arguments.append(ProgramInformation.argument(index)) }
    if arguments.count == 0 { arguments.append("shell") }
    var options = StartOptions()
    options.input = .handle(inner.terminal.handle.number)
    (options.output, options.error) = (options.input, options.input)
    guard let dropped = arguments.withWord(0, Self.rightsNotWanted) else { return 126 }
    options.droppedRights = dropped
    let size = outer?.size ?? (columns: 80, rows: 25)
    try? inner.terminal.set(columns: UInt32(size.columns), rows: UInt32(size.rows))
    let task: TaskIdentity
    do throws(Refusal) {
      task = try arguments.withWord(0) { name throws(Refusal) in
        try Process.start(named: name, arguments: arguments, options: options)
      }
    } catch {
      Console.complain {
        $0.write("script: ")
        $0.write(arguments.withWord(0) { $0.copied })
        $0.write(": ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return 126
    }
    inner.terminal.handle.close()
    let found = try? outer?.information().settings
    if let found { try? outer?.set(found.raw) }
    let status = pass(until: task)
    if let found { try? outer?.set(found) }
    guard let failure else { return status }
    Console.complain {
      $0.write("script: not all was written: ")
      $0.write(failure.fileSentence)
      $0.write("\n")
    }
    return 1
  }

  /// What the program of a name gets less of the rights here, as where a shell starts it; nil: it was said why that is not known.
  private static func rightsNotWanted(_ name: Bytes) -> Rights? {
    let path = name.isPath ? name.copied : Bytes("/bin/").copied + name.copied
    do throws(UnknownRight) { return Rights.all.subtracting(try ProgramRights(path).granted(of: .all)) } catch {
      Console.complain {
        $0.write("script: ")
        $0.write(name)
        $0.write(": ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return nil
    }
  }

  /// Passes on what is typed and what is shown until the terminal's side is gone. Returns the program's status.
  private mutating func pass(until task: TaskIdentity) -> Int32 {
    var bytes = InlineArray<512, UInt8>(repeating: 0)
    var types = outer != nil
    while true {
      var poll = Poll()
      let shown = poll.add(inner.master, .readable)
      let typed = types ? poll.add(.input, .readable) : nil
      guard (try? poll.wait()) ?? false else { break }
      if poll[shown].contains(.readable) {
        let count = (try? inner.master.read(into: &bytes)) ?? 0
        if count == 0 { break }
        keep(bytes, count)
      }
      if poll[typed].contains(.readable) {
        let count = (try? Handle.input.read(into: &bytes)) ?? 0
        if count == 0 { types = false }
        try? inner.master.write(bytes, count)
      }
    }
    inner.master.close()
    return ((try? task.wait()) ?? .killed(status: 1)).shellStatus
  }

  private mutating func keep(_ bytes: InlineArray<512, UInt8>, _ count: Int) {
    try? Handle.output.write(bytes, count)
    guard failure == nil else { return }
    do throws(SystemError) { try file.write(bytes, count) } catch { failure = error }
  }
}
