// The line discipline of a terminal: what becomes of bytes between the one who types and the one who reads.
//
// A byte that arrives is kept as it is, but for the keys that are signals or stop the output, which act at once. It is edited and
// shown when somebody reads: so what is typed ahead is shown where it is read, once, and treated as that reader's settings say.
//
// Invariants:
// - `line` holds what a reader gets: in canonical mode one line at the most, which is read once `isComplete`.
// - A line has room for its end: what is typed beyond that is refused with a bell.
// - Nothing here waits or allocates; `advance` shows as many bytes as it is told to take, times a constant and the erased line.

import ABI
import Primitives

/// Where the discipline shows what is typed.
public protocol TerminalEcho {
  mutating func show(_ byte: UInt8)
}

public struct LineDiscipline: ~Copyable {
  public private(set) var settings = TerminalSettings()
  /// What nobody has begun to read.
  private var arrived: ByteQueue
  private var line: ByteQueue
  /// Whether a line can be read: it has its end, or the end of the input behind it.
  private var isComplete = false
  /// Whether the key `stop` was typed, and not `start` since.
  public private(set) var isOutputStopped = false

  /// - Parameters:
  ///   - arrived: at least one byte.
  ///   - line: at least two bytes.
  public init(arrived: consuming ByteQueue, line: consuming ByteQueue) {
    self.arrived = arrived
    self.line = line
  }

  private func has(_ mode: TerminalModes) -> Bool { settings.modes.contains(mode) }

  /// Whether a byte is this key; no byte is a key that there is not.
  private func isKey(_ byte: UInt8, _ key: TerminalKeyPlace) -> Bool { byte != 0 && byte == settings[key] }

  // MARK: Settings

  /// Takes settings that are valid. What was read into a line already is there for the next reader, complete or not.
  public mutating func change(_ settings: TerminalSettings) {
    let wasCanonical = has(.canonical)
    self.settings = settings
    if !has(.stopsOutput) { isOutputStopped = false }
    guard wasCanonical != has(.canonical) else { return }
    isComplete = has(.canonical) && !line.isEmpty
  }

  /// Forgets all that was typed.
  public mutating func dropInput() {
    arrived.removeAll()
    line.removeAll()
    isComplete = false
  }

  // MARK: Arriving

  public enum Arrival: Equatable, Sendable {
    /// It waits to be read, or has been served.
    case taken
    case signal(TerminalSignals)
    /// There is no room; it has to come again.
    case refused
  }

  /// A byte is typed.
  /// - Parameter heard: the signals that somebody watches for; the keys of others are bytes like any.
  public mutating func arrive(_ byte: UInt8, heard: TerminalSignals) -> Arrival {
    if let signal = signal(of: byte), heard.contains(signal) {
      if !has(.signalsKeepInput) { dropInput() }
      isOutputStopped = false
      return .signal(signal)
    }
    if has(.stopsOutput) {
      if isKey(byte, .start) {
        isOutputStopped = false
        return .taken
      }
      if isKey(byte, .stop) {
        isOutputStopped = true
        return .taken
      }
    }
    return arrived.append(byte) ? .taken : .refused
  }

  /// The signal that a byte is, as far as the settings say.
  public func signal(of byte: UInt8) -> TerminalSignals? {
    guard has(.signals) else { return nil }
    if isKey(byte, .interrupt) { return .interrupt }
    if isKey(byte, .quit) { return .quit }
    if isKey(byte, .suspend) { return .suspend }
    return nil
  }

  public var hasRoom: Bool { arrived.room > 0 }
  public var hasArrived: Bool { !arrived.isEmpty }

  // MARK: Reading

  /// Whether `advance` can do something for a reader of so many bytes.
  public func canAdvance(for wanted: Int) -> Bool {
    guard !arrived.isEmpty else { return false }
    return has(.canonical) ? !isComplete : line.count < min(max(wanted, 1), line.capacity)
  }

  /// Treats at most `limit` of the bytes that arrived, for a reader of `wanted` bytes.
  public mutating func advance(limit: Int, for wanted: Int, _ echo: inout some TerminalEcho) {
    var left = limit
    while left > 0, canAdvance(for: wanted), let byte = arrived.removeFirst() {
      left &-= 1
      guard let byte = translated(byte) else { continue }
      if has(.canonical) { edit(byte, &echo) } else { pass(byte, &echo) }
    }
  }

  private func translated(_ byte: UInt8) -> UInt8? {
    if byte == 0x0d {
      if has(.dropsReturn) { return nil }
      return has(.returnIsLineFeed) ? 0x0a : byte
    }
    return byte == 0x0a && has(.lineFeedIsReturn) ? 0x0d : byte
  }

  /// How many bytes a reader gets now; nil: it has to wait. In canonical mode 0 is the end of the input.
  public func readable(for wanted: Int) -> Int? {
    if has(.canonical) { return isComplete ? line.count : nil }
    let needed = min(max(Int(settings.minimum), 1), max(wanted, 1))
    return line.count >= needed ? line.count : nil
  }

  /// How many bytes there are, also where they are fewer than a reader waits for.
  public var available: Int { has(.canonical) && !isComplete ? 0 : line.count }

  /// Calls `body` with bytes at the front of what can be read, at most `limit`. They are taken by `take`.
  public func withPiece<Result, Failure: Error>(
    limit: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe line.withFirstPiece(limit: limit, body)
  }

  /// Takes bytes that were read; 0 takes the end of the input.
  public mutating func take(_ count: Int) {
    line.removeFirst(count)
    if line.isEmpty { isComplete = false }
  }

  /// Without `canonical`: takes a byte as it is.
  private mutating func pass(_ byte: UInt8, _ echo: inout some TerminalEcho) {
    line.append(byte)
    if has(.echo) { show(byte, &echo) }
  }

  // MARK: Lines

  private mutating func edit(_ byte: UInt8, _ echo: inout some TerminalEcho) {
    if isKey(byte, .erase) || byte == 0x08 && settings[.erase] == 0x7f { return erase(&echo) }
    if isKey(byte, .killLine) { return killLine(&echo) }
    if isKey(byte, .eraseWord) { return eraseWord(&echo) }
    if isKey(byte, .reprint) { return reprint(&echo) }
    if isKey(byte, .endOfFile) {
      isComplete = true
      return
    }
    if byte == 0x0a || isKey(byte, .endOfLine) {
      line.append(byte)
      isComplete = true
      if has(.echo) || byte == 0x0a && has(.echoLineFeed) { echo.show(byte) }
      return
    }
    guard line.room > 1 else {
      if has(.echo) { echo.show(0x07) }
      return
    }
    if has(.echo) { show(byte, &echo) }
    line.append(byte)
  }

  private mutating func erase(_ echo: inout some TerminalEcho) {
    guard let last = line.last else { return }
    let width = has(.echo) && has(.echoErases) ? lastWidth : 0
    removeLastCharacter()
    if has(.echo) {
      has(.echoErases) ? eraseColumns(width, &echo) : show(last, &echo)
    }
  }

  private mutating func eraseWord(_ echo: inout some TerminalEcho) {
    while let last = line.last, Self.isBlank(last) { erase(&echo) }
    while let last = line.last, !Self.isBlank(last) { erase(&echo) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private mutating func killLine(_ echo: inout some TerminalEcho) {
    if has(.echo) {
      if has(.echoErases) { eraseColumns(width(upTo: line.count), &echo) } else { echo.show(0x0a) }
    }
    line.removeAll()
  }

  /// Shows the line anew, on one of its own.
  private mutating func reprint(_ echo: inout some TerminalEcho) {
    guard has(.echo) else { return }
    echo.show(0x0a)
    var column = 0
    var index = 0
    while let byte = line.byte(at: index) {
      column = show(byte, at: column, &echo)
      index &+= 1
    }
  }

  private mutating func removeLastCharacter() {
    while let byte = line.last {
      line.removeLast()
      // The later bytes of a character go with its first.
      if !has(.isUTF8) || byte & 0xc0 != 0x80 { return }
    }
  }

  // MARK: What is shown

  private func eraseColumns(_ count: Int, _ echo: inout some TerminalEcho) {
    for _ in 0..<count { echo.show(0x08) }
    for _ in 0..<count { echo.show(0x20) }
    for _ in 0..<count { echo.show(0x08) }
  }

  /// Shows a byte behind the line.
  private func show(_ byte: UInt8, _ echo: inout some TerminalEcho) {
    // Only a tab needs to know where it stands.
    let isTab = byte == 0x09 && has(.canonical)
    _ = show(byte, at: isTab ? width(upTo: line.count) : 0, &echo)
  }

  /// Shows a byte of a line at a column of that. Returns the column behind it.
  private func show(_ byte: UInt8, at column: Int, _ echo: inout some TerminalEcho) -> Int {
    let width = width(of: byte, at: column)
    if byte == 0x09, has(.canonical) {
      // As blanks, which can be erased.
      for _ in 0..<width { echo.show(0x20) }
    } else if Self.isControl(byte), has(.echoControls) {
      echo.show(0x5e)
      echo.show(byte ^ 0x40)
    } else {
      echo.show(byte)
    }
    return column &+ width
  }

  private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 && byte != 0x0a || byte == 0x7f }

  /// How many columns a byte takes at a column of its line.
  private func width(of byte: UInt8, at column: Int) -> Int {
    if byte == 0x09 { return 8 &- column % 8 }
    if Self.isControl(byte) { return has(.echoControls) ? 2 : 0 }
    return has(.isUTF8) && byte & 0xc0 == 0x80 ? 0 : 1
  }

  /// How many columns the first bytes of the line take.
  private func width(upTo count: Int) -> Int {
    var column = 0
    for index in 0..<count {
      if let byte = line.byte(at: index) { column &+= width(of: byte, at: column) }
    }
    return column
  }

  /// How many columns the last character takes.
  private var lastWidth: Int {
    guard let last = line.last else { return 0 }
    // Only a tab depends on what is in front of it.
    if last == 0x09 { return width(of: last, at: width(upTo: line.count &- 1)) }
    return Self.isControl(last) ? width(of: last, at: 0) : 1
  }
}
