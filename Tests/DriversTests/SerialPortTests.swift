import Drivers
import Primitives
import TestSupport
import Testing

/// A model of the 16550's registers that matter here.
private final class SerialModel {
  var scratch: UInt32 = 0
  var lineControl: UInt32 = 0
  var modemControl: UInt32 = 0
  var received: [UInt32] = []
  var sent: [UInt8] = []
  var acceptsBytes = true
  var corruption: UInt32 = 0
  var losesLoopback = false

  func attach(to recorder: Recorder, base: UInt32) {
    recorder.onWrite = { [self] address, value in
      switch address - base {
      case 0 where lineControl & 0x80 == 0:
        if modemControl & 0x10 != 0 {
          if !losesLoopback { received.append(value ^ corruption) }
        } else {
          sent.append(UInt8(value))
        }
      case 3: lineControl = value
      case 4: modemControl = value
      case 7: scratch = value
      default: break
      }
    }
    recorder.onRead = { [self] address in
      switch address - base {
      case 0: received.isEmpty ? 0 : received.removeFirst()
      case 5: (acceptsBytes ? 0x60 : 0) | (received.isEmpty ? 0 : 1)
      case 7: scratch
      default: 0
      }
    }
  }
}

/// A port that receives, with a FIFO of 16 bytes, and what is at the other end of its line.
private final class SerialLine {
  let text: [UInt8]
  /// Whether the sender stops while no one requests to send.
  var heedsRequests = true
  private(set) var lost = 0
  private var position = 0
  private var waiting: [UInt8] = []
  private var hasOverrun = false
  private var interruptEnable: UInt32 = 0
  private var modemControl: UInt32 = 0x0b

  init(sending text: String) { self.text = Array(text.utf8) }

  var interrupts: Bool { interruptEnable & 1 != 0 && !waiting.isEmpty }

  /// Sends the next byte; false where there is none, or the sender waits.
  func deliver() -> Bool {
    guard position < text.count, !heedsRequests || modemControl & 2 != 0 else { return false }
    if waiting.count < 16 {
      waiting.append(text[position])
    } else {
      lost += 1
      hasOverrun = true
    }
    position += 1
    return true
  }

  func attach(to recorder: Recorder) {
    recorder.onWrite = { [self] address, value in
      switch address - 0x3f8 {
      case 1: interruptEnable = value
      case 4: modemControl = value
      default: break
      }
    }
    recorder.onRead = { [self] address in
      switch address - 0x3f8 {
      case 0: return waiting.isEmpty ? 0 : UInt32(waiting.removeFirst())
      case 5:
        defer { hasOverrun = false }
        return 0x60 | (waiting.isEmpty ? 0 : 1) | (hasOverrun ? 2 : 0)
      default: return 0
      }
    }
  }
}

@Suite struct SerialPortTests {
  private func text(_ error: SerialPortError) -> String {
    var output = TextCollector()
    error.describe(to: &output)
    return output.text
  }

  @Test func initialisationWritesThisTraceAndNoOther() throws {
    try Recorder().run { recorder in
      SerialModel().attach(to: recorder, base: 0x3f8)
      var port = SerialPort<FakePorts>(base: 0x3f8)
      try port.initialise()
      #expect(port.isPresent)
      #expect(
        recorder.takeTrace() == [
          "out 3ff 5a", "in 3ff", "out 3ff a5", "in 3ff",
          "in 3fd", "out 3f9 0", "out 3fb 80", "out 3f8 1", "out 3f9 0", "out 3fb 3", "out 3fa 7",
          "out 3fc 1e", "out 3f8 ae", "in 3fd", "in 3f8", "out 3fc b",
        ])
    }
  }

  @Test(arguments: [(UInt16(0), UInt32(1), UInt32(0)), (12, 12, 0), (0x1234, 0x34, 0x12)])
  func divisorIsWrittenLowThenHigh(divisor: UInt16, low: UInt32, high: UInt32) throws {
    try Recorder().run { recorder in
      SerialModel().attach(to: recorder, base: 0x2f8)
      var port = SerialPort<FakePorts>(base: SerialPort<FakePorts>.secondBase)
      try port.initialise(divisor: divisor)
      #expect(recorder.writes(to: 0x2f8).first == low)
      #expect(recorder.writes(to: 0x2f9) == [0, high])
    }
  }

  @Test(arguments: [UInt32(0xff), 0x00, 0x5a])
  func absentPortIsFoundAndNeverWrittenTo(floating: UInt32) {
    Recorder().run { recorder in
      recorder.onRead = { _ in floating }
      var port = SerialPort<FakePorts>(base: 0x2f8)
      #expect(throws: SerialPortError.absent(base: 0x2f8)) { try port.initialise() }
      #expect(!port.isPresent)
      _ = recorder.takeTrace()
      port.write("text")
      port.enableReceiveInterrupt()
      port.disableInterrupts()
      #expect(port.read() == nil)
      #expect(recorder.takeTrace().isEmpty)
    }
    #expect(text(.absent(base: 0x2f8)) == "serial port 0x2f8: absent")
  }

  @Test func failedLoopbackSaysWhatItSaw() {
    Recorder().run { recorder in
      let model = SerialModel()
      model.corruption = 0x01
      model.attach(to: recorder, base: 0x3f8)
      var port = SerialPort<FakePorts>(base: 0x3f8)
      let error = SerialPortError.loopbackMismatch(base: 0x3f8, sent: 0xae, received: 0xaf)
      #expect(throws: error) { try port.initialise() }
      #expect(!port.isPresent)
      #expect(text(error) == "serial port 0x3f8: the loopback test sent 0xae and received 0xaf")
    }
  }

  @Test func silentLoopbackEnds() {
    Recorder().run { recorder in
      let model = SerialModel()
      model.losesLoopback = true
      model.attach(to: recorder, base: 0x3f8)
      var port = SerialPort<FakePorts>(base: 0x3f8)
      #expect(throws: SerialPortError.loopbackSilent(base: 0x3f8)) { try port.initialise() }
      #expect(recorder.accessCount < 70_000)
      #expect(model.modemControl == 0)
    }
    #expect(text(.loopbackSilent(base: 0x3f8)).hasSuffix("received nothing"))
  }

  @Test(arguments: [(false, "a\nb"), (true, "a\r\nb")])
  func lineFeedsAreTranslatedOnlyWhenAsked(translates: Bool, expected: String) {
    Recorder().run { recorder in
      let model = SerialModel()
      model.attach(to: recorder, base: 0x3f8)
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      #expect(!port.sendsReturnBeforeLineFeed)
      port.sendsReturnBeforeLineFeed = translates
      port.write("a\nb")
      #expect(String(decoding: model.sent, as: UTF8.self) == expected)
    }
  }

  @Test func aStuckTransmitterCostsOneLongWait() {
    Recorder().run { recorder in
      let model = SerialModel()
      model.acceptsBytes = false
      model.attach(to: recorder, base: 0x3f8)
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      port.write(byte: 0x41)
      #expect(recorder.accessCount == 65_536)
      for _ in 0..<100 { port.write(byte: 0x42) }
      #expect(recorder.accessCount == 65_636)
      #expect(port.lostCount == 101)
      #expect(model.sent.isEmpty)
      model.acceptsBytes = true
      port.write(byte: 0x43)
      #expect(model.sent == [0x43])
      model.acceptsBytes = false
      port.write(byte: 0x44)
      #expect(recorder.accessCount == 65_638 + 65_536)
    }
  }

  @Test func readingTakesIntactBytesAndCountsDamagedOnes() {
    Recorder().run { recorder in
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      // Break, framing error and parity error before an intact byte.
      recorder.answers = [0x3fd: [0x71, 0x69, 0x65, 0x61, 0x60], 0x3f8: [0, 1, 2, 0x58]]
      #expect(port.read() == 0x58)
      #expect(port.read() == nil)
      // A break asks for attention.
      #expect(port.damagedCount == 2)
    }
  }

  @Test(arguments: [UInt32(0xff), 0x05, 0x01])
  func readingEndsWhateverTheStatusSays(status: UInt32) {
    Recorder().run { recorder in
      recorder.onRead = { $0 == 0x3fd ? status : 0x41 }
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      let ring = SharedRing()
      let taken = port.receive(into: &ring.bytes)
      #expect(taken == (status == 0x01 ? 64 : 0))
      #expect(ring.count == taken)
      #expect(recorder.accessCount <= 132)
      // More may wait, and the line that is up calls again only when it rises.
      #expect(recorder.writes(to: 0x3f9) == (status == 0x01 ? [0, 1] : []))
    }
  }

  @Test func aFullRingHoldsTheSenderBackAndNothingIsLost() {
    Recorder().run { recorder in
      let line = SerialLine(sending: (0..<200).map { "echo \($0) and \($0 * $0)\n" }.joined())
      line.attach(to: recorder)
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      port.enableReceiveInterrupt()
      let ring = SharedRing()
      var taken = ""
      while taken.utf8.count < line.text.count {
        // The sender is as fast as it may be, the reader takes a few bytes now and then.
        while line.deliver() { if line.interrupts { port.receive(into: &ring.bytes) } }
        guard port.isPaused || ring.count > 0 else { break }
        for _ in 0..<37 {
          guard let byte = ring.pop() else { break }
          taken.unicodeScalars.append(Unicode.Scalar(byte))
        }
        if port.isPaused, ring.count < 100 {
          port.resume()
          if line.interrupts { port.receive(into: &ring.bytes) }
        }
      }
      #expect(Array(taken.utf8) == line.text)
      #expect(line.lost == 0 && port.overrunCount == 0 && ring.droppedCount == 0)
    }
  }

  @Test func aSenderThatDoesNotWaitIsFoundOut() {
    Recorder().run { recorder in
      let line = SerialLine(sending: String(repeating: "x", count: ByteRing.capacity + 30))
      line.heedsRequests = false
      line.attach(to: recorder)
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      port.enableReceiveInterrupt()
      let ring = SharedRing()
      while line.deliver() { if line.interrupts { port.receive(into: &ring.bytes) } }
      #expect(port.isPaused && line.lost == 14)
      while ring.pop() != nil {}
      port.resume()
      port.receive(into: &ring.bytes)
      #expect(ring.count == 16)
      #expect(port.overrunCount == 1)
    }
  }

  /// Control-] twice, wherever the pieces that come at once end; what was typed before is dropped, and what comes behind it is not.
  @Test(arguments: 0..<5)
  func aSequenceAsksForAttention(split: Int) {
    Recorder().run { recorder in
      let text = Array("a\u{1d}b\u{1d}\u{1d}".utf8)
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      let ring = SharedRing()
      for part in [text[..<split], text[split...]] {
        #expect([port.takeAttention()] == [false])
        recorder.answers = [0x3fd: part.map { _ in 0x61 } + [0x60], 0x3f8: part.map { UInt32($0) }]
        port.receive(into: &ring.bytes)
      }
      #expect([port.takeAttention(), port.takeAttention()] == [true, false])
      #expect(ring.count == 0)
      recorder.answers = [0x3fd: [0x61, 0x61, 0x60], 0x3f8: [0x1d, 0x63]]
      port.receive(into: &ring.bytes)
      #expect([port.takeAttention()] == [false] && ring.takeText() == "\u{1d}c")
    }
  }

  /// A break is noticed between bytes, and by a port whose sender has to wait: all that waits is dropped.
  @Test func aBreakAsksForAttention() {
    Recorder().run { recorder in
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      let ring = SharedRing()
      recorder.answers = [0x3fd: [0x61, 0x71, 0x61, 0x60], 0x3f8: [0x61, 0, 0x62]]
      port.receive(into: &ring.bytes)
      #expect([port.takeAttention()] == [true] && ring.takeText() == "b")
      #expect(port.damagedCount == 0)
      recorder.answers = [:]
      recorder.onRead = { $0 == 0x3fd ? 0x61 : 0x41 }
      while !port.isPaused { port.receive(into: &ring.bytes) }
      #expect([port.receive(into: &ring.bytes)] == [0] && [port.takeAttention()] == [false])
      #expect(recorder.writes(to: 0x3f9).last == 4)
      recorder.onRead = { $0 == 0x3fd ? 0x71 : 0x41 }
      port.receive(into: &ring.bytes)
      #expect([port.takeAttention()] == [true] && !port.isPaused && ring.count == 0)
      #expect(recorder.writes(to: 0x3fa) == [3])
    }
  }

  @Test func errorsThatSendingSawAreNotForgotten() {
    Recorder().run { recorder in
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      // Sending reads the status: an overrun, and a byte with a framing error that waits. The next reading shows neither.
      recorder.answers = [0x3fd: [0x6b, 0x61, 0x61], 0x3f8: [0x41, 0x42]]
      port.write(byte: 0x21)
      #expect(port.hasReceived)
      #expect(port.read() == 0x42)
      #expect(port.damagedCount == 1 && port.overrunCount == 1)
    }
  }

  @Test func finishingWaitsForTheLastBit() {
    Recorder().run { recorder in
      var port = SerialPort<FakePorts>(adopting: 0x3f8)
      recorder.answers = [0x3fd: [0x20, 0x20, 0x60]]
      port.finish()
      #expect(recorder.takeTrace() == ["in 3fd", "in 3fd", "in 3fd"])
    }
  }

  @Test func interruptEnableIsOneRegister() {
    Recorder().run { recorder in
      let port = SerialPort<FakePorts>(adopting: 0x3f8)
      port.enableReceiveInterrupt()
      port.disableInterrupts()
      #expect(recorder.takeTrace() == ["out 3f9 1", "out 3f9 0"])
    }
  }
}
