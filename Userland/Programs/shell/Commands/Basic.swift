// The commands that concern the shell itself.

import ABI
import Primitives
import SDK

extension Builtin {
  func helpCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count < 3 else { return reportUsage() }
    if words.count == 2 { return helpPage(words[1].copied) }
    CommandHelp.forEach { help in Console.write { help.writeLine(to: &$0) } }
    Console.write("Any other name is a program in /bin, for example edit, rings, crash, bench; ls /bin shows all.\n")
    Console.write("Commands are separated by ; && || and line ends; a & at the end runs one beside the shell.\n")
    Console.write("if, while, until, for, case, { } and functions are as in other shells; help if tells more.\n")
    Console.write("Control-Alt-Space, or Control-] twice on a serial line, brings a shell beside whatever runs.\n")
    return 0
  }

  func showHelp() -> Int32 {
    Console.write { help.writePage(to: &$0) }
    return 0
  }

  private func helpPage(_ name: [UInt8]) -> Int32 {
    if let help = CommandHelp.find(name) {
      Console.write { help.writePage(to: &$0) }
      return 0
    }
    if Names.files(in: "/bin", ending: "").contains(name) {
      Console.write {
        $0.write(name)
        $0.write(" is a program; without the words that it needs it may say how it is used\n")
      }
      return 0
    }
    let meant = Guess.names(like: name, among: Names.helped)
    Console.write {
      $0.write("shell: no help is there for ")
      $0.write(name)
      if let first = meant.first {
        $0.write("; did you mean ")
        $0.write(first)
        $0.write("?")
      }
      $0.write("\n")
    }
    return 1
  }

  func echoCommand(_ words: borrowing CommandWords) -> Int32 {
    var line = ConsoleLine()
    let isWhole = words.count < 2 || !(words[1] == "-n")
    let first = isWhole ? 1 : 2
    for index in first..<max(first, words.count) {
      if index > first { line.write(" ") }
      line.write(words[index])
    }
    if isWhole { line.write("\n") }
    line.flush()
    return 0
  }

  func sleepCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2, let milliseconds = TextTools.milliseconds(words[1].copied) else { return reportUsage() }
    TypedInput.sleep(milliseconds: milliseconds)
    return 0
  }

  func clearCommand() -> Int32 {
    Console.write("\u{1b}[2J\u{1b}[H")
    return 0
  }

  func pwdCommand(_ state: ShellState) -> Int32 {
    Console.write {
      $0.write(state.folder)
      $0.write("\n")
    }
    return 0
  }

  func envCommand(_ state: ShellState) -> Int32 {
    for variable in state.variables where variable.isExported {
      Console.write {
        $0.write(variable.name)
        $0.write("=")
        $0.write(variable.value)
        $0.write("\n")
      }
    }
    return 0
  }

  /// Says where programs are, and which names are the shell's own.
  func whichCommand(_ words: borrowing CommandWords, _ system: inout MeghaSystem, _ state: ShellState) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    var status: Int32 = 0
    for index in 1..<words.count {
      let name = words[index].copied
      if Builtin(named: name) != nil || LanguageCommand(named: name) != nil {
        Console.write {
          $0.write(name)
          $0.write(" is a command of the shell\n")
        }
      } else if let path = system.program(named: name, from: state.folder) {
        Console.write {
          $0.write(path)
          $0.write("\n")
        }
      } else {
        status = report(words[index], "there is no such command or program")
      }
    }
    return status
  }

  /// The next line of the input, and no byte behind it; nil at the end.
  private static func lineOfInput() -> [UInt8]? {
    var line: [UInt8] = []
    do throws(SystemError) {
      while let byte = try TextSource.byteOfInput() {
        if byte == 0x0a { return line }
        line.append(byte)
        guard line.count <= LineEditor.lengthLimit else {
          _ = Builtin.read.reportFailure("the line has more than 4,096 bytes; the rest of it was not read")
          return nil
        }
      }
      return line.isEmpty ? nil : line
    } catch {
      _ = Builtin.read.reportFailure(error.sentence)
      return nil
    }
  }

  /// Reads a line into variables: a word each, and what is left into the last.
  func readCommand(_ words: borrowing CommandWords, _ state: inout ShellState) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    guard let line = Self.lineOfInput() else { return 1 }
    var rest = line[...]
    for index in 1..<words.count {
      let name = words[index].copied
      guard ShellName.isName(name) else { return reportFailure("a name is letters, digits and _, and no digit first") }
      rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
      var value = [UInt8](rest)
      if index + 1 < words.count {
        value = [UInt8](rest.prefix { $0 != 0x20 && $0 != 0x09 })
        rest = rest.dropFirst(value.count)
      } else {
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
      }
      do throws(ShellRefusal) { try state.set(name, value) } catch { return reportFailure(error.sentence) }
    }
    return 0
  }
}

extension MeghaSystem {
  mutating func historyCommand(_ words: borrowing CommandWords) -> Int32 {
    if words.count == 2, words[1] == "-c" {
      history = []
      forgetsHistory = true
      return 0
    }
    guard words.count == 1 else { return Builtin.history.reportUsage() }
    for (index, line) in history.enumerated() {
      Console.write {
        $0.write(decimal: UInt64(index + 1), width: 5)
        $0.write("  ")
        $0.write(line)
        $0.write("\n")
      }
    }
    guard let failure = historyFile.failure, let path = historyFile.path else { return 0 }
    return report(StaticText("not kept in ").bytes + path, failure.fileSentence)
  }

  mutating func changeFolder(_ words: borrowing CommandWords, _ state: inout ShellState) -> Int32 {
    guard words.count < 3 else { return Builtin.cd.reportUsage() }
    let isBack = words.count == 2 && words[1] == "-"
    let path =
      words.count == 1 ? [0x2f] : isBack ? formerFolder : ShellPath.absolute(words[1].copied, from: state.folder)
    do throws(SystemError) { try Files.changeDirectory(path) } catch {
      switch error {
      case .notFound: return report(path, "there is no such folder")
      case .notADirectory: return report(path, "this is no folder")
      default: return report(path, error.fileSentence)
      }
    }
    do throws(ShellRefusal) { try state.set(StaticText("PWD").bytes, path, isExported: true) } catch {
      return Builtin.cd.reportFailure(error.sentence)
    }
    formerFolder = state.folder
    state.folder = path
    if isBack { return Builtin.pwd.pwdCommand(state) }
    return 0
  }
}
