// The structures of system calls about terminals and about waiting for several things, laid out as those of Structures.swift are.

/// What a terminal does with what is typed and written.
public struct TerminalModes: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// A typed carriage return is read as a line feed.
  @inlinable public static var returnIsLineFeed: TerminalModes { .init(rawValue: 1) }
  /// A typed line feed is read as a carriage return.
  @inlinable public static var lineFeedIsReturn: TerminalModes { .init(rawValue: 2) }
  /// Typed carriage returns are dropped.
  @inlinable public static var dropsReturn: TerminalModes { .init(rawValue: 4) }
  /// The keys `stop` and `start` stop what is written, and let it go on.
  @inlinable public static var stopsOutput: TerminalModes { .init(rawValue: 8) }
  /// What is erased are characters in UTF-8, not bytes.
  @inlinable public static var isUTF8: TerminalModes { .init(rawValue: 16) }
  /// A written line feed also goes to the first column.
  @inlinable public static var lineFeedReturns: TerminalModes { .init(rawValue: 32) }
  /// Lines are edited while they are typed, and read once they are complete. Without it, each byte is read as it comes.
  @inlinable public static var canonical: TerminalModes { .init(rawValue: 64) }
  /// What is typed is shown.
  @inlinable public static var echo: TerminalModes { .init(rawValue: 128) }
  /// With `echo`: what is erased vanishes from the screen.
  @inlinable public static var echoErases: TerminalModes { .init(rawValue: 256) }
  /// A line feed is shown also without `echo`.
  @inlinable public static var echoLineFeed: TerminalModes { .init(rawValue: 512) }
  /// With `echo`: control characters are shown as ^X.
  @inlinable public static var echoControls: TerminalModes { .init(rawValue: 1024) }
  /// The keys `interrupt`, `quit` and `suspend` are signals and not read, where somebody watches for them.
  @inlinable public static var signals: TerminalModes { .init(rawValue: 2048) }
  /// Such a key does not drop what was typed before it.
  @inlinable public static var signalsKeepInput: TerminalModes { .init(rawValue: 4096) }
  @inlinable public static var all: TerminalModes { .init(rawValue: 8191) }
}

/// The keys that mean something to a terminal: each one is a place in `TerminalSettings.keys`.
public enum TerminalKeyPlace: Int, CaseIterable, Sendable {
  case interrupt = 0
  case quit = 1
  case suspend = 2
  case endOfFile = 3
  case erase = 4
  case killLine = 5
  case eraseWord = 6
  case reprint = 7
  case stop = 8
  case start = 9
  /// One more byte that ends a line, and is read with it.
  case endOfLine = 10
  /// Always 0.
  case reserved = 11
}

/// How a terminal treats what is typed and written.
public struct TerminalSettings: BitwiseCopyable, Sendable {
  public var modes = TerminalModes.all.subtracting([
    .lineFeedIsReturn, .dropsReturn, .signalsKeepInput,
  ])
  /// The byte of each key, by `TerminalKeyPlace`; 0: none.
  public var keys = TerminalSettings.usualKeys
  /// Without `canonical`: how many bytes a read waits for, 0 to 255; it waits for no more than it was asked for.
  public var minimum: UInt32 = 1
  /// Without `canonical`: for how many milliseconds a read waits, 0 to 60,000. With a minimum it is the time between two
  /// bytes, without one the time until the first; 0: with a minimum without limit, without one not at all.
  public var time: UInt32 = 0
  /// Those of a new terminal: Ctrl-C, Ctrl-\, Ctrl-Z, Ctrl-D, backspace, Ctrl-U, Ctrl-W, Ctrl-R, Ctrl-S, Ctrl-Q.
  @inlinable public init() {}

  @inlinable public static var usualKeys: InlineArray<12, UInt8> {
    [0x03, 0x1c, 0x1a, 0x04, 0x7f, 0x15, 0x17, 0x12, 0x13, 0x11, 0, 0]
  }

  @inlinable public subscript(key: TerminalKeyPlace) -> UInt8 {
    get { keys[key.rawValue] }
    set { keys[key.rawValue] = newValue }
  }

  /// Whether all values are such as a terminal takes.
  @inlinable public var isValid: Bool {
    modes.isSubset(of: .all) && self[.reserved] == 0 && minimum <= 255 && time <= 60_000
  }
}

public struct TerminalInformation: BitwiseCopyable, Sendable {
  public var settings = TerminalSettings()
  /// Of the screen, in characters; 0: not known.
  public var columns: UInt32 = 0
  public var rows: UInt32 = 0
  /// The job that reads what is typed; 0: whoever has a handle does.
  public var foreground: UInt32 = 0
  /// How many bytes a read would get now.
  public var readable: UInt32 = 0
  /// 1 where the other side of a pseudo-terminal is gone.
  public var isHungUp: UInt32 = 0
  @inlinable public init() {}
}

/// What `terminalChange` changes.
public struct TerminalChanges: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The settings.
  @inlinable public static var settings: TerminalChanges { .init(rawValue: 1) }
  /// The screen's size.
  @inlinable public static var size: TerminalChanges { .init(rawValue: 2) }
  /// What was typed and not read is dropped.
  @inlinable public static var dropInput: TerminalChanges { .init(rawValue: 4) }
  @inlinable public static var all: TerminalChanges { .init(rawValue: 7) }
}

/// What a terminal tells those who watch it. They are the bits of their notification.
public struct TerminalSignals: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public static var interrupt: TerminalSignals { .init(rawValue: 1) }
  @inlinable public static var quit: TerminalSignals { .init(rawValue: 2) }
  @inlinable public static var suspend: TerminalSignals { .init(rawValue: 4) }
  /// The screen has another size.
  @inlinable public static var resized: TerminalSignals { .init(rawValue: 8) }
  /// The other side of a pseudo-terminal is gone.
  @inlinable public static var hungUp: TerminalSignals { .init(rawValue: 16) }
  @inlinable public static var all: TerminalSignals { .init(rawValue: 31) }
}

/// The two handles of a new pseudo-terminal.
public struct TerminalEnds: BitwiseCopyable, Sendable {
  /// For who plays the screen and the keyboard: reads what is written to the terminal, and types by writing.
  public var master: UInt32 = 0
  public var terminal: UInt32 = 0
  @inlinable public init() {}
}

/// How much a terminal holds.
public enum TerminalLimits {
  /// Bytes of a line with its end, and bytes that were typed and that nobody has begun to read.
  @inlinable public static var capacity: UInt32 { 4096 }
  /// Bytes that were written to a pseudo-terminal and that its master has not read.
  @inlinable public static var output: UInt32 { 4096 }
  /// The largest screen, in characters each way.
  @inlinable public static var size: UInt32 { 10_000 }
}

/// What can be waited for with `poll`.
public struct PollStates: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// A read would not wait: there are bytes, or there is the end. Of a notification: bits are set.
  @inlinable public static var readable: PollStates { .init(rawValue: 1) }
  /// A write would not wait.
  @inlinable public static var writable: PollStates { .init(rawValue: 2) }
  /// The other side is gone. This is told whether it was wanted or not.
  @inlinable public static var hungUp: PollStates { .init(rawValue: 4) }
  @inlinable public static var all: PollStates { .init(rawValue: 7) }
}

/// One of the things that `poll` waits for.
public struct PollEntry: BitwiseCopyable, Sendable {
  /// A handle, or `PollEntry.children`.
  public var handle: UInt32 = 0
  public var wanted = PollStates(rawValue: 0)
  /// What there is, of what is wanted; written by the call.
  public var came = PollStates(rawValue: 0)
  @inlinable public init() {}
  @inlinable public init(_ handle: UInt32, _ wanted: PollStates) {
    self.handle = handle
    self.wanted = wanted
  }

  /// Instead of a handle: the child processes of the caller's process. Readable: one has ended, and nobody has waited for it.
  /// Hung up: there is none.
  @inlinable public static var children: UInt32 { .max }
  /// How many entries a call takes.
  @inlinable public static var limit: UInt32 { 32 }
}
