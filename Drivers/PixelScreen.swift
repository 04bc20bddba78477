// A screen of pixels that shows 80 columns and 25 rows of characters: the frame buffer that a boot loader sets up where
// there is no text mode (UEFI).
//
// Invariants: no pixel outside the place that was checked is written; none is ever read, since frame buffers are slow to
// read; a cell that does not change is not drawn again, so that scrolling draws what differs; nothing allocates or waits.

import Primitives

/// Why a frame buffer cannot be drawn on.
public enum PixelScreenError: Error, Equatable {
  /// Its pixels are no colours by themselves: a palette, or a kind that nobody defined.
  case notDirect
  /// A pixel has `bits` instead of 32.
  case depth(bits: UInt8)
  /// It has no room for 640 by 400 pixels.
  case tooSmall(width: UInt32, height: UInt32)
  /// Its lines, `pitch` bytes apart, overlap or do not begin at pixels.
  case lines(width: UInt32, pitch: UInt32)
  /// It takes more memory than is mapped for it.
  case tooLarge(length: UInt64, limit: UInt64)
  /// A part of it lies where no processor reaches.
  case unreachable(address: UInt64)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    output.write("screen: the boot loader's frame buffer ")
    switch self {
    case .notDirect: output.write("has no direct colours")
    case .depth(let bits):
      output.write("has ")
      output.write(decimal: UInt32(bits))
      output.write(" bits for a pixel, and Megha draws with 32")
    case .tooSmall(let width, let height):
      Self.size(width, height, to: &output)
      output.write(", and text needs 640 by 400")
    case .lines(let width, let pitch):
      output.write("has lines of ")
      output.write(decimal: width)
      output.write(" pixels that are ")
      output.write(decimal: pitch)
      output.write(" bytes apart")
    case .tooLarge(let length, let limit):
      output.write("takes ")
      output.write(decimal: length)
      output.write(" bytes, and ")
      output.write(decimal: limit)
      output.write(" are mapped at the most")
    case .unreachable(let address):
      output.write("at ")
      output.write(hexadecimal: address)
      output.write(" is out of the processor's reach")
    }
    output.write("; the console is the first serial port")
  }

  private static func size(_ width: UInt32, _ height: UInt32, to output: inout some TextOutput) {
    output.write("has ")
    output.write(decimal: width)
    output.write(" by ")
    output.write(decimal: height)
    output.write(" pixels")
  }
}

/// How the characters lie on a frame buffer: in its middle, as large as it has room for.
public struct PixelPlace: Equatable, Sendable {
  /// The bytes of all lines.
  public let length: UInt64
  /// The distance of one line from the next, in bytes.
  let pitch: UInt32
  /// How many pixels wide and high each of a character's is.
  let scale: UInt32
  /// The first pixel of the first character, in bytes.
  let offset: UInt32

  /// - Parameter limit: the most bytes that are mapped.
  public init(
    width: UInt32, height: UInt32, pitch: UInt32, bitsPerPixel: UInt8, limit: UInt64
  ) throws(PixelScreenError) {
    guard bitsPerPixel == 32 else { throw .depth(bits: bitsPerPixel) }
    guard width >= 640, height >= 400 else { throw .tooSmall(width: width, height: height) }
    guard UInt64(width) &* 4 <= UInt64(pitch), pitch % 4 == 0 else { throw .lines(width: width, pitch: pitch) }
    // Two numbers of 32 bits: the product does not wrap.
    length = UInt64(pitch) &* UInt64(height)
    guard length <= min(limit, UInt64(UInt32.max)) else { throw .tooLarge(length: length, limit: limit) }
    self.pitch = pitch
    scale = min(width / 640, height / 400)
    offset = (height &- 400 &* scale) / 2 &* pitch &+ (width &- 640 &* scale) / 2 &* 4
  }
}

/// The cells and their pixels.
public struct PixelScreen<Memory: MemoryAccess> {
  /// The virtual address of the first character's first pixel; 0: there is no screen of pixels.
  private var base: UInt32 = 0
  private var pitch: UInt32 = 0
  private var scale: UInt32 = 1
  private var colours = InlineArray<16, UInt32>(repeating: 0)
  private var cells = InlineArray<2000, UInt16>(repeating: 0)
  private var cursor = 0

  public init() {}

  public var isOn: Bool { base != 0 }

  /// Draws from now on. Everything is black.
  /// - Parameter address: where the frame buffer's first byte is mapped, all of `place.length` with it.
  @inline(never)
  public mutating func start(
    at address: UInt32, _ place: PixelPlace, red: ColourField, green: ColourField, blue: ColourField
  ) {
    for index in colours.indices {
      // Of a VGA's colour the lowest bit is blue, then green, red, and bright; dark yellow is brown (IBM VGA, palette).
      let bright: UInt32 = index & 8 != 0 ? 0x55 : 0
      func part(_ bit: Int) -> UInt32 { (index & bit != 0 ? 0xaa : 0) &+ bright }
      colours[index] = red.pixel(part(4)) | green.pixel(index == 6 ? 0x55 : part(2)) | blue.pixel(part(1))
    }
    var offset: UInt32 = 0
    while UInt64(offset) < place.length {
      Memory.write32(address &+ offset, colours[0])
      offset &+= 4
    }
    pitch = place.pitch
    scale = place.scale
    base = address &+ place.offset
    cells = InlineArray(repeating: 0x0020)
    cursor = 0
  }

  @inline(__always)
  public func read(_ index: Int) -> UInt16 { cells[index] }

  public mutating func write(_ index: Int, _ cell: UInt16) {
    guard cells[index] != cell else { return }
    cells[index] = cell
    draw(index, hasCursor: index == cursor)
  }

  /// Underlines the cell `index`, and takes the line from the one before.
  public mutating func showCursor(at index: Int) {
    guard index != cursor else { return }
    let last = cursor
    cursor = index
    draw(last, hasCursor: false)
    draw(index, hasCursor: true)
  }

  /// Draws a cell of 8 by 16 pixels: each row of the shape is two lines. Mutating only so that the cells, a third of a
  /// kernel stack, are not copied for the call.
  @inline(never)
  private mutating func draw(_ index: Int, hasCursor: Bool) {
    let cell = cells[index]
    let front = colours[Int(cell &>> 8) & 15]
    // The highest bit of the eight makes a VGA's text blink; it is no colour.
    let back = colours[Int(cell &>> 12) & 7]
    let (row, column) = (UInt32(index / 80), UInt32(index % 80))
    var line = base &+ row &* 16 &* scale &* pitch &+ column &* 32 &* scale
    for shapeLine in 0..<16 {
      let bits =
        hasCursor && shapeLine >= 14 ? 0xff : PixelFont.row(shapeLine / 2, of: UInt8(truncatingIfNeeded: cell))
      for _ in 0..<scale {
        Self.draw(bits, front, back, at: line, scale)
        line &+= pitch
      }
    }
  }

  private static func draw(_ bits: UInt8, _ front: UInt32, _ back: UInt32, at line: UInt32, _ scale: UInt32) {
    var (bits, address) = (bits, line)
    for _ in 0..<8 {
      for _ in 0..<scale {
        Memory.write32(address, bits & 0x80 != 0 ? front : back)
        address &+= 4
      }
      bits &<<= 1
    }
  }
}
