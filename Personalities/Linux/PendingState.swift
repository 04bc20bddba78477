// What a call waits for, as numbers and bytes: a call that is in a step when the layer moves goes on with the successor.
//
// Invariant: what `saved` makes, `init(saved:)` takes; it refuses everything else.

import ABI

/// A pending call: which it is, its numbers, and its bytes.
struct SavedPending: Equatable {
  var kind: UInt32
  var words: [UInt32] = []
  var bytes: [UInt8] = []
}

extension UInt64 {
  fileprivate var halves: [UInt32] { [UInt32(truncatingIfNeeded: self), UInt32(truncatingIfNeeded: self >> 32)] }
  fileprivate init(_ low: UInt32, _ high: UInt32) { self = UInt64(high) << 32 | UInt64(low) }
}

extension Pending {
  var saved: SavedPending {
    switch self {
    case .none: SavedPending(kind: 0)
    case .answer(let value, let isPath): SavedPending(kind: 1, words: [UInt32(bitPattern: value), isPath ? 1 : 0])
    case .path(let call): SavedPending(kind: 2, words: call.saved)
    case .secondPath(let call, let first): SavedPending(kind: 3, words: call.saved, bytes: first)
    case .opened(let flags): SavedPending(kind: 4, words: [flags])
    case .described(let form, let buffer, let handle):
      SavedPending(kind: 5, words: [form.rawValue, buffer, handle == nil ? 0 : 1, handle ?? 0])
    case .kind(let form, let buffer): SavedPending(kind: 6, words: [form.rawValue, buffer])
    case .access(let mode): SavedPending(kind: 7, words: [mode])
    case .directory(let reading):
      SavedPending(
        kind: 8,
        words: [reading.descriptor, reading.handle, reading.place, UInt32(reading.capacity)] + reading.position.halves,
        bytes: reading.bytes)
    case .vectors(let transfer): SavedPending(kind: 9, words: transfer.saved)
    case .transferred(let transfer): SavedPending(kind: 10, words: transfer.saved)
    case .written: SavedPending(kind: 11)
    case .position(let request): SavedPending(kind: 12, words: request.saved)
    case .sought(let request, let position): SavedPending(kind: 13, words: request.saved + position.halves)
    case .replacing(let address, let length, let permissions):
      SavedPending(kind: 14, words: [address, length, permissions])
    case .mapped: SavedPending(kind: 15)
    case .programBreak(let wanted): SavedPending(kind: 16, words: [wanted])
    case .threadArea(let place): SavedPending(kind: 17, words: [place])
    case .threadSet(let place, let descriptor): SavedPending(kind: 18, words: [place], bytes: descriptor)
    case .clock(let form, let place): SavedPending(kind: 19, words: [form.saved, place])
    case .sleep(let form): SavedPending(kind: 20, words: form.saved)
    case .sleepBegins(let form, let time): SavedPending(kind: 39, words: form.saved + time.halves)
    case .slept(let form): SavedPending(kind: 40, words: form.saved)
    case .sleepCutShort(let form): SavedPending(kind: 41, words: form.saved)
    case .terminal(let request, let place): SavedPending(kind: 21, words: [request, place])
    case .pipe(let place, let flags): SavedPending(kind: 22, words: [place, flags])
    case .duplicated(let place, let entry):
      SavedPending(
        kind: 23,
        words: [place, entry.handle, entry.closesOnExec ? 1 : 0, entry.flags] + entry.directoryPosition.halves)
    case .parent: SavedPending(kind: 24)
    case .stackLimit(let place): SavedPending(kind: 25, words: [place])
    case .action(let signal, let old): SavedPending(kind: 26, words: [signal, old])
    case .name: SavedPending(kind: 27)
    case .workingDirectory(let place, let capacity): SavedPending(kind: 28, words: [place, capacity])
    case .cloned: SavedPending(kind: 29)
    case .released(let child): SavedPending(kind: 30, words: [child])
    case .programPath(let arguments, let environment): SavedPending(kind: 31, words: [arguments, environment])
    case .ended(let place): SavedPending(kind: 32, words: [place])
    case .newSettings(let handle, let dropsInput): SavedPending(kind: 34, words: [handle, dropsInput ? 1 : 0])
    case .settingsSet: SavedPending(kind: 35)
    case .newForeground: SavedPending(kind: 42)
    case .mask(let how, let old): SavedPending(kind: 43, words: [how, old])
    case .suspending: SavedPending(kind: 44)
    case .paused: SavedPending(kind: 45)
    case .otherStack(let old): SavedPending(kind: 46, words: [old])
    case .alarmTime(let old): SavedPending(kind: 47, words: [old])
    case .alarm(let request): SavedPending(kind: 50, words: request.saved)
    case .alarmSet(let place, let bytes): SavedPending(kind: 51, words: [place], bytes: bytes)
    case .sending(let work): SavedPending(kind: 48, words: [work.signal, work.isSent ? 1 : 0] + work.targets)
    case .returning(let kind, let registers): SavedPending(kind: 49, words: [kind.rawValue] + registers.saved)
    case .pollEntries(let wait): SavedPending(kind: 36, words: wait.saved)
    case .polled(let wait): SavedPending(kind: 37, words: wait.saved)
    case .pollResults(let wait): SavedPending(kind: 38, words: wait.saved)
    case .closing(let handles, let call, let words): SavedPending(kind: 33, words: [call.rawValue] + words + handles)
    }
  }

  init?(saved: SavedPending) {
    let words = saved.words
    // All that are looked at below are there then.
    guard words.count >= Self.wordCount(of: saved.kind) else { return nil }
    switch saved.kind {
    case 0: self = .none
    case 1: self = .answer(Int32(bitPattern: words[0]), isPath: words[1] != 0)
    case 2, 3:
      guard let call = PathCall(saved: words) else { return nil }
      self = saved.kind == 2 ? .path(call) : .secondPath(call, first: saved.bytes)
    case 4: self = .opened(flags: words[0])
    case 5, 6:
      guard let form = StatusForm(rawValue: words[0]) else { return nil }
      self =
        saved.kind == 6
        ? .kind(form, buffer: words[1])
        : .described(form, buffer: words[1], handle: words[2] == 0 ? nil : words[3])
    case 7: self = .access(mode: words[0])
    case 8:
      guard words[3] <= 4096, saved.bytes.count <= 4096 else { return nil }
      self = .directory(
        DirectoryReading(
          descriptor: words[0], handle: words[1], place: words[2], capacity: Int(words[3]),
          position: UInt64(words[4], words[5]), bytes: saved.bytes))
    case 9, 10:
      guard let transfer = VectorTransfer(saved: words) else { return nil }
      self = saved.kind == 9 ? .vectors(transfer) : .transferred(transfer)
    case 11: self = .written
    case 12: self = .position(SeekRequest(saved: words))
    case 13: self = .sought(SeekRequest(saved: words), to: UInt64(words[6], words[7]))
    case 14: self = .replacing(address: words[0], length: words[1], permissions: words[2])
    case 15: self = .mapped
    case 16: self = .programBreak(words[0])
    case 17: self = .threadArea(at: words[0])
    case 18:
      guard saved.bytes.count == 16 else { return nil }
      self = .threadSet(at: words[0], descriptor: saved.bytes)
    case 19:
      guard let form = ClockForm(saved: words[0]) else { return nil }
      self = .clock(form, at: words[1])
    case 20: self = .sleep(SleepForm(saved: words))
    case 39: self = .sleepBegins(SleepForm(saved: words), time: UInt64(words[2], words[3]))
    case 40: self = .slept(SleepForm(saved: words))
    case 41: self = .sleepCutShort(SleepForm(saved: words))
    case 42: self = .newForeground
    case 43: self = .mask(how: words[0], old: words[1])
    case 44: self = .suspending
    case 45: self = .paused
    case 46: self = .otherStack(old: words[0])
    case 47: self = .alarmTime(old: words[0])
    case 50:
      guard let request = AlarmRequest(saved: words) else { return nil }
      self = .alarm(request)
    case 51:
      guard saved.bytes.count == 16 else { return nil }
      self = .alarmSet(place: words[0], saved.bytes)
    case 48:
      guard words[0] <= Signal.count, words.count % 2 == 0 else { return nil }
      self = .sending(SignalWork(signal: words[0], targets: Array(words[2...]), isSent: words[1] != 0))
    case 49:
      guard let kind = SignalFrame.Kind(rawValue: words[0]) else { return nil }
      self = .returning(kind, NoticedRegisters(saved: words))
    case 21: self = .terminal(request: words[0], at: words[1])
    case 22: self = .pipe(at: words[0], flags: words[1])
    case 23:
      guard words[0] < UInt32(FileTable.capacity) else { return nil }
      self = .duplicated(
        words[0],
        Descriptor(
          handle: words[1], closesOnExec: words[2] != 0, flags: words[3],
          directoryPosition: UInt64(words[4], words[5])))
    case 24: self = .parent
    case 25: self = .stackLimit(at: words[0])
    case 26:
      guard words[0] > 0, words[0] <= Signal.count else { return nil }
      self = .action(signal: words[0], old: words[1])
    case 27: self = .name
    case 28: self = .workingDirectory(at: words[0], capacity: words[1])
    case 29: self = .cloned
    case 30: self = .released(words[0])
    case 31: self = .programPath(arguments: words[0], environment: words[1])
    case 32: self = .ended(statusAt: words[0])
    case 33:
      guard let call = LinuxCall(rawValue: words[0]) else { return nil }
      self = .closing(Array(words[7...]), call, Array(words[1..<7]))
    case 34: self = .newSettings(handle: words[0], dropsInput: words[1] != 0)
    case 35: self = .settingsSet
    case 36, 37, 38:
      guard let wait = PollWait(saved: words) else { return nil }
      self = saved.kind == 36 ? .pollEntries(wait) : saved.kind == 37 ? .polled(wait) : .pollResults(wait)
    default: return nil
    }
  }

  private static func wordCount(of kind: UInt32) -> Int {
    switch kind {
    case 4, 7, 16, 17, 18, 25, 30, 32, 46, 47, 51: 1
    case 1, 6, 19, 20, 21, 22, 26, 28, 31, 34, 40, 41, 43, 48: 2
    case 2, 3, 14, 36, 37, 38: 3
    case 5, 9, 10, 39: 4
    case 8, 12, 23, 50: 6
    case 33: 7
    case 13: 8
    case 49: 1 + NoticedRegisters.count
    default: 0
    }
  }
}

extension PathCall {
  fileprivate var saved: [UInt32] {
    switch self {
    case .open(let flags, let mode): [0, flags, mode]
    case .status(let form, let place, let flags): [form == .stat64 ? 1 : 2, place, flags]
    case .access(let mode): [3, mode, 0]
    case .changeDirectory: [4, 0, 0]
    case .changeMode(let mode): [5, mode, 0]
    case .makeDirectory(let mode): [6, mode, 0]
    case .remove(let isDirectory): [7, isDirectory ? 1 : 0, 0]
    case .readLink(let place, let capacity): [8, place, capacity]
    case .rename(let place): [9, place, 0]
    case .link(let place): [10, place, 0]
    case .symbolicLink(let place): [11, place, 0]
    }
  }

  fileprivate init?(saved words: [UInt32]) {
    switch words[0] {
    case 0: self = .open(flags: words[1], mode: words[2])
    case 1, 2: self = .status(words[0] == 1 ? .stat64 : .statx, at: words[1], flags: words[2])
    case 3: self = .access(mode: words[1])
    case 4: self = .changeDirectory
    case 5: self = .changeMode(words[1])
    case 6: self = .makeDirectory(mode: words[1])
    case 7: self = .remove(isDirectory: words[1] != 0)
    case 8: self = .readLink(words[1], capacity: words[2])
    case 9: self = .rename(to: words[1])
    case 10: self = .link(to: words[1])
    case 11: self = .symbolicLink(at: words[1])
    default: return nil
    }
  }
}

extension VectorTransfer {
  fileprivate var saved: [UInt32] { [handle, isWriting ? 1 : 0, UInt32(next), done] + pieces }

  fileprivate init?(saved words: [UInt32]) {
    let pieces = Array(words[4...])
    guard pieces.count % 2 == 0, pieces.count <= 2048, words[2] % 2 == 0, Int(words[2]) <= pieces.count else {
      return nil
    }
    self.init(handle: words[0], isWriting: words[1] != 0, pieces: pieces, next: Int(words[2]), done: words[3])
  }
}

extension PollWait {
  fileprivate var saved: [UInt32] { [place] + time.halves + entries }

  fileprivate init?(saved words: [UInt32]) {
    let entries = Array(words[3...])
    guard entries.count % 2 == 0, entries.count <= 2 * Int(PollEntry.limit) else { return nil }
    self.init(place: words[0], entries: entries, time: UInt64(words[1], words[2]))
  }
}

extension SeekRequest {
  fileprivate var saved: [UInt32] {
    [handle] + UInt64(bitPattern: distance).halves + [origin, resultAt == nil ? 0 : 1, resultAt ?? 0]
  }

  fileprivate init(saved words: [UInt32]) {
    self.init(
      handle: words[0], distance: Int64(bitPattern: UInt64(words[1], words[2])), origin: words[3],
      resultAt: words[4] == 0 ? nil : words[5])
  }
}

extension AlarmRequest {
  fileprivate var saved: [UInt32] { [form.rawValue, place] + time.halves + period.halves }

  fileprivate init?(saved words: [UInt32]) {
    guard let form = Form(rawValue: words[0]) else { return nil }
    self.init(form: form, place: words[1], time: UInt64(words[2], words[3]), period: UInt64(words[4], words[5]))
  }
}

extension SleepForm {
  fileprivate var saved: [UInt32] { [isWide ? 1 : 0, leftAt] }
  fileprivate init(saved words: [UInt32]) { self.init(isWide: words[0] != 0, leftAt: words[1]) }
}

extension NoticedRegisters {
  fileprivate var saved: [UInt32] {
    [edi, esi, ebp, ebx, edx, ecx, eax, eip, esp, eflags, vector, error, address]
  }

  /// Behind one other word.
  fileprivate init(saved words: [UInt32]) { self.init(words: words.dropFirst()) }
}

extension ClockForm {
  fileprivate var saved: UInt32 {
    switch self {
    case .seconds: 0
    case .microseconds: 1
    case .nanoseconds(let isWide, let isSinceBoot): 2 | (isWide ? 4 : 0) | (isSinceBoot ? 8 : 0)
    }
  }

  fileprivate init?(saved word: UInt32) {
    switch word {
    case 0: self = .seconds
    case 1: self = .microseconds
    case 2, 6, 10, 14: self = .nanoseconds(isWide: word & 4 != 0, isSinceBoot: word & 8 != 0)
    default: return nil
    }
  }
}
