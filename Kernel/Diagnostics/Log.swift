// The kernel's log: a ring of text in memory that a reset does not clear, so that the next boot can still show
// what the last one said.
//
// Invariants: positions count every byte ever written and never go back; the newest `capacity` bytes can be
// read. All state is in the buffer, so copies of a `Log` are names for one log. The header's check word is
// written last: what a reset leaves is either whole or refused. Nothing here allocates or takes a lock; whoever
// writes from interrupts as well keeps them off for a byte.

import Primitives

/// A ring of log text in a buffer.
@safe
public struct Log: TextOutput {
  private let base: UnsafeMutableRawPointer
  /// Bytes of text it holds.
  public let capacity: UInt32
  /// Where the microseconds in front of each line come from; nil: lines have none.
  public var microseconds: (@convention(c) () -> UInt64)?
  /// Whether the buffer held the log of the boot before.
  public let isRecovered: Bool

  /// The words of the header, by their position in the buffer.
  private enum Field: Int {
    case magic, version, capacity
    /// Bytes ever written, low word first.
    case endLow, endHigh
    /// Where the text of this boot starts, and that of the boot before.
    case bootLow, bootHigh, previousLow, previousHigh
    /// Where in the ring the next byte goes.
    case next
    /// 1 where the next byte starts a line.
    case lineStart
    case check
  }

  private static var headerSize: Int { 48 }
  /// "MGLG" read as a little-endian word.
  private static var magic: UInt32 { 0x474c_474d }
  private static var version: UInt32 { 1 }
  private static var smallestBuffer: Int { 256 }

  /// Takes over the log in `buffer`, or starts an empty one where there is none; nil where the buffer has fewer
  /// than 256 bytes or is not aligned to four.
  /// - Safety: the buffer must stay, and belong to the log alone.
  @unsafe
  public init?(buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress, buffer.count >= Self.smallestBuffer,
      buffer.count <= Int(Int32.max), UInt(bitPattern: base) & 3 == 0
    else { return nil }
    unsafe self.base = unsafe base
    let capacity = UInt32(truncatingIfNeeded: buffer.count &- Self.headerSize)
    self.capacity = capacity
    func field(_ field: Field) -> UInt32 {
      unsafe base.load(fromByteOffset: field.rawValue &* 4, as: UInt32.self)
    }
    let check = unsafe Self.checkWord(base)
    isRecovered =
      field(.magic) == Self.magic && field(.version) == Self.version && field(.capacity) == capacity
      && field(.next) < capacity && field(.check) == check
    if isRecovered {
      // The last boot may have ended in the middle of a line.
      if field(.lineStart) == 0 { store(0x0a) }
      let boot = bootStart
      set(.previousLow, .previousHigh, to: boot)
      set(.bootLow, .bootHigh, to: end)
    } else {
      for index in 0..<(Self.headerSize / 4) {
        unsafe base.storeBytes(of: 0, toByteOffset: index &* 4, as: UInt32.self)
      }
      set(.magic, to: Self.magic)
      set(.version, to: Self.version)
      set(.capacity, to: capacity)
    }
    set(.lineStart, to: 1)
    seal()
  }

  // MARK: Positions

  /// Where the next byte will go: the number of bytes ever written.
  public var end: UInt64 { value(.endLow, .endHigh) }
  /// The oldest byte that can still be read.
  public var oldest: UInt64 { end &- min(end, UInt64(capacity)) }
  /// Where the text of this boot starts.
  public var bootStart: UInt64 { value(.bootLow, .bootHigh) }
  /// Where the text of the boot before starts; equal to `bootStart` where there is none.
  public var previousBootStart: UInt64 { isRecovered ? value(.previousLow, .previousHigh) : bootStart }

  // MARK: Writing

  /// Adds a byte; in front of a line's first byte also the time.
  @inline(never)
  public func write(byte: UInt8) {
    if value(.lineStart) != 0 {
      set(.lineStart, to: 0)
      if let microseconds, byte != 0x0a { writeTime(microseconds()) }
    }
    store(byte)
    if byte == 0x0a { set(.lineStart, to: 1) }
    seal()
  }

  /// `[    1.234567] `: seconds in five columns, more where needed, and microseconds.
  private func writeTime(_ time: UInt64) {
    var sink = Sink(log: self)
    let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
    sink.write("[")
    sink.write(decimal: seconds, width: 5)
    sink.write(".")
    var scale: UInt64 = 100_000
    while scale > 1 && rest < scale {
      sink.write("0")
      scale /= 10
    }
    sink.write(decimal: rest)
    sink.write("] ")
  }

  /// Stores without looking at lines.
  private struct Sink: TextOutput {
    let log: Log
    func write(byte: UInt8) { log.store(byte) }
  }

  private func store(_ byte: UInt8) {
    let next = value(.next)
    unsafe base.storeBytes(
      of: byte, toByteOffset: Self.headerSize &+ Int(truncatingIfNeeded: next), as: UInt8.self)
    set(.next, to: next &+ 1 < capacity ? next &+ 1 : 0)
    set(.endLow, .endHigh, to: end &+ 1)
  }

  // MARK: Reading

  /// Copies text into `target`, from `position` or, where that is lost already, from the oldest byte on.
  /// - Returns: where the copied text starts and how many bytes it has; 0 at the end of the log.
  public func read(from position: UInt64, into target: inout MutableSpan<UInt8>) -> (
    start: UInt64, count: Int
  ) {
    let start = max(position, oldest)
    guard start < end else { return (end, 0) }
    let count = min(target.count, Int(truncatingIfNeeded: end &- start))
    // The newest byte lies before `next`; step back from there.
    let distance = UInt32(truncatingIfNeeded: end &- start)
    let next = value(.next)
    var index = next >= distance ? next &- distance : next &+ capacity &- distance
    for place in 0..<count {
      target[place] = unsafe base.load(
        fromByteOffset: Self.headerSize &+ Int(truncatingIfNeeded: index), as: UInt8.self)
      index = index &+ 1 < capacity ? index &+ 1 : 0
    }
    return (start, count)
  }

  /// Writes the text between two positions, as far as it is still there, to another output.
  public func copy(from start: UInt64, to finish: UInt64, into output: inout some TextOutput) {
    var position = max(start, oldest)
    let last = min(finish, end)
    var buffer = InlineArray<64, UInt8>(repeating: 0)
    while position < last {
      var span = buffer.mutableSpan
      let (_, count) = read(from: position, into: &span)
      guard count > 0 else { return }
      for index in 0..<min(count, Int(truncatingIfNeeded: last &- position)) {
        output.write(byte: buffer[index])
      }
      position = position &+ UInt64(count)
    }
  }

  // MARK: The header

  private func value(_ field: Field) -> UInt32 {
    unsafe base.load(fromByteOffset: field.rawValue &* 4, as: UInt32.self)
  }

  private func value(_ low: Field, _ high: Field) -> UInt64 {
    UInt64(value(high)) &<< 32 | UInt64(value(low))
  }

  private func set(_ field: Field, to value: UInt32) {
    unsafe base.storeBytes(of: value, toByteOffset: field.rawValue &* 4, as: UInt32.self)
  }

  private func set(_ low: Field, _ high: Field, to value: UInt64) {
    set(low, to: UInt32(truncatingIfNeeded: value))
    set(high, to: UInt32(truncatingIfNeeded: value &>> 32))
  }

  private func seal() { set(.check, to: unsafe Self.checkWord(base)) }

  /// A mix of all other words of the header (FNV-1a over words).
  private static func checkWord(_ base: UnsafeMutableRawPointer) -> UInt32 {
    var mix: UInt32 = 0x811c_9dc5
    for index in 0..<Field.check.rawValue {
      let word = unsafe base.load(fromByteOffset: index &* 4, as: UInt32.self)
      mix = (mix ^ word) &* 0x0100_0193
    }
    return mix
  }
}
