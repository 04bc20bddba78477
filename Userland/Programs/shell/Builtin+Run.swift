// What each of the shell's commands is bound to.

import ABI
import Primitives
import SDK

extension Builtin {
  /// Runs the command and returns its status.
  func run(_ words: borrowing CommandWords, _ system: inout MeghaSystem, _ state: inout ShellState) -> Int32 {
    switch self {
    case .help: return helpCommand(words)
    case .echo: return echoCommand(words)
    case .run, .sandbox: return Launcher(of: self, words)?.run(&system, state) ?? reportWrongStart(words)
    case .rights: return rightsCommand(words, state)
    case .jobs: return system.jobsCommand()
    case .fg: return system.foregroundCommand(words)
    case .bg: return system.backgroundCommand(words)
    case .wait: return system.waitCommand(words)
    case .kill: return system.killCommand(words)
    case .cd: return system.changeFolder(words, &state)
    case .pwd: return pwdCommand(state)
    case .ls: return lsCommand(words, &system, state)
    case .cat: return catCommand(words, state)
    case .head, .tail: return headCommand(words, state)
    case .wc: return wcCommand(words, state)
    case .grep: return grepCommand(words, state)
    case .sort: return sortCommand(words, state)
    case .hexdump: return hexdumpCommand(words, state)
    case .less: return lessCommand(words, state)
    case .find: return findCommand(words)
    case .du: return duCommand(words)
    case .stat: return statCommand(words)
    case .chmod: return chmodCommand(words)
    case .cmp: return cmpCommand(words, state)
    case .mkdir: return mkdirCommand(words)
    case .rmdir: return forEachPath(words) { path throws(SystemError) in try Files.remove(path, isDirectory: true) }
    case .rm: return rmCommand(words)
    case .cp: return cpCommand(words)
    case .mv: return mvCommand(words)
    case .ln: return lnCommand(words)
    case .touch: return touchCommand(words)
    case .tee: return teeCommand(words)
    case .df: return dfCommand(words)
    case .mount: return mountCommand(words)
    case .umount: return forEachPath(words) { path throws(SystemError) in try Files.unmount(path) }
    case .sync: return syncCommand(words)
    case .ps: return psCommand()
    case .top: return topCommand(words)
    case .nice: return niceCommand(words)
    case .sleep: return sleepCommand(words)
    case .date: return dateCommand()
    case .uptime: return uptimeCommand()
    case .free: return freeCommand(words)
    case .maps: return mapsCommand(words)
    case .dmesg: return dmesgCommand()
    case .lsmod: return lsmodCommand()
    case .insmod: return insmodCommand(words)
    case .rmmod: return rmmodCommand(words)
    case .modinfo: return modinfoCommand(words)
    case .service: return serviceCommand(words)
    case .which: return whichCommand(words, &system, state)
    case .env: return envCommand(state)
    case .history: return system.historyCommand(words)
    case .read: return readCommand(words, &state)
    case .clear: return clearCommand()
    }
  }

  /// Says how the command is used; returns the status of a wrong use.
  func reportUsage() -> Int32 {
    Console.complain { help.writeUsage(to: &$0) }
    return 2
  }

  private func reportWrongStart(_ words: borrowing CommandWords) -> Int32 {
    guard self == .run, let index = Launcher.wrongWord(words) else { return reportUsage() }
    return reportUnknown(words[index].copied, among: help.options)
  }

  /// Says that a word is not known, and how the command is used; returns the status of a wrong use.
  func reportUnknown(_ word: [UInt8], among known: [[UInt8]] = []) -> Int32 {
    let meant = Guess.names(like: word, among: known)
    Console.complain {
      $0.write("shell: ")
      $0.write(help.name)
      $0.write(": ")
      $0.write(word)
      $0.write(" is not known")
      if let first = meant.first {
        $0.write("; did you mean ")
        $0.write(first)
        $0.write("?")
      }
      $0.write("\n")
    }
    return reportUsage()
  }

  /// Says what went wrong; returns the status of a failure.
  func reportFailure(_ sentence: StaticString) -> Int32 { report(Bytes(help.name), sentence) }
}

/// Says why something about `subject` failed; returns `status`.
func report(_ subject: Bytes, _ sentence: StaticString, status: Int32 = 1) -> Int32 {
  Console.complain {
    $0.write("shell: ")
    $0.write(subject)
    $0.write(": ")
    $0.write(sentence)
    $0.write("\n")
  }
  return status
}

func report(_ subject: [UInt8], _ sentence: StaticString, status: Int32 = 1) -> Int32 {
  subject.withBytes { report($0, sentence, status: status) }
}
