// What a machine's screen shows, read back from a picture of it.

import Drivers

/// A picture of a screen, as QEMU's monitor draws it.
public struct ScreenPicture: Sendable {
  public let width: Int
  public let height: Int
  /// Red, green and blue of each pixel, from `start` on. A picture has many more than are looked at.
  private let bytes: [UInt8]
  private let start: Int

  /// Reads a portable pixmap: `P6`, width, height and 255 as text, then three bytes for each pixel. Nil for anything else.
  public init?(_ file: some Collection<UInt8>) {
    let bytes = Array(file)
    var position = 0
    func word() -> String {
      var word = ""
      while position < bytes.count, bytes[position] > 0x20 {
        word.unicodeScalars.append(Unicode.Scalar(bytes[position]))
        position += 1
      }
      position += 1
      return word
    }
    guard word() == "P6", let width = Int(word()), let height = Int(word()), word() == "255", width > 0, height > 0,
      width <= 16_384, height <= 16_384, bytes.count == position + width * height * 3
    else { return nil }
    self.width = width
    self.height = height
    self.bytes = bytes
    start = position
  }

  /// Whether a pixel is anything but black.
  private func isLit(_ x: Int, _ y: Int) -> Bool {
    let place = start + (y * width + x) * 3
    return bytes[place] != 0 || bytes[place + 1] != 0 || bytes[place + 2] != 0
  }

  /// The lines of text that a `PixelScreen` shows, without the blanks at their ends. A place that shows no character of its font
  /// reads as a question mark. A display may be larger than the frame buffer that the boot loader asked it for.
  public var text: String {
    let whole = read(width: width, height: height)
    guard width > 1024, height > 768, whole.unknown > 0 else { return whole.text }
    let part = read(width: 1024, height: 768)
    return part.unknown < whole.unknown ? part.text : whole.text
  }

  private func read(width: Int, height: Int) -> (text: String, unknown: Int) {
    let scale = min(width / 640, height / 400)
    guard scale > 0 else { return ("", 0) }
    let characters = Dictionary(
      uniqueKeysWithValues: (0x20...0x7e).map { code -> ([UInt8], Character) in
        let code = UInt8(code)
        return ((0..<PixelFont.rows).map { PixelFont.row($0, of: code) }, Character(Unicode.Scalar(code)))
      })
    var lines: [String] = []
    var unknown = 0
    for row in 0..<25 {
      var line = ""
      for column in 0..<80 {
        let left = (width - 640 * scale) / 2 + column * 8 * scale
        let top = (height - 400 * scale) / 2 + row * 16 * scale
        var shape = (0..<8).map { shapeRow -> UInt8 in
          (0..<8).reduce(0) { bits, x in
            bits << 1 | (isLit(left + x * scale, top + shapeRow * 2 * scale) ? 1 : 0)
          }
        }
        // The cursor is a line where the last row of the shape is.
        if shape[7] == 0xff, characters[shape] == nil { shape[7] = 0 }
        if characters[shape] == nil { unknown += 1 }
        line.append(characters[shape] ?? "?")
      }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    return (lines.joined(separator: "\n"), unknown)
  }
}
