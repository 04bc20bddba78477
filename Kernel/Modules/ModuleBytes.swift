// A module's file seen through its segments: module-relative addresses become positions in the file.
//
// Invariant: every position handed out lies, with all the bytes asked for, in the part of one segment
// that the file holds, and so inside the file.

import Executables
import Primitives

/// The bytes of a module's file and the segments that say which addresses they have.
struct ModuleBytes: ~Escapable {
  let file: Span<UInt8>
  let segments: Span<LoadSegment>

  @_lifetime(copy file, copy segments)
  init(file: Span<UInt8>, segments: Span<LoadSegment>) {
    self.file = file
    self.segments = segments
  }

  /// The segment that holds all of the `count` bytes at `address`.
  func segment(at address: UInt32, count: UInt32 = 1) -> LoadSegment? {
    for index in segments.indices where segments[index].contains(address, count: count) {
      return segments[index]
    }
    return nil
  }

  /// Where the `count` bytes at `address` lie in the file, or nil where the file does not hold them all.
  func position(of address: UInt32, count: UInt32) -> UInt32? {
    guard let segment = segment(at: address, count: count),
      UInt64(address &- segment.start) &+ UInt64(count) <= UInt64(segment.fileSize)
    else { return nil }
    return segment.fileOffset &+ (address &- segment.start)
  }

  /// The number at `address`, or nil where the file does not hold it.
  func word(at address: UInt32) -> UInt32? {
    guard let position = position(of: address, count: 4) else { return nil }
    return littleEndian32(file, at: Int(position))
  }

  /// The number that memory holds at `address` before relocation: the file's bytes, and zero behind them.
  func initialWord(at address: UInt32) -> UInt32 {
    if let word = word(at: address) { return word }
    var word: UInt32 = 0
    for index in 0..<4 as Range<UInt32> {
      guard let position = position(of: address &+ index, count: 1) else { continue }
      word |= UInt32(file[Int(position)]) &<< (index &* 8)
    }
    return word
  }

  /// True where `address` is code.
  func isCode(_ address: UInt32) -> Bool {
    segment(at: address)?.permissions.contains(.executable) ?? false
  }

  /// The text at `address` up to its zero byte, or nil where there is none of `limit` bytes at most.
  func text(at address: UInt32, limit: Int) -> NameLocation? {
    guard let segment = segment(at: address),
      let start = position(of: address, count: 1)
    else { return nil }
    // Cannot wrap: the segment's part of the file lies inside the file.
    let end = segment.fileOffset &+ segment.fileSize
    var position = start
    while position < end && position &- start <= UInt32(limit) {
      if file[Int(position)] == 0 { return NameLocation(offset: start, length: position &- start) }
      position &+= 1
    }
    return nil
  }

  /// The bytes of a name.
  @_lifetime(copy self)
  func bytes(of name: NameLocation) -> Span<UInt8> {
    name.bytes(in: file)
  }
}

/// Where a name lies in a module's file: what errors carry instead of a copy.
public struct NameLocation: Equatable, Sendable {
  var offset: UInt32
  var length: UInt32

  /// The bytes of the name, or none where `file` is not the file that it was found in.
  @_lifetime(copy file)
  func bytes(in file: Span<UInt8>) -> Span<UInt8> {
    let end = UInt64(offset) &+ UInt64(length)
    guard end <= UInt64(file.count) else { return file.extracting(first: 0) }
    return file.extracting(Int(offset)..<Int(end))
  }

  /// Writes the name as it stands in `file`; at most 200 bytes of it, and `?` for what does not print.
  public func write(to output: inout some TextOutput, from file: Span<UInt8>) {
    let name = bytes(in: file)
    for index in 0..<min(name.count, 200) {
      output.write(byte: name[index] > 0x20 && name[index] < 0x7f ? name[index] : 0x3f)
    }
    if name.count > 200 { output.write("...") }
  }
}
