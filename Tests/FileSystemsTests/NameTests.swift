// What every file system asks of a name.

import ABI
import FileSystems
import Testing

@Suite struct NameTests {
  private func failure(of name: [UInt8]) -> FileFailure? {
    do throws(FileFailure) {
      try FileName.check(name.span)
      return nil
    } catch { return error }
  }

  @Test(arguments: ["a", "...", ".a", "a b", "ä", String(repeating: "x", count: 255)])
  func namesThatAreTaken(_ name: String) { #expect(failure(of: Array(name.utf8)) == nil) }

  @Test(arguments: ["", ".", "..", "a/b", "/", "a\0"])
  func namesThatAreNone(_ name: String) { #expect(failure(of: Array(name.utf8)) == .badArgument) }

  @Test func aNameThatIsTooLong() { #expect(failure(of: Array(repeating: 0x78, count: 256)) == .tooLarge) }
}
