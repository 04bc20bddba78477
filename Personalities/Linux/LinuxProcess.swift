// A process as Linux sees it, and where it is in the call that it makes.
//
// Invariant: `pending` says what the next result is for; between two calls it is `none`.

import ABI

/// What the result of the step under way is for.
enum Pending: Equatable {
  case none
  /// Only whether it is an error.
  case answer(Int32, isPath: Bool = false)
  /// The text of a path.
  case path(PathCall)
  case secondPath(PathCall, first: [UInt8])
  case opened(flags: UInt32)
  /// A description of what a path or a descriptor leads to.
  case described(StatusForm, buffer: UInt32, handle: UInt32?)
  case kind(StatusForm, buffer: UInt32)
  case access(mode: UInt32)
  case directory(DirectoryReading)
  case vectors(VectorTransfer)
  case transferred(VectorTransfer)
  case written
  case position(SeekRequest)
  case sought(SeekRequest, to: UInt64)
  case replacing(address: UInt32, length: UInt32, permissions: UInt32)
  case mapped
  case programBreak(UInt32)
  case threadArea(at: UInt32)
  case threadSet(at: UInt32, descriptor: [UInt8])
  case clock(ClockForm, at: UInt32)
  case sleep(SleepForm)
  case sleepBegins(SleepForm, time: UInt64)
  case slept(SleepForm)
  case sleepCutShort(SleepForm)
  case terminal(request: UInt32, at: UInt32)
  case newSettings(handle: UInt32, dropsInput: Bool)
  case settingsSet
  case newForeground
  case pollEntries(PollWait)
  case polled(PollWait)
  case pollResults(PollWait)
  case pipe(at: UInt32, flags: UInt32)
  case duplicated(UInt32, Descriptor)
  case parent
  case stackLimit(at: UInt32)
  case action(signal: UInt32, old: UInt32)
  case mask(how: UInt32, old: UInt32)
  case suspending
  /// A wait that nothing but a signal ends.
  case paused
  case otherStack(old: UInt32)
  case alarmTime(old: UInt32)
  case alarm(AlarmRequest)
  case alarmSet(place: UInt32, [UInt8])
  /// A signal is on its way to those that are left.
  case sending(SignalWork)
  /// A handler has returned: the frame that it leaves.
  case returning(SignalFrame.Kind, NoticedRegisters)
  case name
  case workingDirectory(at: UInt32, capacity: UInt32)
  /// A copy of the process, which waits to be let go on.
  case cloned
  case released(UInt32)
  case programPath(arguments: UInt32, environment: UInt32)
  case ended(statusAt: UInt32)
  /// Descriptors that end with the program are closed, for a call that waits.
  case closing([UInt32], LinuxCall, [UInt32])
}

struct LinuxProcess {
  private(set) var identity: UInt32
  var files = FileTable()
  var pending = Pending.none
  /// Where the heap that `brk` moves ends; 0: it has not been asked for.
  var programBreak: UInt32 = 0
  /// Another program was to be begun: what the process does next, that program does.
  var beginsProgram = false
  /// The group of processes that it is in, and the session; 0: those of the process itself.
  var group: UInt32 = 0
  var session: UInt32 = 0
  /// The process that it is a copy of; 0: none.
  var parent: UInt32 = 0
  /// The group that has the terminal of the session: as it is when a call begins, and changed by the call.
  var foreground: UInt32 = 0
  /// What it calls itself, 16 bytes; empty: nothing.
  var name: [UInt8] = []
  /// The permission bits that new files do not get.
  var creationMask: UInt32 = 0o022
  /// What was asked for each signal: the 20 bytes of its `sigaction`.
  var actions: [[UInt8]] = []
  var signals = SignalState()

  init(identity: UInt32) { self.identity = identity }

  /// What a copy of the process has: all of it, in the same group, and no call under way.
  init(copy identity: UInt32, of process: LinuxProcess) {
    self = process
    self.identity = identity
    pending = .none
    group = process.groupNumber
    session = process.sessionNumber
    parent = process.identity
    signals.beginCopy()
  }

  /// A call.
  mutating func begin(_ call: LinuxCall, _ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    if beginsProgram { return try beginProgram(call, words) }
    switch call {
    case .exit, .exitGroup: return .finish(.abort, words[0] & 0xff)
    case .read: return .finish(.read, try files.find(words[0]).handle, words[1], words[2])
    case .write:
      pending = .written
      return .finish(.write, try files.find(words[0]).handle, words[1], words[2])
    case .readv, .writev: return try vectors(words, isWriting: call == .writev)
    case .open: return path(.open(flags: words[1], mode: words[2]), at: words[0])
    case .openat: return try path(.open(flags: words[2], mode: words[3]), from: words[0], at: words[1])
    case .close: return try close(words[0])
    case .lseek: return try seek(words[0], Int64(Int32(bitPattern: words[1])), from: words[2], resultAt: nil)
    case .llseek:
      let distance = Int64(bitPattern: UInt64(words[1]) << 32 | UInt64(words[2]))
      return try seek(words[0], distance, from: words[4], resultAt: words[3])
    case .link: return path(.link(to: words[1]), at: words[0])
    case .symlink: return path(.symbolicLink(at: words[1]), at: words[0])
    case .rename: return path(.rename(to: words[1]), at: words[0])
    case .unlink: return path(.remove(isDirectory: false), at: words[0])
    case .rmdir: return path(.remove(isDirectory: true), at: words[0])
    case .unlinkat:
      guard words[2] & ~0x200 == 0 else { throw .invalid }
      return try path(.remove(isDirectory: words[2] != 0), from: words[0], at: words[1])
    case .mkdir: return path(.makeDirectory(mode: words[1]), at: words[0])
    case .mkdirat: return try path(.makeDirectory(mode: words[2]), from: words[0], at: words[1])
    case .chdir: return path(.changeDirectory, at: words[0])
    case .chmod: return path(.changeMode(words[1]), at: words[0])
    case .access: return path(.access(mode: words[1]), at: words[0])
    case .faccessat, .faccessat2: return try path(.access(mode: words[2]), from: words[0], at: words[1])
    case .readlink: return path(.readLink(words[1], capacity: words[2]), at: words[0])
    case .readlinkat: return try path(.readLink(words[2], capacity: words[3]), from: words[0], at: words[1])
    case .stat64: return path(.status(.stat64, at: words[1], flags: 0), at: words[0])
    case .lstat64: return path(.status(.stat64, at: words[1], flags: PathFlags.noFollow.rawValue), at: words[0])
    case .fstat64: return try status(of: words[0], .stat64, at: words[1])
    case .fstatat64: return try status(from: words[0], at: words[1], flags: words[3], .stat64, to: words[2])
    case .statx: return try status(from: words[0], at: words[1], flags: words[2], .statx, to: words[4])
    case .getdents64: return try directory(words)
    case .getcwd: return workingDirectory(at: words[0], capacity: words[1])
    case .ftruncate64: return try resize(words)
    case .sync:
      pending = .answer(0)
      return .make(.fileSync, ExchangeArea.start, 1, input: [0x2f])
    case .umask:
      defer { creationMask = words[0] & 0o777 }
      return .answer(Int32(creationMask))
    case .dup: return try duplicate(words[0], to: files.lowestFree(), closesOnExec: false)
    case .dup2: return try duplicate(words[0], onto: words[1])
    case .dup3:
      guard words[0] != words[1], words[2] & ~0x80000 == 0 else { throw .invalid }
      return try duplicate(words[0], onto: words[1], closesOnExec: words[2] != 0)
    case .fcntl64: return try control(words)
    case .ioctl: return try terminal(words)
    case .poll: return try poll(words)
    case .pipe: return makePipe(at: words[0], flags: 0)
    case .pipe2: return makePipe(at: words[0], flags: words[1])
    case .brk: return moveBreak(to: words[0])
    case .mmap2: return try map(words)
    case .munmap:
      pending = .answer(0)
      return .make(.memoryUnmap, words[0], words[1])
    case .mprotect:
      pending = .answer(0)
      return .make(.memoryProtect, words[0], words[1], try permissions(words[2]))
    case .setThreadArea:
      pending = .threadArea(at: words[0])
      return .bytes(at: words[0], count: 16)
    case .time, .gettimeofday, .clockGettime, .clockGettime64: return try clock(call, words)
    case .nanosleep: return sleep(at: words[0], SleepForm(isWide: false, leftAt: words[1]))
    case .clockNanosleep, .clockNanosleepTime64:
      guard words[1] == 0 else { throw .invalid }
      return sleep(at: words[2], SleepForm(isWide: call == .clockNanosleepTime64, leftAt: words[3]))
    case .schedYield: return .finish(.yield)
    case .uname: return .give(Self.systemName, at: words[0], 0)
    case .getpid, .gettid, .setTidAddress: return .answer(Int32(bitPattern: identity))
    case .getppid:
      pending = .parent
      return Self.describeTask
    case .prctl: return try control(name: words)
    // Every program asks for them as it starts, and does without.
    case .setRobustList, .rseq, .getrandom: throw .unknownCall
    case .fork, .vfork: return clone()
    case .clone: return try clone(flags: words[0], stack: words[1])
    case .execve:
      pending = .programPath(arguments: words[1], environment: words[2])
      return .text(at: words[0])
    case .waitpid, .wait4: return try wait(words)
    case .getpgrp: return .answer(Int32(bitPattern: groupNumber))
    case .getuid32, .geteuid32, .getgid32, .getegid32: return .answer(0)
    case .ugetrlimit: return try limit(words[0], at: words[1], isWide: false)
    case .prlimit64:
      guard words[0] == 0 || words[0] == identity, words[2] == 0 else { throw .notPermitted }
      return words[3] == 0 ? .answer(0) : try limit(words[1], at: words[3], isWide: true)
    case .rtSigaction: return try action(words)
    case .rtSigprocmask: return try mask(words)
    case .rtSigpending: return try waitingSignals(words)
    case .rtSigsuspend: return try suspend(words)
    case .pause: return try pause()
    case .sigaltstack: return otherStack(words)
    case .alarm:
      return setAlarm(AlarmRequest(form: .seconds, place: 0, time: UInt64(words[0]) * 1_000_000_000, period: 0))
    case .setitimer: return try alarm(words)
    case .getitimer:
      guard words[0] == 0 else { throw .invalid }
      return setAlarm(AlarmRequest(form: .look, place: words[1], time: 0, period: 0))
    case .sigreturn, .rtSigreturn:
      signals.returning = call == .sigreturn ? .plain : .withInformation
      return .answer(0)
    // These are about other processes too (LinuxPersonality+Signals.swift). The first call of a program comes here only when what the
    // former one had is closed: it is made once more.
    case .kill, .tkill, .tgkill, .setpgid, .getpgid, .setsid, .getsid: throw .interrupted
    }
  }

  /// What came of the last step.
  mutating func resume(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    let pending = pending
    self.pending = .none
    switch pending {
    case .none: throw LinuxError(result.value)
    case .answer(let value, let isPath):
      _ = try result.checked(isPath: isPath)
      return .answer(value)
    case .path(let call):
      _ = try result.checked()
      return try take(result.data, for: call)
    case .secondPath(let call, let first):
      _ = try result.checked()
      return try take(first, result.data, for: call)
    case .opened(let flags): return try opened(result, flags: flags)
    case .described(let form, let buffer, let handle): return try described(result, form, buffer, handle)
    case .kind(let form, let buffer): return try kind(result, form, buffer)
    case .access(let mode): return try access(result, mode)
    case .directory(let reading): return try directory(result, reading)
    case .vectors(let transfer): return try vectors(result, transfer)
    case .transferred(let transfer): return try transferred(result, transfer)
    case .written: return try written(result)
    case .position(let request): return try position(result, request)
    case .sought(let request, let position): return try sought(result, request, position)
    case .replacing(let address, let length, let permissions):
      self.pending = .mapped
      return .make(.memoryMap, address, length, permissions)
    case .mapped: return .answer(Int32(bitPattern: UInt32(bitPattern: try mappedPage(result)) << 12))
    case .programBreak(let wanted): return brokeTo(wanted, result)
    case .threadArea(let place): return try threadArea(result, place)
    case .threadSet(let place, let descriptor):
      _ = try result.checked()
      return .give(descriptor, at: place, 0)
    case .clock(let form, let place): return try clock(result, form, place)
    case .sleep(let form): return try sleep(result, form)
    case .sleepBegins(let form, let time): return try beginSleep(result, form, time: time)
    case .slept(let form): return try slept(result, form)
    case .sleepCutShort(let form): return try cutSleepShort(result, form)
    case .terminal(let request, let place): return try terminal(result, request, place)
    case .newSettings(let handle, let dropsInput): return try newSettings(result, handle, dropsInput: dropsInput)
    case .settingsSet: return try settingsSet(result)
    case .newForeground: return try newForeground(result)
    case .pollEntries(let wait): return try pollEntries(result, wait)
    case .polled(let wait): return try polled(result, wait)
    case .pollResults(let wait): return try pollResults(result, wait)
    case .pipe(let place, let flags): return try pipe(result, place, flags)
    case .duplicated(let descriptor, let entry):
      // What the number stood for before is closed, whatever came of that.
      files.set(descriptor, entry)
      return .answer(Int32(bitPattern: descriptor))
    case .parent: return .answer(Int32(bitPattern: try task(result).parent))
    case .stackLimit(let place): return try stackLimit(result, at: place)
    case .name:
      _ = try result.checked()
      name = Array(result.data.prefix(15)) + [0]
      return .answer(0)
    case .action(let signal, let old): return try action(result, signal, old)
    case .mask(let how, let old): return try mask(result, how: how, old: old)
    case .suspending: return try suspend(result)
    case .paused:
      _ = try result.checked()
      throw .interrupted
    case .otherStack(let old): return try otherStack(result, old: old)
    case .alarmTime(let old): return try alarm(result, old: old)
    case .alarm(let request): return try alarm(result, request)
    case .alarmSet(let place, let bytes):
      _ = try result.checked()
      return .give(bytes, at: place, 0)
    case .sending(let work): return try sent(result, work)
    case .returning(let kind, let registers): return returned(result, kind, registers)
    case .cloned: return try cloned(result)
    case .released(let child): return .answer(Int32(bitPattern: child))
    case .programPath(let arguments, let environment): return try replace(result, arguments, environment)
    case .ended(let place): return try ended(result, statusAt: place)
    case .closing(let handles, let call, let words): return try close(handles, then: call, words)
    case .workingDirectory(let place, let capacity): return try workingDirectory(result, place, capacity)
    }
  }
}
