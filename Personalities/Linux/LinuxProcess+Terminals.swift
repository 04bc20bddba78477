// Calls about terminals, whose settings native terminals have too under other names, and waiting for several descriptors.

import ABI

/// What is asked of a terminal.
enum TerminalRequest: UInt32 {
  /// TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, FIONREAD, TIOCGSID (asm-generic/ioctls.h).
  case settings = 0x5401
  case setNow = 0x5402
  case setWhenWritten = 0x5403
  case setAndDropInput = 0x5404
  case take = 0x540e
  case foreground = 0x540f
  case setForeground = 0x5410
  case size = 0x5413
  case readable = 0x541b
  case session = 0x5429
}

/// A wait for several descriptors.
struct PollWait: Equatable {
  let place: UInt32
  /// The descriptor and what is wanted of it, in turn, as they lie there.
  var entries: [UInt32] = []
  /// Nanoseconds; `.max`: without limit.
  let time: UInt64
}

/// `struct termios` (asm-generic/termbits.h) and the settings of a native terminal.
enum TerminalLayout {
  static var size: Int { 36 }
  static var nativeSize: Int { 44 }

  /// Flags of the input, the output and the lines, with the mode that means the same.
  private static var flags: InlineArray<12, (word: Int, flag: UInt32, mode: TerminalModes)> {
    [
      (0, 0x100, .returnIsLineFeed), (0, 0x40, .lineFeedIsReturn), (0, 0x80, .dropsReturn), (0, 0x400, .stopsOutput),
      (0, 0x4000, .isUTF8), (3, 2, .canonical), (3, 8, .echo), (3, 0x10, .echoErases), (3, 0x40, .echoLineFeed),
      (3, 0x200, .echoControls), (3, 1, .signals), (3, 0x80, .signalsKeepInput),
    ]
  }

  /// Which of `c_cc` is which key.
  private static var keys: InlineArray<11, (place: Int, key: TerminalKeyPlace)> {
    [
      (0, .interrupt), (1, .quit), (2, .erase), (3, .killLine), (4, .endOfFile), (8, .start), (9, .stop),
      (10, .suspend),
      (11, .endOfLine), (12, .reprint), (14, .eraseWord),
    ]
  }

  private static var keysStart: Int { 17 }

  static func termios(_ native: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    let modes = TerminalModes(rawValue: native.littleEndianWord(at: 0))
    var words: InlineArray<4, UInt32> = [0, modes.contains(.lineFeedReturns) ? 5 : 0, 0o277, 0]
    for index in flags.indices where modes.contains(flags[index].mode) { words[flags[index].word] |= flags[index].flag }
    for index in words.indices { bytes.put(words[index], at: index * 4) }
    for index in keys.indices { bytes[keysStart + keys[index].place] = native[4 + keys[index].key.rawValue] }
    // VTIME counts tenths of seconds.
    bytes[keysStart + 5] = UInt8(clamping: native.littleEndianWord(at: 20) / 100)
    bytes[keysStart + 6] = UInt8(clamping: native.littleEndianWord(at: 16))
    return bytes
  }

  static func native(_ termios: [UInt8]) -> [UInt8] {
    var modes: TerminalModes = []
    for index in flags.indices
    where termios.littleEndianWord(at: flags[index].word * 4) & flags[index].flag != 0 {
      modes.insert(flags[index].mode)
    }
    if termios.littleEndianWord(at: 4) & 5 == 5 { modes.insert(.lineFeedReturns) }
    var bytes = [UInt8](repeating: 0, count: nativeSize)
    bytes.put(modes.rawValue, at: 0)
    for index in keys.indices { bytes[4 + keys[index].key.rawValue] = termios[keysStart + keys[index].place] }
    bytes.put(UInt32(termios[keysStart + 6]), at: 16)
    bytes.put(UInt32(termios[keysStart + 5]) * 100, at: 20)
    return bytes
  }
}

extension LinuxProcess {
  // MARK: Terminals

  mutating func terminal(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    let handle = try files.find(words[0]).handle
    switch TerminalRequest(rawValue: words[1]) {
    case .setNow, .setWhenWritten:
      pending = .newSettings(handle: handle, dropsInput: false)
      return .bytes(at: words[2], count: UInt32(TerminalLayout.size))
    case .setAndDropInput:
      pending = .newSettings(handle: handle, dropsInput: true)
      return .bytes(at: words[2], count: UInt32(TerminalLayout.size))
    default:
      // Others are for other devices; who is no terminal learns that first.
      pending = .terminal(request: words[1], at: words[2])
      return .make(
        .terminalInformation, handle, ExchangeArea.resultsStart, count: TerminalLayout.nativeSize)
    }
  }

  private func checkTerminal(_ result: StepResult) throws(LinuxError) {
    if SystemError(rawValue: result.value) == .unsupported { throw .notATerminal }
    _ = try result.checked()
  }

  mutating func terminal(_ result: StepResult, _ request: UInt32, _ place: UInt32) throws(LinuxError) -> LinuxStep {
    try checkTerminal(result)
    guard result.data.count == TerminalLayout.nativeSize else { throw .inputOutput }
    switch TerminalRequest(rawValue: request) {
    case .settings: return .give(TerminalLayout.termios(result.data), at: place, 0)
    case .size:
      // A screen of unknown size is told as one, of 0.
      var bytes = [UInt8](repeating: 0, count: 8)
      let (columns, rows) = (min(result.word(6), 0xffff), min(result.word(7), 0xffff))
      bytes.put(rows | columns << 16, at: 0)
      return .give(bytes, at: place, 0)
    case .readable:
      var bytes: [UInt8] = []
      bytes.append(word: result.word(9))
      return .give(bytes, at: place, 0)
    case .take: return .answer(0)
    case .foreground, .session:
      var bytes: [UInt8] = []
      bytes.append(word: request == TerminalRequest.session.rawValue ? sessionNumber : foreground)
      return .give(bytes, at: place, 0)
    case .setForeground:
      pending = .newForeground
      return .bytes(at: place, count: 4)
    default: throw .invalid
    }
  }

  mutating func newForeground(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    guard Int32(bitPattern: result.word(0)) > 0 else { throw .invalid }
    foreground = result.word(0)
    return .answer(0)
  }

  mutating func newSettings(
    _ result: StepResult, _ handle: UInt32, dropsInput: Bool
  ) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    guard result.data.count == TerminalLayout.size else { throw .badAddress }
    let changes: TerminalChanges = dropsInput ? [.settings, .dropInput] : .settings
    pending = .settingsSet
    return .make(
      .terminalChange, handle, changes.rawValue, ExchangeArea.start, input: TerminalLayout.native(result.data))
  }

  func settingsSet(_ result: StepResult) throws(LinuxError) -> LinuxStep {
    try checkTerminal(result)
    return .answer(0)
  }

  // MARK: Waiting for several

  /// `poll`: 8 bytes for each descriptor, with what is wanted in the low half of the second word.
  mutating func poll(_ words: InlineArray<6, UInt32>) throws(LinuxError) -> LinuxStep {
    guard words[1] <= PollEntry.limit else { throw .invalid }
    let milliseconds = Int32(bitPattern: words[2])
    let wait = PollWait(place: words[0], time: milliseconds < 0 ? .max : UInt64(milliseconds) * 1_000_000)
    guard words[1] > 0 else { return pollNative(wait) }
    pending = .pollEntries(wait)
    return .bytes(at: words[0], count: words[1] * 8)
  }

  mutating func pollEntries(_ result: StepResult, _ wait: PollWait) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    var wait = wait
    var hasWrong = false
    for index in 0..<(result.data.count / 8) {
      let (descriptor, wanted) = (result.word(index * 2), result.word(index * 2 + 1) & 0xffff)
      wait.entries += [descriptor, wanted]
      if descriptor <= 0x7fff_ffff, (try? files.find(descriptor)) == nil { hasWrong = true }
    }
    // Who asks for what is not open is told at once.
    return hasWrong ? answer(wait) { _ in 0 } : pollNative(wait)
  }

  private mutating func pollNative(_ wait: PollWait) -> LinuxStep {
    var input: [UInt8] = []
    for index in 0..<(wait.entries.count / 2) {
      guard let handle = handle(of: wait.entries[index * 2]) else { continue }
      let events = wait.entries[index * 2 + 1]
      for word in [handle, events & 1 | (events & 4) >> 1, 0] { input.append(word: word) }
    }
    pending = .polled(wait)
    return .make(
      .poll,
      ExchangeArea.start, UInt32(input.count / 12), 0, UInt32(truncatingIfNeeded: wait.time),
      UInt32(truncatingIfNeeded: wait.time >> 32), input: input)
  }

  /// Nil: the entry is not looked at, or is for nothing that is open.
  private func handle(of descriptor: UInt32) -> UInt32? {
    guard descriptor <= 0x7fff_ffff else { return nil }
    return (try? files.find(descriptor))?.handle
  }

  mutating func polled(_ result: StepResult, _ wait: PollWait) throws(LinuxError) -> LinuxStep {
    if SystemError(rawValue: result.value) == .timedOut { return answer(wait) { _ in 0 } }
    _ = try result.checked()
    var count: UInt32 = 0
    for index in 0..<(wait.entries.count / 2) where handle(of: wait.entries[index * 2]) != nil { count += 1 }
    pending = .pollResults(wait)
    return .bytes(at: ExchangeArea.start, count: count * 12)
  }

  func pollResults(_ result: StepResult, _ wait: PollWait) throws(LinuxError) -> LinuxStep {
    _ = try result.checked()
    return answer(wait) { result.word($0 * 3 + 2) }
  }

  /// Writes what came of each entry; `came` has the native states of those that are open, in their order.
  private func answer(_ wait: PollWait, _ came: (Int) -> UInt32) -> LinuxStep {
    var bytes: [UInt8] = []
    var (open, count) = (0, 0 as Int32)
    for index in 0..<(wait.entries.count / 2) {
      let (descriptor, wanted) = (wait.entries[index * 2], wait.entries[index * 2 + 1])
      var events: UInt32 = 0
      if handle(of: descriptor) != nil {
        let states = PollStates(rawValue: came(open))
        open += 1
        if states.contains(.readable) { events |= 1 }
        if states.contains(.writable) { events |= 4 }
        // POLLHUP; POLLNVAL where it is not open.
        if states.contains(.hungUp) { events |= 0x10 }
      } else if descriptor <= 0x7fff_ffff {
        events = 0x20
      }
      if events != 0 { count += 1 }
      bytes.append(word: descriptor)
      bytes.append(word: wanted | events << 16)
    }
    return bytes.isEmpty ? .answer(0) : .give(bytes, at: wait.place, count)
  }
}
