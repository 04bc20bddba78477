// Writes docs/linux-calls.md: what becomes of each system call of Linux's on the i386.

import LinuxPersonality

enum LinuxCallsPage {
  static let notice =
    "Written by `megha generate` from Personalities/Linux and Tools/Generator/LinuxCallsPage.swift; edit those."

  /// What a call that is answered does not do. Those that are not named do all that a program of one thread sees.
  private static let limits: [LinuxCall: String] = [
    .fork: "", .vfork: "the parent goes on at once, and memory is not shared",
    .clone: "as `fork` and `vfork` use it; no threads",
    .execve: "static programs; no scripts",
    .wait4: "no use of resources; any child instead of a group's", .waitpid: "any child instead of a group's",
    .open: "no `O_NOFOLLOW`, `O_TMPFILE`, `O_NONBLOCK`", .openat: "the same; relative to the working directory only",
    .kill: "to whom the sender may end", .tgkill: "the same", .tkill: "the same",
    .rtSigaction: "no `SA_NOCLDWAIT`; who sent is not told",
    .setitimer: "`ITIMER_REAL`", .getitimer: "the same",
    .sigaltstack: "not where the kernel works on the program's stack",
    .ioctl: "settings, size and group of terminals, `FIONREAD` of them",
    .poll: "32 descriptors; reading, writing, hang-ups",
    .mmap2: "memory of no file; `MAP_SHARED` is not shared with copies",
    .mprotect: "mappings, and the program's data to take writing away", .fcntl64: "descriptors and flags; no locks",
    .statx: "basic fields", .clockGettime: "real time and time since boot", .clockGettime64: "the same",
    .clockNanosleepTime64: "relative", .clockNanosleep: "relative", .prctl: "the name",
    .ugetrlimit: "stack and open files", .prlimit64: "one's own, to look at", .ftruncate64: "up to 4 GiB",
    .getpgid: "of programs of Linux's", .getsid: "of programs of Linux's",
    .access: "whether something is there, and runs", .umask: "directories",
    .faccessat: "the same", .faccessat2: "the same", .unlinkat: "from the working directory",
    .mkdirat: "from the working directory", .readlinkat: "from the working directory",
    .fstatat64: "from the working directory", .setThreadArea: "entry 6", .pipe2: "`O_CLOEXEC`",
    .sync: "the file system of `/`", .setTidAddress: "nothing is cleared at the end",
  ]

  /// Numbers that are known and answered `ENOSYS` without a word.
  private static let absent: [LinuxCall] = [.setRobustList, .rseq, .getrandom]

  static func text() -> String {
    let answered = LinuxCall.allCases.filter { !absent.contains($0) }
    let whole = answered.filter { (limits[$0] ?? "").isEmpty }.count
    var text = """
      <!-- \(notice) -->

      # Linux calls

      What becomes of the \(named.count) system calls that Linux has for programs of the i386: \(whole) are done, \
      \(answered.count - whole) in part, and \(named.count - answered.count) answer `ENOSYS`, of which the service tells once for each
      ([Linux programs](linux.md)).

      | number | call | |
      | ---: | --- | --- |

      """
    for (number, name) in named {
      let call = LinuxCall(rawValue: number)
      let state: String
      if let call, !absent.contains(call) {
        let limit = limits[call] ?? ""
        state = limit.isEmpty ? "done" : "in part: \(limit)"
      } else {
        state = "`ENOSYS`"
      }
      text += "| \(number) | `\(name)` | \(state) |\n"
    }
    return text
  }

  private static var named: [(UInt32, String)] {
    (0..<CallNames.count).compactMap { number in
      CallNames.name(of: number).map { (number, String(decoding: $0, as: UTF8.self)) }
    }
  }
}
