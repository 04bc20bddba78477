// The boot information of both protocols: what is read from a good one, and how a bad one is refused.

import Boot
import Primitives
import TestSupport
import Testing

extension Span<UInt8> {
  /// The bytes as text.
  var string: String {
    var bytes: [UInt8] = []
    for index in indices { bytes.append(self[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

private let row = MemoryMapRow(start: 0x10_0000, length: 0x10_0000, type: 1)

private func full() -> MultibootContents {
  var contents = MultibootContents(
    rows: [row], sizes: (639, 65_535), commandLine: "kernel.elf log=low quiet log=high  x=",
    loaderName: "a loader", framebuffer: (0xb8000, 160, 80, 25, 16, 2))
  contents.modules = [(Array("first".utf8), "boot.cpio"), ([], ""), (Array("third".utf8), "extra.cpio a=b")]
  return contents
}

/// The error of parsing `image`, and its sentence must be one.
private func refusal(_ image: MultibootImage) -> BootError? {
  do {
    _ = try image.parse { Array($0.memoryMapRows).count }
    return nil
  } catch {
    guard let error = error as? BootError else { return nil }
    var text = TextCollector()
    error.describe(to: &text)
    #expect(text.text.hasSuffix(".") && text.text.filter { $0 == "." }.count == 1, "\(text.text)")
    return error
  }
}

@Suite struct BootInformationTests {
  @Test(arguments: [BootProtocol.multiboot1, .multiboot2])
  func everythingIsRead(bootProtocol: BootProtocol) throws {
    let image = bootProtocol == .multiboot1 ? full().multiboot1() : full().multiboot2()
    try image.parse { information in
      #expect(information.bootProtocol == bootProtocol)
      #expect(information.commandLine.string == "kernel.elf log=low quiet log=high  x=")
      #expect(information.loaderName.string == "a loader")
      #expect(information.moduleCount == 3)
      #expect(information.moduleContents(0).string == "first")
      #expect(information.moduleText(0).string == "boot.cpio")
      #expect(information.moduleContents(1).count == 0)
      #expect(information.moduleContents(2).string == "third")
      #expect(information.moduleText(2).string == "extra.cpio a=b")
      #expect(information.module(0).range.length == 5)
      #expect(Array(information.memoryMapRows) == [row])
      let screen = try #require(information.framebuffer)
      #expect(screen.address == PhysicalAddress(0xb8000) && screen.kind == .text)
      #expect(screen.pitch == 160 && screen.width == 80 && screen.height == 25)
      #expect(screen.bitsPerPixel == 16)
    }
  }

  @Test func coloursOfAFrameBufferAreRead() throws {
    var contents = full()
    contents.framebuffer = (0x1_8000_0000, 5120, 1280, 800, 32, 1)
    contents.colours = [16, 8, 8, 6, 0, 5]
    for image in [contents.multiboot1(), contents.multiboot2()] {
      try image.parse { information in
        let screen = try #require(information.framebuffer)
        #expect(screen.address == PhysicalAddress(0x1_8000_0000) && screen.pitch == 5120)
        #expect(
          screen.kind
            == .rgb(
              red: ColourField(position: 16, size: 8), green: ColourField(position: 8, size: 6),
              blue: ColourField(position: 0, size: 5)))
      }
    }
  }

  @Test func options() throws {
    for image in [full().multiboot1(), full().multiboot2()] {
      try image.parse { information in
        func value(_ name: StaticString) -> String? {
          guard let span = information.option(named: name) else { return nil }
          return span.string
        }
        #expect(value("log") == "high")
        #expect(value("quiet") == "")
        #expect(value("x") == "")
        #expect(value("kernel.elf") == "")
        #expect(value("lo") == nil)
        #expect(value("low") == nil)
        #expect(value("quiets") == nil)
      }
    }
  }

  @Test func memorySizesStandInForAMap() throws {
    let contents = MultibootContents(sizes: (636, 15_360))
    for image in [contents.multiboot1(), contents.multiboot2()] {
      let rows = try image.parse { Array($0.memoryMapRows) }
      #expect(rows == (try MachineMap.rows("486-no-e820-16mb.txt", .listed)))
    }
  }

  @Test func withoutMapOrSizesThereIsNothingToDo() {
    let contents = MultibootContents(commandLine: "x")
    #expect(refusal(contents.multiboot1()) == .noMemoryMap)
    #expect(refusal(contents.multiboot2()) == .noMemoryMap)
  }

  @Test func anUnknownMagicIsRefused() {
    var image = full().multiboot1()
    image.magic = 0x1badb002
    #expect(refusal(image) == .unknownMagic(0x1badb002))
  }

  @Test func theInformationMustBeMapped() {
    for (var image) in [full().multiboot1(), full().multiboot2()] {
      for address in [0, 0x8_ffff, 0x2000_0000, 0xffff_fffc] as [UInt64] {
        image.information = address
        guard case .unreachable(.information, _, _, _) = refusal(image) else {
          Issue.record("\(address) was accepted")
          continue
        }
      }
    }
  }
}

@Suite struct BrokenMultiboot1Tests {
  @Test func modules() {
    var image = full().multiboot1()
    image.set32(17, at: 20)
    #expect(refusal(image) == .tooMany(.module, count: 17, limit: 16))
    image.set32(.max, at: 20)
    #expect(refusal(image) == .tooMany(.module, count: 0xffff_ffff, limit: 16))
    image = full().multiboot1()
    image.set32(0xffff_fff0, at: 24)
    guard case .unreachable(.moduleList, 0xffff_fff0, 48, _) = refusal(image) else {
      Issue.record("a list outside memory was accepted")
      return
    }
  }

  @Test func aModuleThatEndsBeforeItStarts() throws {
    let good = full().multiboot1()
    let list = Int(try good.parse { _ in good.bytes.word32(24) }) - Int(MultibootImage.start)
    var image = good
    image.set32(image.bytes.word32(list) &- 1, at: list + 4)
    guard case .backwards(module: 1, _, _) = refusal(image) else {
      Issue.record("a backward module was accepted")
      return
    }
    image = good
    image.set32(0x3000_0000, at: list + 4)
    guard case .unreachable(.module, _, _, _) = refusal(image) else {
      Issue.record("a module outside memory was accepted")
      return
    }
  }

  @Test func texts() {
    var image = MultibootContents(rows: [row]).multiboot1()
    image.set32(image.bytes.word32(0) | 1 << 2, at: 0)
    image.set32(image.nextAddress, at: 16)
    image.bytes += [0x61, 0x62]
    let address = UInt64(image.bytes.word32(16))
    #expect(refusal(image) == .unterminated(.commandLine, address: address, limit: 4096))
    image.bytes += [UInt8](repeating: 0x61, count: 5000) + [0]
    #expect(refusal(image) == .unterminated(.commandLine, address: address, limit: 4096))
  }

  @Test(arguments: [0, 1, 19, 21, 4096, 0x7fff_ffff, 0xffff_fffc, 0xffff_ffff] as [UInt32])
  func rowSizes(size: UInt32) {
    var image = MultibootContents(rows: [row, row], rowSize: 20).multiboot1()
    let table = Int(image.bytes.word32(48)) - Int(MultibootImage.start)
    image.set32(size, at: table)
    let start = MultibootImage.start + UInt64(table)
    if size < 20 {
      #expect(refusal(image) == .tooSmall(.memoryMapRow, address: start, size: UInt64(size), minimum: 20))
    } else if size == 21 {
      // The next row is then read one byte off, and its size is nonsense.
      #expect(refusal(image) != nil)
    } else {
      #expect(refusal(image) == .cutShort(.memoryMapRow, address: start, size: UInt64(size) + 4))
    }
  }

  @Test func tableLengths() {
    var image = MultibootContents(rows: [row, row], rowSize: 20).multiboot1()
    let table = UInt64(image.bytes.word32(48))
    image.set32(47, at: 44)
    #expect(refusal(image) == .cutShort(.memoryMapRow, address: table + 24, size: 24))
    image.set32(26, at: 44)
    #expect(refusal(image) == .cutShort(.memoryMapRow, address: table + 24, size: 4))
    image.set32(.max, at: 44)
    guard case .unreachable(.memoryMap, _, 0xffff_ffff, _) = refusal(image) else {
      Issue.record("a table of 4 GiB was accepted")
      return
    }
    image.set32(0, at: 44)
    #expect(refusal(image) == nil)
  }

  @Test func aTableMayHave65536Rows() throws {
    let most = MultibootContents(rows: [MemoryMapRow](repeating: row, count: 65_536), rowSize: 20)
    for image in [most.multiboot1(), most.multiboot2()] {
      let result = try image.parse { try MapResult($0.memoryMapRows) }
      #expect(result.ranges == [0x10_0000..<0x20_0000])
    }
    let tooMany = MultibootContents(rows: [MemoryMapRow](repeating: row, count: 65_537), rowSize: 20)
    for image in [tooMany.multiboot1(), tooMany.multiboot2()] {
      #expect(refusal(image) == .tooMany(.memoryMapRow, count: 65_537, limit: 65_536))
    }
  }
}

@Suite struct BrokenMultiboot2Tests {
  /// A structure of the given tags without what `MultibootContents` adds.
  private func image(_ tags: [(UInt32, [UInt32])], isEnded: Bool = true) -> MultibootImage {
    var image = MultibootImage(magic: 0x36d7_6289)
    image.add64(0)
    for (kind, words) in tags {
      MultibootContents.addTag(kind, to: &image) { for word in words { $0.add32(word) } }
    }
    if isEnded { MultibootContents.addTag(0, to: &image) { _ in } }
    image.set32(UInt32(image.bytes.count), at: 0)
    return image
  }
  private let map: (UInt32, [UInt32]) = (6, [24, 0, 0x10_0000, 0, 0x10_0000, 0, 1, 0])
  private let start = MultibootImage.start

  @Test func theSmallestGoodOne() { #expect(refusal(image([map])) == nil) }

  @Test func totalSizes() {
    var broken = image([map])
    for size in [0, 8, 15] as [UInt32] {
      broken.set32(size, at: 0)
      #expect(
        refusal(broken) == .tooSmall(.information, address: start, size: UInt64(size), minimum: 16))
    }
    broken.set32(.max, at: 0)
    #expect(refusal(broken) == .tooMany(.information, count: 0xffff_ffff, limit: 4 << 20))
    broken.set32(UInt32(broken.bytes.count) + 8, at: 0)
    guard case .unreachable(.information, _, _, _) = refusal(broken) else {
      Issue.record("a structure larger than memory was accepted")
      return
    }
  }

  @Test func aMissingEndTag() {
    let broken = image([map], isEnded: false)
    #expect(refusal(broken) == .noEndTag(address: start + UInt64(broken.bytes.count)))
  }

  @Test(arguments: [0, 7, 41, 0x7fff_ffff, 0xffff_fff8, 0xffff_ffff] as [UInt32])
  func tagSizes(size: UInt32) {
    var broken = image([(0x1234, [1, 2]), map])
    broken.set32(size, at: 12)
    if size < 8 {
      #expect(refusal(broken) == .tooSmall(.tag, address: start + 8, size: UInt64(size), minimum: 8))
    } else if size == 41 {
      // The map is passed over with it.
      #expect(refusal(broken) != nil)
    } else {
      #expect(refusal(broken) == .cutShort(.tag, address: start + 8, size: UInt64(size)))
    }
  }

  @Test func tagsTooShortForTheirFields() {
    #expect(
      refusal(image([map, (1, [])])) == .tooSmall(.commandLine, address: start + 48, size: 8, minimum: 9))
    #expect(
      refusal(image([map, (3, [1])])) == .tooSmall(.module, address: start + 48, size: 12, minimum: 16))
    #expect(
      refusal(image([map, (3, [0x9_0000, 0x9_0001])]))
        == .tooSmall(.moduleText, address: start + 48, size: 16, minimum: 17))
    #expect(refusal(image([(6, [24])])) == .tooSmall(.memoryMap, address: start + 8, size: 12, minimum: 16))
    #expect(refusal(image([(4, [24])])) == .tooSmall(.memoryMap, address: start + 8, size: 12, minimum: 16))
    #expect(
      refusal(image([map, (8, [1, 2, 3, 4, 5])]))
        == .tooSmall(.framebuffer, address: start + 48, size: 28, minimum: 30))
    // A screen with colours of its own needs room for their fields.
    #expect(
      refusal(image([map, (8, [0, 0, 0, 0, 0, 0x0120, 0])]))
        == .tooSmall(.framebuffer, address: start + 48, size: 36, minimum: 38))
    #expect(
      refusal(image([map, (2, [0x6161_6161])])) == .unterminated(.loaderName, address: start + 56, limit: 4))
  }

  @Test(arguments: [0, 1, 19, 25, 0xffff_ffff] as [UInt32]) func rowSizes(size: UInt32) {
    var broken = map
    broken.1[0] = size
    if size < 20 {
      #expect(
        refusal(image([broken]))
          == .tooSmall(.memoryMapRow, address: start + 24, size: UInt64(size), minimum: 20))
    } else {
      #expect(refusal(image([broken])) == .cutShort(.memoryMapRow, address: start + 24, size: UInt64(size)))
    }
  }

  @Test func repeatedTags() {
    #expect(refusal(image([map, map])) == .repeated(.memoryMap))
    #expect(refusal(image([map, (1, [0]), (1, [0])])) == .repeated(.commandLine))
    #expect(refusal(image([map, (2, [0]), (2, [0])])) == .repeated(.loaderName))
    let screen: (UInt32, [UInt32]) = (8, [0, 0, 0, 0, 0, 0])
    #expect(refusal(image([map, screen, screen])) == .repeated(.framebuffer))
  }

  @Test func seventeenModules() {
    let module: (UInt32, [UInt32]) = (3, [0x9_0000, 0x9_0001, 0])
    #expect(refusal(image([map] + [(UInt32, [UInt32])](repeating: module, count: 16))) == nil)
    #expect(
      refusal(image([map] + [(UInt32, [UInt32])](repeating: module, count: 17)))
        == .tooMany(.module, count: 17, limit: 16))
  }

  @Test func aBackwardModule() {
    #expect(
      refusal(image([map, (3, [0x9_0001, 0x9_0000, 0])]))
        == .backwards(module: 1, start: 0x9_0001, end: 0x9_0000))
  }
}

@Suite struct RandomBootInformationTests {
  @Test(arguments: [1, 2]) func randomBytesNeverTrap(version: Int) {
    var generator = SeededGenerator(seed: UInt64(version))
    let good = version == 1 ? full().multiboot1() : full().multiboot2()
    var refused = 0
    for _ in 0..<10_000 {
      var image = good
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: 0..<image.bytes.count, using: &generator)
        image.bytes[index] = [0, 0xff, .random(in: 0...255, using: &generator)]
          .randomElement(using: &generator)!
      }
      if Bool.random(using: &generator) {
        image.bytes.removeLast(Int.random(in: 0..<image.bytes.count, using: &generator))
      }
      let error: (any Error)? =
        image.bytes.isEmpty
        ? nil
        : #expect(throws: (any Error).self) {
          try image.parse { information in
            _ = try? MapResult(information.memoryMapRows)
            throw BootError.noMemoryMap
          }
        }
      if error as? BootError != .noMemoryMap { refused += 1 }
    }
    #expect(refused > 500)
  }
}

extension [UInt8] {
  /// The little-endian word at `offset`.
  fileprivate func word32(_ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << UInt32($1 * 8) }
  }
}
