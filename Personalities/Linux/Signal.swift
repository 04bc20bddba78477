// Signals as numbers, and what a process has of them: those that wait, those that it holds back, and how its call was cut short.

import ABI

/// Numbers of signals (asm/signal.h), and what each does to a process that said nothing.
enum Signal {
  static var count: UInt32 { 64 }
  static var hangUp: UInt32 { 1 }
  static var interrupt: UInt32 { 2 }
  static var quit: UInt32 { 3 }
  static var illegal: UInt32 { 4 }
  static var trap: UInt32 { 5 }
  static var bus: UInt32 { 7 }
  static var arithmetic: UInt32 { 8 }
  static var kill: UInt32 { 9 }
  static var segment: UInt32 { 11 }
  static var pipe: UInt32 { 13 }
  static var alarm: UInt32 { 14 }
  static var child: UInt32 { 17 }
  static var goOn: UInt32 { 18 }
  static var stop: UInt32 { 19 }
  static var typedStop: UInt32 { 20 }
  static var resized: UInt32 { 28 }

  enum Disposition { case byDefault, ignored, handled }
  /// What becomes of a process that has no handler.
  enum Default { case nothing, stops, ends }

  static func byDefault(_ signal: UInt32) -> Default {
    switch signal {
    // SIGURG beside those that have a name here; SIGTTIN and SIGTTOU.
    case child, goOn, resized, 23: .nothing
    case stop, typedStop, 21, 22: .stops
    default: .ends
    }
  }

  static func bit(_ signal: UInt32) -> UInt64 { 1 << UInt64((signal &- 1) & 63) }

  /// What nobody holds back.
  static var never: UInt64 { bit(kill) | bit(stop) }

  /// Of an exception (arch/x86/kernel/traps.c).
  static func ofException(_ vector: UInt32) -> UInt32 {
    switch vector {
    case 0, 16, 19: arithmetic
    case 1, 3: trap
    case 6: illegal
    case 17: bus
    default: segment
    }
  }

  /// Those that exceptions become.
  static var ofExceptions: InlineArray<5, UInt32> { [illegal, trap, bus, arithmetic, segment] }

  /// What keys of a terminal become.
  static func ofKeys(_ keys: TerminalSignals) -> UInt64 {
    var set: UInt64 = 0
    if keys.contains(.interrupt) { set |= bit(interrupt) }
    if keys.contains(.quit) { set |= bit(quit) }
    if keys.contains(.suspend) { set |= bit(typedStop) }
    if keys.contains(.resized) { set |= bit(resized) }
    return set
  }
}

/// The 20 bytes of a `sigaction` (asm/signal.h).
struct SignalAction {
  let handler: UInt32
  let flags: UInt32
  let restorer: UInt32
  let mask: UInt64

  init(_ bytes: [UInt8]) {
    handler = bytes.littleEndianWord(at: 0)
    flags = bytes.littleEndianWord(at: 4)
    restorer = bytes.littleEndianWord(at: 8)
    mask = UInt64(bytes.littleEndianWord(at: 16)) << 32 | UInt64(bytes.littleEndianWord(at: 12))
  }

  var hasInformation: Bool { flags & 4 != 0 }
  var hasRestorer: Bool { flags & 0x0400_0000 != 0 }
  var isOnOtherStack: Bool { flags & 0x0800_0000 != 0 }
  var restartsCalls: Bool { flags & 0x1000_0000 != 0 }
  var isNotHeldBack: Bool { flags & 0x4000_0000 != 0 }
  var isOnce: Bool { flags & 0x8000_0000 != 0 }
}

/// What a process has of signals beside what it asked for.
struct SignalState: Equatable {
  /// Those that came and have not been seen to.
  var waiting: UInt64 = 0
  /// Those that are held back.
  var mask: UInt64 = 0
  /// What is held back again when the wait for a signal is over; nil: it does not wait.
  var maskAfterwards: UInt64?
  /// The stack for handlers that want another; `size` 0: there is none.
  var otherStack: (start: UInt32, size: UInt32) = (0, 0)
  /// The number of the call under way, or made last.
  var call: UInt32 = 0
  /// That call was cut short, for what is told next.
  var isCutShort = false
  /// It is made once more, because nothing came of what cut it short.
  var isRepeated = false
  /// When a sleep that was cut short ends, in nanoseconds since boot; 0: there was none.
  var sleepEnd: UInt64 = 0
  /// When the alarm comes, in nanoseconds since boot, and how long after it the next; 0: none.
  var alarm: UInt64 = 0
  var alarmPeriod: UInt64 = 0
  /// A handler has returned: from which kind of frame.
  var returning: SignalFrame.Kind?

  /// Those that can be seen to.
  var ready: UInt64 { waiting & ~mask }
  /// The lowest of them.
  var first: UInt32? { ready == 0 ? nil : UInt32(ready.trailingZeroBitCount) + 1 }

  mutating func add(_ signal: UInt32) { waiting |= Signal.bit(signal) }
  mutating func remove(_ signal: UInt32) { waiting &= ~Signal.bit(signal) }
  mutating func hold(_ set: UInt64) { mask = set & ~Signal.never }

  /// Another program begins.
  mutating func beginProgram() {
    otherStack = (0, 0)
    maskAfterwards = nil
    isCutShort = false
    isRepeated = false
    sleepEnd = 0
    returning = nil
  }

  /// A copy of the process begins.
  mutating func beginCopy() {
    waiting = 0
    alarm = 0
    alarmPeriod = 0
    beginCall(call)
  }

  mutating func beginCall(_ number: UInt32) {
    call = number
    isCutShort = false
    returning = nil
    if !isRepeated {
      sleepEnd = 0
      // It waited where no frame could be put: the wait is over.
      if let afterwards = maskAfterwards { hold(afterwards) }
      maskAfterwards = nil
    }
    isRepeated = false
  }

  static func == (left: SignalState, right: SignalState) -> Bool { left.words == right.words }

  // MARK: Moving

  static var wordCount: Int { 19 }

  var words: [UInt32] {
    func halves(_ value: UInt64) -> [UInt32] {
      [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
    }
    return halves(waiting) + halves(mask) + [maskAfterwards == nil ? 0 : 1] + halves(maskAfterwards ?? 0)
      + [otherStack.start, otherStack.size, call, isCutShort ? 1 : 0, isRepeated ? 1 : 0] + halves(sleepEnd)
      + halves(alarm) + [returning?.rawValue ?? 0] + halves(alarmPeriod)
  }

  init() {}

  init?(words: [UInt32]) {
    guard words.count == Self.wordCount else { return nil }
    func whole(_ index: Int) -> UInt64 { UInt64(words[index + 1]) << 32 | UInt64(words[index]) }
    waiting = whole(0)
    hold(whole(2))
    maskAfterwards = words[4] == 0 ? nil : whole(5)
    otherStack = (words[7], words[8])
    call = words[9]
    isCutShort = words[10] != 0
    isRepeated = words[11] != 0
    sleepEnd = whole(12)
    alarm = whole(14)
    returning = SignalFrame.Kind(rawValue: words[16])
    alarmPeriod = whole(17)
  }
}
