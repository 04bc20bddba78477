import Drivers
import TestSupport
import Testing

/// Decodes `bytes` from the start and returns the characters they stand for.
private func text(_ bytes: [UInt8]) -> String {
  var decoder = KeyboardDecoder()
  let ring = SharedRing()
  for byte in bytes { decoder.decode(byte, into: &ring.bytes) }
  return ring.takeText()
}

/// Decodes `bytes` from the start and returns the events.
private func events(_ bytes: [UInt8]) -> [KeyEvent] {
  var decoder = KeyboardDecoder()
  return bytes.compactMap { decoder.decode($0) }
}

private let escape = "\u{1b}"

@Suite struct KeyboardDecoderTests {
  @Test func pauseIsOneKeyAndNotControlAndNumLock() {
    let pause = events([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5])
    #expect(pause.map(\.key) == [.pause, .pause])
    #expect(pause.map(\.isPress) == [true, false])
    #expect(pause.allSatisfy { $0.modifiers == [] })
    #expect(text([0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e]) == "a")
  }

  /// Control-Alt-Space, with either key of both kinds; it is no character, and what was typed before is dropped.
  @Test(arguments: [[0x1d], [0xe0, 0x1d]] as [[UInt8]], [[0x38], [0xe0, 0x38]] as [[UInt8]])
  func controlAltSpaceAsksForAttention(control: [UInt8], alt: [UInt8]) {
    var decoder = KeyboardDecoder()
    let ring = SharedRing()
    for byte in [0x1e, 0x39] + control + alt + [0x1e] { decoder.decode(byte, into: &ring.bytes) }
    #expect([decoder.takeAttention()] == [false])
    decoder.decode(0x39, into: &ring.bytes)
    #expect([decoder.takeAttention(), decoder.takeAttention()] == [true, false])
    decoder.decode(0xb9, into: &ring.bytes)
    #expect([decoder.takeAttention()] == [false] && ring.count == 0)
  }

  @Test func controlAndPauseIsBreak() {
    let all = events([0x1d, 0xe0, 0x46, 0xe0, 0xc6, 0x9d])
    #expect(all.map(\.key) == [.leftControl, .breakKey, .breakKey, .leftControl])
    #expect(all.map(\.isPress) == [true, true, false, false])
    #expect(!all.contains { $0.modifiers.contains(.scrollLock) })
  }

  @Test func printScreenDoesNotPressShift() {
    let all = events([0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa])
    #expect(all.map(\.key) == [.printScreen, .printScreen])
    #expect(all.map(\.isPress) == [true, false])
    #expect(all.allSatisfy { $0.modifiers == [] })
    #expect(text([0xe0, 0x2a, 0xe0, 0x37, 0x1e]) == "a")
  }

  @Test func printScreenWithAltIsOneByte() {
    let all = events([0x38, 0x54, 0xd4, 0xb8])
    #expect(all.map(\.key) == [.leftAlt, .printScreen, .printScreen, .leftAlt])
    #expect(all.map(\.isPress) == [true, true, false, false])
  }

  @Test(arguments: [
    (UInt8(0x52), "[2"), (0x53, "[3"), (0x48, "A"), (0x50, "B"), (0x4d, "C"), (0x4b, "D"), (0x47, "H"),
    (0x4f, "F"),
    (0x49, "[5"), (0x51, "[6"),
  ])
  func fakeShiftsAroundCursorKeysAreIgnored(code: UInt8, shape: String) {
    let isNumber = shape.count == 2
    let plain = isNumber ? "\(escape)\(shape)~" : "\(escape)[\(shape)"
    let shifted = isNumber ? "\(escape)\(shape);2~" : "\(escape)[1;2\(shape)"
    let release = code | 0x80
    // Num Lock is on: the keyboard fakes a press of Shift.
    #expect(text([0x45, 0xc5, 0xe0, 0x2a, 0xe0, code, 0xe0, release, 0xe0, 0xaa, 0x1e]) == plain + "a")
    // Shift is held: the keyboard fakes its release and press; the real Shift stays.
    for (shift, fakes) in [(UInt8(0x2a), (UInt8(0xaa), UInt8(0x2a))), (0x36, (0xb6, 0x36))] {
      let bytes = [shift, 0xe0, fakes.0, 0xe0, code, 0xe0, release, 0xe0, fakes.1, 0x1e, shift | 0x80, 0x1e]
      #expect(text(bytes) == shifted + "Aa")
    }
    #expect(text([0xe0, code, 0xe0, release]) == plain)
  }

  @Test func theSecondKeyOfAPairIsAnotherKey() {
    #expect(events([0xe0, 0x1d])[0].modifiers == .rightControl)
    #expect(events([0xe0, 0x38])[0].modifiers == .rightAlt)
    #expect(events([0xe0, 0x1c])[0].key == .keypadEnter)
    #expect(events([0xe0, 0x35])[0].key == .keypadDivide)
    #expect(text([0xe0, 0x1c, 0xe0, 0x35]) == "\r/")
    // With Shift the main key is another character, the keypad's is not.
    #expect(text([0x2a, 0xe0, 0x35, 0x35]) == "/?")
    // The release of one does not release the other.
    #expect(text([0x1d, 0xe0, 0x1d, 0xe0, 0x9d, 0x1e]) == "\u{1}")
  }

  @Test(arguments: [UInt8(0xfa), 0xfe, 0xee])
  func answersToCommandsAreNoKeys(answer: UInt8) {
    #expect(text([answer, 0x1e, answer, 0x2a, answer, 0x1e, answer]) == "aA")
    #expect(text([0xe0, answer, 0x1e, 0xe1, answer, 0x1e, 0xe1, 0x1d, answer, 0x1e]) == "aaa")
  }

  @Test func aSelfTestResetsAndAReleaseOfShiftDoesNot() {
    #expect(text([0x2a, 0x3a, 0xba, 0xaa, 0x1e]) == "A")
    #expect(text([0x1d, 0x3a, 0xba, 0xaa, 0x1e]) == "a")
  }

  @Test func anErrorByteResetsEverything() {
    #expect(text([0x2a, 0x1d, 0x38, 0x3a, 0xff, 0x1e]) == "a")
    #expect(text([0xe0, 0xff, 0x1e, 0xe1, 0xff, 0x1e, 0xe1, 0x1d, 0xff, 0x1e]) == "aaa")
  }

  @Test func anOverrunReleasesEveryKeyAndKeepsTheLocks() {
    #expect(text([0x3a, 0x2a, 0x1d, 0x38, 0x00, 0x1e]) == "A")
    // The lock key counts as released too: its next press switches the lock.
    #expect(text([0x3a, 0x00, 0x3a, 0x1e]) == "a")
  }

  @Test(arguments: [
    [UInt8(0xe0)], [0xe1], [0xe1, 0x1d], [0xe1, 0x9d], [0xe0, 0xe0], [0xe0, 0xe1], [0xe1, 0xe0],
  ])
  func aPrefixCutShortLosesNoKey(prefix: [UInt8]) {
    // Every key that no extended key shares its code with.
    for code: UInt8 in [0x02, 0x1e, 0x2c, 0x39, 0x2a, 0x3b, 0x0e] where !(prefix.last == 0xe0 && code == 0x2a) {
      #expect(events(prefix + [code]).last?.key.code == code)
      #expect(events(prefix + [code, code | 0x80]).count == 2)
    }
    #expect(text(prefix + [0x1e, 0x9e, 0x30, 0xb0]).hasSuffix("b"))
  }

  @Test func sixtyFourBytesWithoutAReaderAreKeptAndMoreAreCounted() {
    var decoder = KeyboardDecoder()
    let ring = SharedRing()
    for _ in 0..<64 { decoder.decode(0x1e, into: &ring.bytes) }
    #expect(ring.count == 64 && ring.droppedCount == 0)
    for _ in 0..<ByteRing.capacity { decoder.decode(0x1e, into: &ring.bytes) }
    #expect(ring.room == 0 && ring.droppedCount == 64)
    // Modifiers are followed although their characters find no room.
    decoder.decode(0x2a, into: &ring.bytes)
    #expect(decoder.modifiers == .leftShift)
  }

  @Test func mediaKeysAreNotLetters() {
    // Mute shares its code with D, volume up with B.
    #expect(text([0xe0, 0x20, 0xe0, 0xa0, 0xe0, 0x30, 0xe0, 0xb0]) == "")
    #expect(events([0xe0, 0x20]).map(\.key.code) == [0xa0])
  }

  @Test func locksSwitchOncePerPressAndIgnoreRepetition() {
    #expect(text([0x3a, 0x3a, 0x3a, 0xba, 0x1e]) == "A")
    #expect(text([0x3a, 0xba, 0x3a, 0xba, 0x1e]) == "a")
    #expect(text([0x3a, 0xba, 0x2a, 0x1e, 0x02]) == "a!")
    #expect(text([0x3a, 0xba, 0x02, 0x1a]) == "1[")
    #expect(events([0x46]).last?.modifiers == .scrollLock)
  }

  @Test func aDecoderThatGoesOnKeepsTheLocksAndNoKey() {
    var first = KeyboardDecoder()
    for byte in [0x3a, 0xba, 0x2a, 0x1d] as [UInt8] { _ = first.decode(byte) }
    #expect(first.modifiers == [.capsLock, .leftShift, .leftControl])
    var next = KeyboardDecoder(locks: first.modifiers)
    #expect(next.modifiers == [.capsLock])
    // Caps Lock is not held, so the next press switches it off.
    _ = next.decode(0x3a)
    #expect(next.modifiers == [])
  }

  @Test(arguments: 1...16)
  func anyStreamOfBytesLeavesADecoderThatRecovers(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var decoder = KeyboardDecoder()
    let likely: [UInt8] = [
      0xe0, 0xe1, 0x1d, 0x45, 0x9d, 0xc5, 0x2a, 0xaa, 0x3a, 0x00, 0xff, 0x54, 0x1e, 0x48,
    ]
    for step in 0..<20_000 {
      let byte =
        Bool.random(using: &generator)
        ? likely.randomElement(using: &generator)! : UInt8.random(in: 0...255, using: &generator)
      let event = decoder.decode(byte)
      if let event {
        #expect(event.modifiers == decoder.modifiers)
        #expect(event.isPress == (byte & 0x80 == 0))
        let text = KeyboardLayout.text(for: event)
        #expect(text.count <= 7)
        #expect(event.isPress || text.count == 0)
      }
      if step % 100 == 0 {
        var copy = decoder
        _ = copy.decode(0xff)
        #expect(copy.modifiers == [])
        #expect(copy.decode(0x1e).map { KeyboardLayout.text(for: $0)[0] } == 0x61)
      }
    }
  }
}

@Suite struct KeyboardLayoutTests {
  private func codes(of row: String, from first: UInt8, shift: Bool) -> (bytes: [UInt8], text: String) {
    ((shift ? [0x2a] : []) + row.utf8.indices.enumerated().map { first + UInt8($0.offset) }, row)
  }

  @Test(arguments: [
    (UInt8(0x01), "\u{1b}1234567890-=\u{7f}\tqwertyuiop[]\r", false), (0x1e, "asdfghjkl;'`", false),
    (0x2b, "\\zxcvbnm,./", false), (0x02, "!@#$%^&*()_+\u{7f}", true), (0x10, "QWERTYUIOP{}\r", true),
    (0x1e, "ASDFGHJKL:\"~", true), (0x2b, "|ZXCVBNM<>?", true), (0x37, "*", false), (0x39, " ", false),
    (0x39, " ", true), (0x56, "\\", false), (0x56, "|", true),
  ])
  func everyRowHasItsCharacters(first: UInt8, row: String, shift: Bool) {
    let (bytes, expected) = codes(of: row, from: first, shift: shift)
    // A row must not run into a modifier's code.
    #expect(text(bytes) == expected)
    // Caps Lock changes letters and nothing else.
    let swapped = String(decoding: expected.utf8.map { isLetter($0) ? $0 ^ 0x20 : $0 }, as: UTF8.self)
    #expect(text([0x3a, 0xba] + bytes) == swapped)
  }

  private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

  @Test func theKeypadFollowsNumLockAndShift() {
    let keys: [UInt8] = [0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53]
    #expect(text([0x45, 0xc5] + keys) == "789-456+1230.")
    #expect(text([0x2a] + keys) == "789-456+1230.")
    let arrows = "\u{1b}[H\u{1b}[A\u{1b}[5~-\u{1b}[D\u{1b}[C+\u{1b}[F\u{1b}[B\u{1b}[6~\u{1b}[2~\u{1b}[3~"
    #expect(text(keys) == arrows)
    #expect(text([0x45, 0xc5, 0x2a, 0x48]) == "\u{1b}[1;2A")
  }

  @Test func functionKeysHaveTheTerminalsNumbers() {
    let keys = Array(UInt8(0x3b)...0x44) + [0x57, 0x58]
    let plain = ["OP", "OQ", "OR", "OS"] + [15, 17, 18, 19, 20, 21, 23, 24].map { "[\($0)~" }
    #expect(text(keys) == plain.map { "\u{1b}" + $0 }.joined())
    let shifted = "PQRS".map { "[1;6\($0)" } + [15, 17, 18, 19, 20, 21, 23, 24].map { "[\($0);6~" }
    #expect(text([0x1d, 0x2a] + keys) == shifted.map { "\u{1b}" + $0 }.joined())
  }

  @Test(arguments: [
    (UInt8(0x1e), UInt8(0x01)), (0x2e, 0x03), (0x2c, 0x1a), (0x1a, 0x1b), (0x2b, 0x1c), (0x1b, 0x1d),
    (0x07, 0x1e),
    (0x0c, 0x1f), (0x35, 0x1f), (0x39, 0x00), (0x03, 0x00), (0x0e, 0x08), (0x1c, 0x0d), (0x02, 0x31),
    (0x01, 0x1b),
  ])
  func controlMakesControlCharacters(code: UInt8, expected: UInt8) {
    #expect(Array(text([0x1d, code]).utf8) == [expected])
    // With Alt, Space is the attention key.
    #expect(Array(text([0xe0, 0x1d, 0x38, code]).utf8) == (code == 0x39 ? [] : [0x1b, expected]))
  }

  @Test func altPutsAnEscapeBefore() {
    #expect(text([0x38, 0x30, 0xb8, 0x30]) == "\u{1b}bb")
    #expect(text([0xe0, 0x38, 0xe0, 0x4b]) == "\u{1b}[1;3D")
    #expect(text([0x2a, 0x38, 0x1d, 0xe0, 0x53]) == "\u{1b}[3;8~")
    #expect(text([0x2a, 0x0f]) == "\u{1b}[Z")
  }

  @Test func modifiersAndReleasesAreSilent() {
    for code: UInt8 in [0x2a, 0x36, 0x1d, 0x38, 0x3a, 0x45, 0x46] { #expect(text([code]) == "") }
    for code: UInt8 in 0x81...0xd8 { #expect(text([code]) == "") }
  }
}
