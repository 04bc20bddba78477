import Checks
import Drivers
import Foundation
import Primitives
import Testing

@testable import Emulator

@Suite struct MachineTableTests {
  @Test func eachRowIsACase() throws {
    let cases = try MachineTable.cases(
      in: """
        | board | processor | memory | what comes of it |
        | --- | --- | --- | --- |
        | `pc,hpet=off` | `qemu32,-sse` | 64M | runs |
        | `isapc` | `486` | 16M | has no PAE |

        | other | tables | are | not read |
        """)
    #expect(
      cases.map { $0.fullName } == ["machines: pc,hpet=off, qemu32,-sse, 64M", "machines: isapc, 486, 16M"])
    #expect(cases[0].machine == ["--machine", "pc,hpet=off", "--cpu", "qemu32,-sse", "--ram", "64M"])
    #expect(cases[0].status == 0 && cases[0].expectations.count == 4)
    #expect(cases[1].status == 125 && cases[1].expectations == ["has no PAE"])
  }

  @Test(arguments: ["| `pc` | `max` | 64M |", "| `pc` | `max` | much | runs |"])
  func rowsThatSayNothingAreMistakes(row: String) {
    #expect(throws: GuestCaseMistake.self) { try MachineTable.cases(in: row) }
  }
}

@Suite struct ScreenPictureTests {
  /// A frame buffer in this process's memory.
  private enum Canvas: MemoryAccess {
    @TaskLocal static var words = Words(count: 0)
    final class Words: @unchecked Sendable {
      var all: [UInt32]
      init(count: Int) { all = [UInt32](repeating: 0, count: count) }
    }
    static func read32(_ address: UInt32) -> UInt32 { words.all[Int(address - 4096) / 4] }
    static func write32(_ address: UInt32, _ value: UInt32) { words.all[Int(address - 4096) / 4] = value }
  }

  @Test(arguments: [(640, 400), (1024, 768), (1280, 800)])
  func whatIsDrawnIsReadBack(width: Int, height: Int) throws {
    let words = Canvas.Words(count: width * height)
    try Canvas.$words.withValue(words) {
      var screen = PixelScreen<Canvas>()
      let place = try PixelPlace(
        width: UInt32(width), height: UInt32(height), pitch: UInt32(width * 4), bitsPerPixel: 32, limit: 1 << 24)
      screen.start(
        at: 4096, place, red: ColourField(position: 16, size: 8), green: ColourField(position: 8, size: 8),
        blue: ColourField(position: 0, size: 8))
      for (index, byte) in (0x20...0x7e).enumerated() { screen.write(80 + index, 0x0700 | UInt16(byte)) }
      screen.showCursor(at: 85)
    }
    var file = Array("P6\n\(width) \(height)\n255\n".utf8)
    for word in words.all { file += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)] }
    let picture = try #require(ScreenPicture(file))
    let characters = String(decoding: Array(0x20...0x7e as ClosedRange<UInt8>), as: UTF8.self)
    let lines = picture.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 25 && lines[0] == "" && lines[24] == "")
    #expect(lines[1] == characters.prefix(80))
    #expect(lines[2] == characters.dropFirst(80))
  }

  /// Where the display keeps its size, the loader's frame buffer is its upper left part.
  @Test func aFrameBufferMayBeAPartOfTheDisplay() throws {
    let (width, height) = (1280, 800)
    let words = Canvas.Words(count: width * height)
    try Canvas.$words.withValue(words) {
      var screen = PixelScreen<Canvas>()
      let place = try PixelPlace(width: 1024, height: 768, pitch: UInt32(width * 4), bitsPerPixel: 32, limit: 1 << 24)
      screen.start(
        at: 4096, place, red: ColourField(position: 16, size: 8), green: ColourField(position: 8, size: 8),
        blue: ColourField(position: 0, size: 8))
      for (index, byte) in "megha>".utf8.enumerated() { screen.write(index, 0x0700 | UInt16(byte)) }
    }
    var file = Array("P6\n\(width) \(height)\n255\n".utf8)
    for word in words.all { file += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)] }
    let lines = try #require(ScreenPicture(file)).text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 25 && lines[0] == "megha>")
  }

  @Test(arguments: [
    "", "P6", "P5\n1 1\n255\nabc", "P6\n1 1\n255\nab", "P6\n-1 1\n255\nabc", "P6\n99999 99999\n255\nabc",
  ])
  func otherFilesAreNoPictures(text: String) {
    #expect(ScreenPicture(Array(text.utf8)) == nil)
  }
}

@Suite struct BochsTests {
  @Test func theMachineIsWrittenAsBochsReadsIt() throws {
    let bochs = Bochs(image: "/a b/megha.iso", processor: "p3_katmai", memory: try #require(MemorySize("64M")))
    let lines = bochs.configuration(console: "/c", host: "/h", log: "/l").split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("cpu: model=p3_katmai,") })
    #expect(lines.contains("megs: 64"))
    #expect(lines.contains("ata0-master: type=cdrom, path=\"/a b/megha.iso\", status=inserted"))
    #expect(lines.contains("clock: sync=none, time0=1767225600"))
  }
}
