// Builds, byte by byte, what a Multiboot 1 or 2 loader leaves in memory, so that the parser is tested on
// the real layouts and on broken ones.

import Boot
import Primitives

/// An image of physical memory that begins at `start`.
public struct MultibootImage {
  public static let start: UInt64 = 0x9_0000

  public var bytes: [UInt8] = []
  /// Where the information structure begins.
  public var information: UInt64 = start
  public var magic: UInt32

  public init(magic: UInt32) { self.magic = magic }

  /// Little-endian writers.
  public mutating func add32(_ value: UInt32) {
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }
  public mutating func add64(_ value: UInt64) {
    add32(UInt32(truncatingIfNeeded: value))
    add32(UInt32(truncatingIfNeeded: value >> 32))
  }
  public mutating func set32(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(index * 8)) }
  }
  /// Adds text with its NUL and returns its physical address.
  public mutating func addText(_ text: String) -> UInt32 {
    let address = nextAddress
    bytes += Array(text.utf8) + [0]
    return address
  }
  public var nextAddress: UInt32 { UInt32(Self.start) + UInt32(bytes.count) }
  public mutating func align(to boundary: Int) {
    while bytes.count % boundary != 0 { bytes.append(0) }
  }
  public mutating func add(_ row: MemoryMapRow, size: Int) {
    add64(row.start)
    add64(row.length)
    add32(row.type)
    bytes += [UInt8](repeating: 0xa5, count: size - 20)
  }

  /// Parses the image as the kernel would and hands the result to `body`.
  public func parse<Result>(_ body: (borrowing BootInformation) throws -> Result) throws -> Result {
    try bytes.withUnsafeBytes { buffer in
      let range = PhysicalRange(start: PhysicalAddress(Self.start), length: UInt64(buffer.count))!
      let memory = unsafe BootMemory(mapping: range, at: buffer.baseAddress!)
      let information = try BootInformation(
        magic: magic, address: PhysicalAddress(self.information), memory: memory)
      return try body(information)
    }
  }
}

/// What the builders put into an image.
public struct MultibootContents {
  public init(
    rows: [MemoryMapRow]? = nil, rowSize: Int = 24, sizes: (lower: UInt32, upper: UInt32)? = nil,
    commandLine: String? = nil,
    loaderName: String? = nil, modules: [(contents: [UInt8], text: String)] = [],
    framebuffer: (UInt64, UInt32, UInt32, UInt32, UInt8, UInt8)? = nil, colours: [UInt8] = []
  ) {
    (self.rows, self.rowSize, self.sizes, self.commandLine) = (rows, rowSize, sizes, commandLine)
    (self.loaderName, self.modules, self.framebuffer, self.colours) = (loaderName, modules, framebuffer, colours)
  }

  public var rows: [MemoryMapRow]?
  public var rowSize = 24
  public var sizes: (lower: UInt32, upper: UInt32)?
  public var commandLine: String?
  public var loaderName: String?
  /// Contents with a text each; the builder places them in the image.
  public var modules: [(contents: [UInt8], text: String)] = []
  /// Address, pitch, width, height, bits per pixel, kind.
  public var framebuffer: (UInt64, UInt32, UInt32, UInt32, UInt8, UInt8)?
  /// The position and size of red, green and blue, of a screen that has them.
  public var colours: [UInt8] = []

  /// Multiboot 1: the structure first, all it points at behind it.
  public func multiboot1() -> MultibootImage {
    var image = MultibootImage(magic: 0x2bad_b002)
    image.bytes = [UInt8](repeating: 0, count: 116)
    var flags: UInt32 = 0
    if let sizes {
      flags |= 1
      image.set32(sizes.lower, at: 4)
      image.set32(sizes.upper, at: 8)
    }
    if let commandLine {
      flags |= 1 << 2
      image.set32(image.addText(commandLine), at: 16)
    }
    if !modules.isEmpty {
      flags |= 1 << 3
      let placed = place(in: &image)
      image.align(to: 4)
      image.set32(UInt32(placed.count), at: 20)
      image.set32(image.nextAddress, at: 24)
      for module in placed {
        image.add32(module.start)
        image.add32(module.end)
        image.add32(module.text)
        image.add32(0)
      }
    }
    if let rows {
      flags |= 1 << 6
      image.set32(UInt32(rows.count * (rowSize + 4)), at: 44)
      image.set32(image.nextAddress, at: 48)
      for row in rows {
        image.add32(UInt32(rowSize))
        image.add(row, size: rowSize)
      }
    }
    if let loaderName {
      flags |= 1 << 9
      image.set32(image.addText(loaderName), at: 64)
    }
    if let framebuffer {
      flags |= 1 << 12
      var fields = MultibootImage(magic: 0)
      Self.add(framebuffer, to: &fields)
      image.bytes.replaceSubrange(88..<110, with: fields.bytes)
      image.bytes.replaceSubrange(110..<110 + colours.count, with: colours)
    }
    image.set32(flags, at: 0)
    return image
  }

  /// Multiboot 2: the modules' contents first, then the structure of tags.
  public func multiboot2() -> MultibootImage {
    var image = MultibootImage(magic: 0x36d7_6289)
    let placed = place(in: &image)
    image.align(to: 8)
    let start = image.bytes.count
    image.information = UInt64(image.nextAddress)
    image.add64(0)
    if let commandLine { Self.addTag(1, to: &image) { _ = $0.addText(commandLine) } }
    if let loaderName { Self.addTag(2, to: &image) { _ = $0.addText(loaderName) } }
    for (index, module) in placed.enumerated() {
      Self.addTag(3, to: &image) {
        $0.add32(module.start)
        $0.add32(module.end)
        _ = $0.addText(modules[index].text)
      }
    }
    if let sizes {
      Self.addTag(4, to: &image) {
        $0.add32(sizes.lower)
        $0.add32(sizes.upper)
      }
    }
    if let rows {
      Self.addTag(6, to: &image) {
        $0.add32(UInt32(rowSize))
        $0.add32(0)
        for row in rows { $0.add(row, size: rowSize) }
      }
    }
    if let framebuffer {
      Self.addTag(8, to: &image) {
        Self.add(framebuffer, to: &$0)
        $0.bytes += [0, 0] + colours
      }
    }
    // A tag of a kind that no version defines, which must be passed over.
    Self.addTag(0x7777, to: &image) { $0.add32(0xffff_ffff) }
    Self.addTag(0, to: &image) { _ in }
    image.set32(UInt32(image.bytes.count - start), at: start)
    return image
  }

  public static func addTag(_ kind: UInt32, to image: inout MultibootImage, _ body: (inout MultibootImage) -> Void) {
    image.align(to: 8)
    let start = image.bytes.count
    image.add32(kind)
    image.add32(0)
    body(&image)
    image.set32(UInt32(image.bytes.count - start), at: start + 4)
  }

  private static func add(
    _ screen: (UInt64, UInt32, UInt32, UInt32, UInt8, UInt8), to image: inout MultibootImage
  ) {
    image.add64(screen.0)
    image.add32(screen.1)
    image.add32(screen.2)
    image.add32(screen.3)
    image.bytes += [screen.4, screen.5]
  }

  private func place(in image: inout MultibootImage) -> [(start: UInt32, end: UInt32, text: UInt32)] {
    modules.map { module in
      let text = image.addText(module.text)
      let start = image.nextAddress
      image.bytes += module.contents
      return (start, image.nextAddress, text)
    }
  }
}
