import Drivers
import Primitives
import TestSupport
import Testing

/// The frame buffer that a test draws on. A pixel outside of it ends the test run, so that no test can miss it.
private final class Pixels: @unchecked Sendable {
  @TaskLocal static var current = Pixels(width: 0, height: 0, pitch: 0)
  let width: Int
  let pitch: Int
  var words: [UInt32]
  var count = 0

  init(width: Int, height: Int, pitch: Int) {
    (self.width, self.pitch) = (width, pitch)
    words = [UInt32](repeating: 0xdead_beef, count: pitch / 4 * height)
  }

  subscript(x: Int, y: Int) -> UInt32 { words[y * pitch / 4 + x] }

  /// The pixels of a character's place, one for each of its own, `#` where it is not black.
  func shape(left: Int, top: Int, scale: Int) -> [String] {
    (0..<16).map { y in
      String((0..<8).map { x in self[left + x * scale, top + y * scale] == 0 ? "." : "#" })
    }
  }
}

private enum FakePixels: MemoryAccess {
  static let start: UInt32 = 0xf800_1000
  static func read32(_ address: UInt32) -> UInt32 { fatalError("a frame buffer is never read") }
  static func write32(_ address: UInt32, _ value: UInt32) {
    Pixels.current.words[Int(address - start) / 4] = value
    Pixels.current.count += 1
  }
}

@Suite struct PixelScreenTests {
  private typealias Screen = PixelScreen<FakePixels>

  private func place(_ width: UInt32, _ height: UInt32, _ pitch: UInt32) throws(PixelScreenError) -> PixelPlace {
    try PixelPlace(width: width, height: height, pitch: pitch, bitsPerPixel: 32, limit: 128 << 20)
  }

  /// Runs `body` with a screen on a frame buffer of this size.
  private func withScreen(
    _ width: Int, _ height: Int, pitch: Int? = nil, _ body: (inout Screen, Pixels) throws -> Void
  ) throws {
    let pitch = pitch ?? width * 4
    let pixels = Pixels(width: width, height: height, pitch: pitch)
    try Pixels.$current.withValue(pixels) {
      var screen = Screen()
      #expect(!screen.isOn)
      screen.start(
        at: FakePixels.start, try place(UInt32(width), UInt32(height), UInt32(pitch)),
        red: ColourField(position: 16, size: 8), green: ColourField(position: 8, size: 8),
        blue: ColourField(position: 0, size: 8))
      #expect(screen.isOn)
      #expect(pixels.words.allSatisfy { $0 == 0 })
      pixels.count = 0
      try body(&screen, pixels)
    }
  }

  @Test func aCharacterIsDrawnWithItsColours() throws {
    try withScreen(640, 400) { screen, pixels in
      screen.write(81, 0x1e41)
      #expect(screen.read(81) == 0x1e41)
      let drawn = (0..<16).map { y in
        String((0..<8).map { x in pixels[8 + x, 16 + y] == 0xffff55 ? "#" : pixels[8 + x, 16 + y] == 0xaa ? "." : "?" })
      }
      #expect(
        drawn == [
          "...##...", "...##...", "..####..", "..####..", ".##..##.", ".##..##.", ".##..##.", ".##..##.",
          ".######.", ".######.", ".##..##.", ".##..##.", ".##..##.", ".##..##.", "........", "........",
        ])
      #expect(pixels[7, 16] == 0 && pixels[16, 16] == 0 && pixels[8, 15] == 0 && pixels[8, 32] == 0)
    }
  }

  @Test func whatDoesNotChangeIsNotDrawn() throws {
    try withScreen(640, 400) { screen, pixels in
      screen.write(5, 0x0758)
      #expect(pixels.count == 128)
      screen.write(5, 0x0758)
      #expect(pixels.count == 128)
    }
  }

  @Test func theCursorIsALineThatMoves() throws {
    try withScreen(640, 400) { screen, pixels in
      screen.write(3, 0x0720)
      screen.showCursor(at: 3)
      #expect(pixels.shape(left: 24, top: 0, scale: 1).suffix(3) == ["........", "########", "########"])
      screen.write(3, 0x0758)
      #expect(pixels.shape(left: 24, top: 0, scale: 1).suffix(2) == ["########", "########"])
      screen.showCursor(at: 1999)
      #expect(pixels.shape(left: 24, top: 0, scale: 1).suffix(2) == ["........", "........"])
      let count = pixels.count
      screen.showCursor(at: 1999)
      #expect(pixels.count == count)
    }
  }

  @Test(arguments: [(640, 400, 1, 0, 0), (1024, 768, 1, 192, 184), (1280, 800, 2, 0, 0), (1930, 1210, 3, 5, 5)])
  func theTextIsAsLargeAsItCanBeAndInTheMiddle(_ width: Int, _ height: Int, scale: Int, left: Int, top: Int) throws {
    try withScreen(width, height, pitch: width * 4 + 64) { screen, pixels in
      for index in 0..<2000 { screen.write(index, 0x0f7c) }
      #expect(pixels.shape(left: left, top: top, scale: scale)[0] == "...##...")
      #expect(pixels.shape(left: left + 79 * 8 * scale, top: top + 24 * 16 * scale, scale: scale)[0] == "...##...")
      #expect(pixels[left + (3 * scale), top] == 0xffffff)
      #expect(pixels[left + (3 * scale) - 1, top] == 0)
      #expect(pixels.count == 2000 * 128 * scale * scale)
    }
  }

  @Test func screensThatCannotBeDrawnOnAreRefused() {
    func refusal(_ width: UInt32, _ height: UInt32, _ pitch: UInt32, _ bits: UInt8 = 32) -> PixelScreenError? {
      do throws(PixelScreenError) {
        _ = try PixelPlace(width: width, height: height, pitch: pitch, bitsPerPixel: bits, limit: 1 << 24)
        return nil
      } catch {
        var text = TextCollector()
        error.describe(to: &text)
        #expect(text.text.hasPrefix("screen: the boot loader's frame buffer "))
        #expect(text.text.hasSuffix("; the console is the first serial port"))
        return error
      }
    }
    #expect(refusal(1024, 768, 4096, 24) == .depth(bits: 24))
    #expect(refusal(639, 480, 2560) == .tooSmall(width: 639, height: 480))
    #expect(refusal(640, 399, 2560) == .tooSmall(width: 640, height: 399))
    #expect(refusal(1024, 768, 4095) == .lines(width: 1024, pitch: 4095))
    #expect(refusal(1024, 768, 4098) == .lines(width: 1024, pitch: 4098))
    #expect(refusal(0x4000_0001, 768, 4) == .lines(width: 0x4000_0001, pitch: 4))
    #expect(refusal(1024, 4097, 4096) == .tooLarge(length: 4097 << 12, limit: 1 << 24))
    #expect(refusal(1024, .max, .max - 3) != nil)
    #expect(refusal(1024, 4096, 4096) == nil)
  }

  @Test func everyPrintableCharacterHasAShapeOfItsOwn() {
    let shapes = (0x20...0x7e).map { character in
      (0..<PixelFont.rows).map { PixelFont.row($0, of: UInt8(character)) }
    }
    #expect(Set(shapes).count == 95)
    #expect(shapes[0].allSatisfy { $0 == 0 })
    let question = (0..<PixelFont.rows).map { PixelFont.row($0, of: 0x3f) }
    for character in [0x00, 0x1f, 0x7f, 0x80, 0xff] as [UInt8] {
      #expect((0..<PixelFont.rows).map { PixelFont.row($0, of: character) } == question)
    }
  }

  @Test(arguments: [
    (ColourField(position: 16, size: 8), UInt32(0xaa), UInt32(0xaa_0000)),
    (ColourField(position: 11, size: 5), 0xff, 0xf800),
    (ColourField(position: 20, size: 10), 0xff, 0x3fc0_0000), (ColourField(position: 32, size: 8), 0xff, 0),
    (ColourField(position: 0, size: 33), 0xff, 0), (ColourField(position: 0, size: 0), 0xff, 0),
  ])
  func coloursGoIntoTheirBits(field: ColourField, colour: UInt32, pixel: UInt32) {
    #expect(field.pixel(colour) == pixel)
  }
}
