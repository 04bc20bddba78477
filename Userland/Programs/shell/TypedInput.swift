// What is typed at the terminal of an interactive shell, and the keys that interrupt and stop what runs.
//
// The shell's own line editor has the terminal raw. While commands run the terminal is as it was found, edits lines by itself for
// whoever reads them, and tells of Ctrl-C and Ctrl-Z by a notification: so the shell waits for a child and for a key at the same
// time, and reads nothing that is meant for others.
//
// Invariants: a byte is taken from the terminal only once it is needed, so that what was typed behind a command is that command's;
// whatever a program made of the terminal, it is set anew in front of each command and each prompt.

import ABI
import Primitives
import SDK

enum TypedInput {
  private struct State {
    /// Nil: nobody types, or not for this shell.
    var terminal: Terminal?
    var signals: Notification?
    /// As the terminal was found, and as commands get it.
    var found = TerminalSettings()
    /// What happened and has not been taken.
    var pending = TerminalSignals()
    var hasEnded = false
  }

  private static let state = Mutex(State())

  /// Whether keys come to this shell.
  static var isReading: Bool { state.withLock { $0.terminal != nil } }

  /// The terminal that this shell has, also while a command has another input.
  static var terminal: Terminal? { state.withLock { $0.terminal } }

  /// Begins to read what is typed. Where somebody else has it who is not of this shell's job, that waits until it is given.
  static func begin() {
    guard !isReading, let own = try? Handle.input.duplicate([.duplicate, .read]), let terminal = Terminal(own),
      let signals = try? Notification(), let found = try? terminal.information().settings
    else { return }
    state.withLock {
      $0.terminal = terminal
      $0.signals = signals
      $0.found = found
      // A program that has died may have left it raw.
      if !found.modes.contains([.canonical, .signals]) { $0.found = TerminalSettings() }
    }
    // This waits until somebody who has the terminal gives it.
    setForEditing()
    takeForeground()
  }

  /// Leaves the terminal as it was found.
  static func end() {
    guard let terminal else { return }
    setForCommands()
    if let signals = state.withLock({ $0.signals }) {
      try? terminal.watch([], by: signals)
      signals.handle.close()
    }
    terminal.handle.close()
    state.withLock {
      $0.terminal = nil
      $0.signals = nil
    }
  }

  /// Has the terminal's input and its signals again, which a command may have had.
  static func takeForeground() {
    guard let terminal, let signals = state.withLock({ $0.signals }) else { return }
    try? terminal.give(to: .current)
    try? terminal.watch([.interrupt, .suspend, .quit, .hungUp], by: signals)
  }

  private static func setForEditing() { set(state.withLock { $0.found.raw }) }

  private static func setForCommands() { set(state.withLock { $0.found }) }

  static func set(_ settings: TerminalSettings) { try? terminal?.set(settings) }

  // MARK: Signals

  /// From now on Ctrl-C interrupts commands, or is a byte for the line editor.
  static func commandsRun(_ isRunning: Bool) {
    _ = collect()
    state.withLock { $0.pending = [] }
    takeForeground()
    if isRunning { setForCommands() } else { setForEditing() }
  }

  /// Takes what was told meanwhile. Returns all that is pending.
  @discardableResult
  private static func collect() -> TerminalSignals {
    guard let signals = state.withLock({ $0.signals }) else { return state.withLock { $0.pending } }
    let bits = (try? signals.wait(nanoseconds: 0)) ?? 0
    return state.withLock {
      $0.pending.formUnion(TerminalSignals(rawValue: bits))
      if $0.pending.contains(.hungUp) { $0.hasEnded = true }
      return $0.pending
    }
  }

  private static func take(_ wanted: TerminalSignals) -> TerminalSignals {
    _ = collect()
    return state.withLock {
      let taken = $0.pending.intersection(wanted)
      $0.pending.subtract(wanted)
      return taken
    }
  }

  /// What ends commands: Ctrl-C, Ctrl-\, and that the terminal is gone.
  private static var ending: TerminalSignals { [.interrupt, .quit, .hungUp] }

  /// What was typed of Ctrl-C and others that end commands since this was last asked.
  static func takeInterrupt() -> TerminalSignals { take(ending) }

  /// Whether Ctrl-Z was typed since this was last asked.
  static func takeStop() -> Bool { !take(.suspend).isEmpty }

  /// Whether Ctrl-C was typed; leaves it to be taken.
  static var isInterrupted: Bool { !collect().isDisjoint(with: ending) }

  // MARK: Waiting

  /// Waits until a handle can be read, a child has ended since this was last asked, a key is a signal, or the time is over.
  static func wait(for handle: Handle? = nil, orChildren: Bool = false, nanoseconds: UInt64? = nil) {
    var poll = Poll()
    if let handle { poll.add(handle, .readable) }
    if let signals = state.withLock({ $0.signals }) { poll.add(signals.handle, .readable) }
    _ = try? poll.wait(orEvents: orChildren ? .childEnded : [], nanoseconds: nanoseconds)
    // Whoever asked looks at the children himself.
    if orChildren { _ = try? Events.next(.childEnded, within: 0) }
  }

  /// Waits for a byte.
  /// - Parameter nanoseconds: the longest wait.
  /// - Returns: nil at the end of the input, when the time is over, and at Ctrl-C while commands run.
  static func waitForByte(within nanoseconds: UInt64? = nil) -> UInt8? {
    guard let terminal else { return nil }
    var poll = Poll()
    let keys = poll.add(terminal.handle, .readable)
    if let signals = state.withLock({ $0.signals }) { poll.add(signals.handle, .readable) }
    repeat {
      guard !isInterrupted, !hasEnded, (try? poll.wait(nanoseconds: nanoseconds)) ?? false else { return nil }
    } while !poll[keys].contains(.readable)
    var byte = InlineArray<1, UInt8>(repeating: 0)
    let count = (try? terminal.handle.read(into: &byte)) ?? 0
    if count == 0 { state.withLock { $0.hasEnded = true } }
    return count == 0 ? nil : byte[0]
  }

  static var hasEnded: Bool { state.withLock { $0.hasEnded } }

  /// Keys come one by one for a command that treats them itself; Ctrl-C stays an interrupt.
  static func withKeys(_ body: () -> Void) {
    set(state.withLock { $0.found.keys })
    body()
    setForCommands()
  }

  /// Waits, at most until Ctrl-C.
  static func sleep(milliseconds: UInt32) {
    guard isReading else { return Thread.sleep(milliseconds: milliseconds) }
    let nanoseconds = UInt64(milliseconds) * 1_000_000
    let start = Clock.sinceBoot
    while !isInterrupted {
      let passed = Clock.sinceBoot &- start
      guard passed < nanoseconds else { return }
      _ = take(.suspend)
      wait(nanoseconds: nanoseconds - passed)
    }
  }
}
