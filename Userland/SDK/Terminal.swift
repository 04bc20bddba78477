// Terminals: their settings and size, whose input they are, and pseudo-terminals.

import ABI
import Runtime

/// A terminal, by a handle of this process.
public struct Terminal: Equatable, Sendable {
  public let handle: Handle

  /// Nil where the handle stands for something else.
  public init?(_ handle: Handle) {
    guard let information = try? handle.information(), ObjectKind(rawValue: information.kind) == .terminal else {
      return nil
    }
    self.handle = handle
  }

  fileprivate init(known handle: Handle) { self.handle = handle }

  /// The settings, the size in characters, the job in the foreground, and how much can be read.
  public func information() throws(SystemError) -> TerminalInformation {
    var information = TerminalInformation()
    _ = try checked(unsafe SystemCalls.terminalInformation(handle.number, &information))
    return information
  }

  /// Changes what is typed and written from now on. It waits until the caller's job is the foreground, or around it.
  public func set(_ settings: TerminalSettings) throws(SystemError) {
    var information = TerminalInformation()
    information.settings = settings
    try change(.settings, to: information)
  }

  /// Says how large the screen is, in characters; everybody who watches is told.
  public func set(columns: UInt32, rows: UInt32) throws(SystemError) {
    var information = TerminalInformation()
    (information.columns, information.rows) = (columns, rows)
    try change(.size, to: information)
  }

  private func change(_ changes: TerminalChanges, to information: TerminalInformation) throws(SystemError) {
    _ = try checked(
      unsafe withUnsafePointer(to: information) {
        unsafe SystemCalls.terminalChange(handle.number, changes, $0)
      })
  }

  /// Lets the job of a task read what is typed, from the caller's job or one inside it.
  public func give(to task: TaskIdentity) throws(SystemError) {
    _ = try checked(SystemCalls.terminalGive(handle.number, task.number))
  }

  /// Sets the bits of these signals in a notification of this process when they happen; none: no more.
  public func watch(_ signals: TerminalSignals, by notification: Notification) throws(SystemError) {
    _ = try checked(SystemCalls.terminalWatch(handle.number, notification.handle.number, signals))
  }

  /// The size to draw for: columns and rows, 80 and 25 where nobody knows.
  public var size: (columns: Int, rows: Int) {
    guard let information = try? information(), information.columns > 0, information.rows > 0 else { return (80, 25) }
    return (Int(information.columns), Int(information.rows))
  }
}

extension TerminalSettings {
  /// For programs that treat each key by themselves, and show what they want: nothing is echoed, edited or a signal.
  public var raw: TerminalSettings {
    var settings = self
    settings.modes.subtract([.returnIsLineFeed, .stopsOutput, .canonical, .echo, .signals])
    (settings.minimum, settings.time) = (1, 0)
    return settings
  }

  /// The same, but keys that are signals stay that.
  public var keys: TerminalSettings {
    var settings = raw
    settings.modes.insert(.signals)
    return settings
  }
}

/// A terminal whose screen and keyboard this program is.
public struct PseudoTerminal: Sendable {
  /// What is written to the terminal is read here, and what is written here is typed there.
  public let master: Handle
  public let terminal: Terminal

  public init() throws(SystemError) {
    var ends = TerminalEnds()
    _ = try checked(unsafe SystemCalls.terminalCreate(&ends))
    master = Handle(ends.master)
    terminal = Terminal(known: Handle(ends.terminal))
  }
}
