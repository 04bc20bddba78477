// Types for debuggers: made from images that the build made, and from such that are broken.

import Checks
import Foundation
import TestSupport
import Testing

@testable import DebugTypes

@Suite struct DebugTypesTests {
  @Test func numbersAreRead() throws {
    var reader = ByteReader([0x34, 0x12, 0xe5, 0x8e, 0x26, 0x7f, 0x41, 0x00, 0x42], at: 0)
    #expect(try reader.number(2) == 0x1234)
    #expect(try reader.unsigned() == 624_485)
    #expect(try reader.signed() == -1)
    #expect(try reader.text() == "A")
    #expect(throws: DebugInformationMistake.self) { try reader.text() }
    #expect(throws: DebugInformationMistake.self) { try reader.number(4) }
    var overlong = ByteReader([UInt8](repeating: 0xff, count: 20) + [1], at: 0)
    #expect(try overlong.unsigned() == .max)
  }

  /// A file of one unit: a module M with a structure S { UInt8 a; UInt64 b }, whose `b` the debug information misplaces.
  private func image(sizeOfS: UInt8 = 16) -> [UInt8] {
    let abbreviations: [UInt8] = [
      1, 0x11, 1, 0, 0,  // a unit
      2, 0x1e, 1, 0x03, 0x08, 0, 0,  // a module with a name
      3, 0x13, 1, 0x03, 0x08, 0x6e, 0x08, 0x0b, 0x0b, 0, 0,  // a structure with names and a size
      4, 0x0d, 0, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b, 0, 0,  // a member with its type and place
      0,
    ]
    func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
    var unit: [UInt8] = [4, 0, 0, 0, 0, 0, 4, 1, 2] + text("M")
    let byte = 4 + unit.count
    unit += [3] + text("UInt8") + text("$es5UInt8VD") + [1, 0]
    let long = 4 + unit.count
    unit += [3] + text("UInt64") + text("$es6UInt64VD") + [8, 0]
    unit += [3] + text("S") + text("$e1M1SVD") + [sizeOfS]
    unit += [4] + text("a") + [UInt8(byte), 0, 0, 0, 0] + [4] + text("b") + [UInt8(long), 0, 0, 0, 1] + [0, 0, 0]
    let information = [UInt8(unit.count), 0, 0, 0] + unit
    let names = text("") + text(".debug_info") + text(".debug_abbrev")
    func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 255) } }
    let start = 52
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1] + [UInt8](repeating: 0, count: 46)
    bytes.replaceSubrange(32..<36, with: word(start + information.count + abbreviations.count + names.count))
    bytes.replaceSubrange(48..<52, with: [3, 0, 2, 0])
    bytes += information + abbreviations + names
    func header(_ name: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      word(name) + [UInt8](repeating: 0, count: 12) + word(offset) + word(size) + [UInt8](repeating: 0, count: 16)
    }
    bytes += header(1, start, information.count)
    bytes += header(13, start + information.count, abbreviations.count)
    return bytes + header(0, start + information.count + abbreviations.count, names.count)
  }

  private func source(_ bytes: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "megha-types-\(UUID())")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    var sheet = try TypeSheet(image: file.path)
    return try sheet.source(types: ["M.S"], variables: [("value", "M.S", ".place")])
  }

  @Test func membersLieWhereSwiftPutsThem() throws {
    let text = try source(image())
    #expect(
      text.contains("struct __attribute__((packed)) S {\n  std_uint8 a;\n  std_uint8 pad1[7];\n  std_uint64 b;\n};"))
    #expect(text.contains("static_assert(sizeof(S) == 16"))
    #expect(text.hasSuffix("S value __attribute__((section(\".place\")));\n"))
    #expect(try source(image(sizeOfS: 12)).contains("pad1[3]"))
  }

  @Test func aSizeThatNoLayoutHasIsAMistake() {
    #expect(throws: DebugInformationMistake.self) { try source(image(sizeOfS: 15)) }
  }

  /// Files that are cut short or changed in any one byte end with a sentence or a sheet, not with a trap.
  @Test func brokenFilesAreRefused() {
    let good = image()
    // Nothing is read of the last header behind its size.
    for length in 0..<(good.count - 20) { #expect(throws: (any Error).self) { try source(Array(good[..<length])) } }
    for index in good.indices {
      for change: UInt8 in [0xff, 0x80, 0x01] {
        var bad = good
        bad[index] ^= change
        _ = try? source(bad)
      }
    }
  }

  @Test func casesForTheDebuggerAreReadAndJudged() throws {
    let text =
      "# A sentence: with a colon.\n# program: p\n# expect: a+\n# expect: b$\n# forbid: c\n\nbreak main\ncontinue\n"
    let debuggerCase = try DebuggerCase(text, name: "n")
    #expect(debuggerCase.program == "p" && debuggerCase.commands == ["break main", "continue"])
    #expect(debuggerCase.judge("aa\nb\n").isEmpty)
    #expect(debuggerCase.judge("b\naa\n") == ["not found, after what was expected before it: b$"])
    #expect(debuggerCase.judge("aa\nb\nc\n") == ["forbidden, but there: c"])
    #expect(throws: GuestCaseMistake.self) { try DebuggerCase("# expect: (\nrun\n", name: "n") }
    #expect(throws: GuestCaseMistake.self) { try DebuggerCase("run\n", name: "n") }
  }
}
