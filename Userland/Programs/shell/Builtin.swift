// The table of the shell's own commands: name, arguments, what each does, and where it is.

import ABI
import Primitives
import SDK

enum Builtin: UInt8 {
  case help, exit, echo, run, sandbox
  case ps, top, kill, nice, sleep, date
  case free, maps, dmesg, ls, cat
  case lsmod, insmod, rmmod, modinfo, service

  private static var count: UInt8 { 21 }

  init?(named name: Bytes) {
    for value in 0..<Self.count {
      if let builtin = Builtin(rawValue: value), name == builtin.name {
        self = builtin
        return
      }
    }
    return nil
  }

  /// All of them, in the order of the table.
  static func forEach(_ body: (Builtin) -> Void) {
    for value in 0..<count {
      if let builtin = Builtin(rawValue: value) { body(builtin) }
    }
  }

  var name: StaticString {
    switch self {
    case .help: "help"
    case .exit: "exit"
    case .echo: "echo"
    case .run: "run"
    case .sandbox: "sandbox"
    case .ps: "ps"
    case .top: "top"
    case .kill: "kill"
    case .nice: "nice"
    case .sleep: "sleep"
    case .date: "date"
    case .free: "free"
    case .maps: "maps"
    case .dmesg: "dmesg"
    case .ls: "ls"
    case .cat: "cat"
    case .lsmod: "lsmod"
    case .insmod: "insmod"
    case .rmmod: "rmmod"
    case .modinfo: "modinfo"
    case .service: "service"
    }
  }

  var parameters: StaticString {
    switch self {
    case .help, .ps, .date, .dmesg, .lsmod: ""
    case .exit: "[STATUS]"
    case .echo: "[WORD...]"
    case .run: "[OPTION...] PROGRAM [WORD...]"
    case .sandbox: "PROGRAM [WORD...]"
    case .top: "[SECONDS]"
    case .kill: "TASK [STATUS]"
    case .nice: "PRIORITY TASK"
    case .sleep: "MILLISECONDS"
    case .free: "[--check|--heap]"
    case .maps: "TASK"
    case .ls: "[FOLDER]"
    case .cat: "FILE..."
    case .insmod: "MODULE|FILE [NAME=VALUE...]"
    case .rmmod: "[--wait] MODULE"
    case .modinfo: "MODULE|FILE"
    case .service: "ACTION [NAME] [--as PLACEMENT [--without-state]]"
    }
  }

  var summary: StaticString {
    switch self {
    case .help: "shows this table"
    case .exit: "ends the shell, with the last command's status unless told another"
    case .echo: "prints its words; $? is the last command's status"
    case .run: "runs a program: --ring0, --stack separate|shared, --guarded, --priority N"
    case .sandbox: "runs a program that may use none of the rights the shell holds"
    case .ps: "shows all tasks, as a tree"
    case .top: "shows which tasks used the processor, once a second"
    case .kill: "ends a task"
    case .nice: "sets a task's priority, 0 (lowest) to 31"
    case .sleep: "waits"
    case .date: "asks the service `clock` for the time"
    case .free: "counts the memory by owner; --check proves the counts"
    case .maps: "shows the regions of a task's address space"
    case .dmesg: "prints the kernel's log"
    case .ls: "lists the files of the boot archives"
    case .cat: "prints files"
    case .lsmod: "lists the kernel modules"
    case .insmod: "links a module into the kernel and starts it"
    case .rmmod: "stops a module and takes it out; --wait: once the calls inside have come back"
    case .modinfo: "describes a module, loaded or not"
    case .service: "list, start, stop, move, save: runs services as server, ring0-server or linked"
    }
  }

  /// Runs the command and returns its status.
  func run(_ words: borrowing CommandWords, lastStatus: Int32) -> Int32 {
    switch self {
    case .help: helpCommand()
    case .exit: exitCommand(words, lastStatus)
    case .echo: echoCommand(words)
    case .run: Launcher.run(words)
    case .sandbox: Launcher.sandbox(words)
    case .ps: psCommand()
    case .top: topCommand(words)
    case .kill: killCommand(words)
    case .nice: niceCommand(words)
    case .sleep: sleepCommand(words)
    case .date: dateCommand()
    case .free: freeCommand(words)
    case .maps: mapsCommand(words)
    case .dmesg: dmesgCommand()
    case .ls: lsCommand(words)
    case .cat: catCommand(words)
    case .lsmod: lsmodCommand()
    case .insmod: insmodCommand(words)
    case .rmmod: rmmodCommand(words)
    case .modinfo: modinfoCommand(words)
    case .service: serviceCommand(words)
    }
  }

  /// Says how the command is used; returns the status of a wrong use.
  func reportUsage() -> Int32 {
    Console.write {
      $0.write("usage: ")
      $0.write(name)
      $0.write(" ")
      $0.write(parameters)
      $0.write("\n")
    }
    return 2
  }
}
