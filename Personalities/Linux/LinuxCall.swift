// The calls that are answered, by their numbers on the i386 (arch/x86/entry/syscalls/syscall_32.tbl). CallNames.swift has the
// names of all.

/// Calls that are answered, wholly or in part.
public enum LinuxCall: UInt32, CaseIterable, Sendable {
  case exit = 1
  case fork = 2
  case read = 3
  case write = 4
  case open = 5
  case close = 6
  case waitpid = 7
  case link = 9
  case unlink = 10
  case execve = 11
  case chdir = 12
  case time = 13
  case chmod = 15
  case lseek = 19
  case getpid = 20
  case alarm = 27
  case pause = 29
  case access = 33
  case sync = 36
  case kill = 37
  case rename = 38
  case mkdir = 39
  case rmdir = 40
  case dup = 41
  case pipe = 42
  case brk = 45
  case ioctl = 54
  case setpgid = 57
  case umask = 60
  case dup2 = 63
  case getppid = 64
  case getpgrp = 65
  case setsid = 66
  case gettimeofday = 78
  case symlink = 83
  case readlink = 85
  case munmap = 91
  case setitimer = 104
  case getitimer = 105
  case wait4 = 114
  case sigreturn = 119
  case clone = 120
  case uname = 122
  case mprotect = 125
  case getpgid = 132
  case llseek = 140
  case readv = 145
  case writev = 146
  case getsid = 147
  case schedYield = 158
  case nanosleep = 162
  case poll = 168
  case prctl = 172
  case rtSigreturn = 173
  case rtSigaction = 174
  case rtSigprocmask = 175
  case rtSigpending = 176
  case rtSigsuspend = 179
  case getcwd = 183
  case sigaltstack = 186
  case vfork = 190
  case ugetrlimit = 191
  case mmap2 = 192
  case ftruncate64 = 194
  case stat64 = 195
  case lstat64 = 196
  case fstat64 = 197
  case getuid32 = 199
  case getgid32 = 200
  case geteuid32 = 201
  case getegid32 = 202
  case getdents64 = 220
  case fcntl64 = 221
  case gettid = 224
  case tkill = 238
  case setThreadArea = 243
  case exitGroup = 252
  case setTidAddress = 258
  case clockGettime = 265
  case clockNanosleep = 267
  case tgkill = 270
  case openat = 295
  case mkdirat = 296
  case fstatat64 = 300
  case unlinkat = 301
  case readlinkat = 305
  case faccessat = 307
  case setRobustList = 311
  case dup3 = 330
  case pipe2 = 331
  case prlimit64 = 340
  case getrandom = 355
  case statx = 383
  case rseq = 386
  case clockGettime64 = 403
  case clockNanosleepTime64 = 407
  case faccessat2 = 439

  /// Whether it is made once more where a handler cut it short that asks for this (signal(7)).
  var isRestarted: Bool {
    switch self {
    case .read, .write, .readv, .writev, .open, .openat, .waitpid, .wait4, .ioctl: true
    default: false
    }
  }
}
