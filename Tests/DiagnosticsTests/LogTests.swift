// The log against a model that keeps everything, and across resets: a reset is a second `Log` over the bytes
// that the first one left.

import Diagnostics
import Primitives
import TestSupport
import Testing

/// A buffer as the kernel would set aside for its log.
private final class Memory {
  let bytes: UnsafeMutableRawBufferPointer
  init(_ count: Int) {
    bytes = .allocate(byteCount: count, alignment: 8)
    for index in bytes.indices { bytes[index] = 0xa5 }
  }
  deinit { bytes.deallocate() }
}

private func text(_ log: Log, from start: UInt64? = nil, to end: UInt64? = nil) -> String {
  var collector = TextCollector()
  log.copy(from: start ?? log.oldest, to: end ?? log.end, into: &collector)
  return collector.text
}

@Suite("Log")
struct LogTests {
  @Test func textComesBack() throws {
    let memory = Memory(4096)
    var log = try #require(Log(buffer: memory.bytes))
    #expect(!log.isRecovered && log.end == 0 && log.oldest == 0 && log.bootStart == 0)
    #expect(log.capacity == 4096 - 48)
    log.write("first line\nsecond ")
    log.write(decimal: 42 as UInt32)
    log.write("\n")
    #expect(text(log) == "first line\nsecond 42\n")
    #expect(text(log, from: 11) == "second 42\n")
    #expect(text(log, from: 11, to: 17) == "second")
    #expect(text(log, from: 1_000_000).isEmpty)
    #expect(log.previousBootStart == log.bootStart)
  }

  @Test func readingByPosition() throws {
    let memory = Memory(4096)
    var log = try #require(Log(buffer: memory.bytes))
    log.write("0123456789")
    var target = [UInt8](repeating: 0, count: 4)
    var position: UInt64 = 0
    var collected: [UInt8] = []
    while true {
      var span = target.mutableSpan
      let (start, count) = log.read(from: position, into: &span)
      if count == 0 { break }
      #expect(start == position)
      collected += target.prefix(count)
      position = start + UInt64(count)
    }
    #expect(String(decoding: collected, as: UTF8.self) == "0123456789")
    #expect(position == log.end)
  }

  @Test func randomTextAgainstAModel() throws {
    let seed: UInt64 = 99
    var generator = SeededGenerator(seed: seed)
    let memory = Memory(256)
    let log = try #require(Log(buffer: memory.bytes))
    var model: [UInt8] = []
    for _ in 0..<2_000 {
      for _ in 0..<Int.random(in: 0...40, using: &generator) {
        let byte = UInt8.random(in: 0...255, using: &generator)
        log.write(byte: byte)
        model.append(byte)
      }
      #expect(log.end == UInt64(model.count))
      #expect(log.oldest == UInt64(max(0, model.count - 208)))
      let position = UInt64.random(in: 0...UInt64(model.count), using: &generator)
      var target = [UInt8](repeating: 0, count: Int.random(in: 0...300, using: &generator))
      var span = target.mutableSpan
      let (start, count) = log.read(from: position, into: &span)
      #expect(start == max(position, log.oldest))
      #expect(count == min(target.count, model.count - Int(start)))
      #expect(Array(target[0..<count]) == Array(model[Int(start)..<Int(start) + count]), "seed \(seed)")
    }
  }

  @Test func timesStandInFrontOfLines() throws {
    let memory = Memory(1024)
    var log = try #require(Log(buffer: memory.bytes))
    log.microseconds = { 1_000_042 }
    log.write("one\n\ntwo ")
    log.write("three\n")
    log.microseconds = { 123_456_789_012 }
    log.write("four\n")
    #expect(
      text(log) == "[    1.000042] one\n\n[    1.000042] two three\n[123456.789012] four\n")
  }

  @Test func theLogSurvivesAReset() throws {
    let memory = Memory(1024)
    var first = try #require(Log(buffer: memory.bytes))
    first.write("boot one\nin the middle of")
    var second = try #require(Log(buffer: memory.bytes))
    #expect(second.isRecovered)
    second.write("boot two\n")
    #expect(text(second, from: second.bootStart) == "boot two\n")
    #expect(
      text(second, from: second.previousBootStart, to: second.bootStart) == "boot one\nin the middle of\n")
    let third = try #require(Log(buffer: memory.bytes))
    #expect(text(third, from: third.previousBootStart, to: third.bootStart) == "boot two\n")
    #expect(third.bootStart == third.end)
    #expect(text(third).hasPrefix("boot one\n"))
  }

  @Test func anyDamageToTheHeaderStartsAFreshLog() throws {
    for index in 0..<48 {
      let memory = Memory(1024)
      var log = try #require(Log(buffer: memory.bytes))
      log.write("old")
      memory.bytes[index] ^= 0x10
      let next = try #require(Log(buffer: memory.bytes))
      #expect(!next.isRecovered && next.end == 0, "byte \(index)")
    }
  }

  @Test func anotherSizeStartsAFreshLog() throws {
    let memory = Memory(1024)
    var log = try #require(Log(buffer: memory.bytes))
    log.write("old")
    let smaller = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[0..<512])
    #expect(Log(buffer: smaller)?.isRecovered == false)
  }

  @Test func buffersThatCannotHoldALogAreRefused() {
    let memory = Memory(1024)
    #expect(Log(buffer: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[0..<255])) == nil)
    #expect(Log(buffer: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[1..<1024])) == nil)
    #expect(Log(buffer: UnsafeMutableRawBufferPointer(start: nil, count: 0)) == nil)
  }

  /// Whatever a reset leaves in memory, the log starts and can be read.
  @Test func randomMemoryNeverTraps() throws {
    var generator = SeededGenerator(seed: 5)
    let memory = Memory(512)
    for round in 0..<5_000 {
      if round % 3 == 0 {
        for index in memory.bytes.indices {
          memory.bytes[index] = UInt8.random(in: 0...255, using: &generator)
        }
      } else {
        memory.bytes[Int.random(in: 0..<512, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      var log = try #require(Log(buffer: memory.bytes))
      log.write("line\n")
      #expect(log.end - log.oldest <= UInt64(log.capacity))
      #expect(text(log, from: log.bootStart) == "line\n")
    }
  }
}
