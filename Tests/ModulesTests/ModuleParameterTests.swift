import ModuleCases
import Modules
import Primitives
import TestSupport
import Testing

@Suite struct ModuleParameterTests {
  /// The module's memory after `argument` was parsed and stored.
  func store(_ argument: String) throws(ParameterError) -> TestMemory {
    let file = ModuleFile()
    let bytes = Array(argument.utf8)
    guard let image = try? ModuleImage(file: file.bytes.span, build: testBuild) else {
      return TestMemory(pages: 0)
    }
    let assignment = try image.assignment(of: bytes.span)
    var memory = TestMemory(pages: image.plan.pageCount)
    assignment.store(bytes.span, in: &memory)
    return memory
  }

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("-1", -1), ("2147483647", .max), ("-2147483648", .min), ("0xfF", 255),
      ("0xffffffff", -1),
    ] as [(String, Int32)])
  func integersAreStored(text: String, value: Int32) throws {
    #expect(try store("volume=\(text)").word(0x3210) == UInt32(bitPattern: value))
  }

  @Test(
    arguments: [
      "", "-", "1x", "0x", "0xg", "2147483648", "-2147483649", "0x100000000", "99999999999999999999", " 1",
    ])
  func otherTextIsNoNumber(text: String) throws {
    let name = try #require(shortText("volume"))
    #expect(throws: ParameterError.notANumber(name)) { try store("volume=\(text)") }
  }

  @Test(arguments: ["", "a", "a=b", "1234567"]) func textIsStoredWithItsEnd(text: String) throws {
    let memory = try store("device=\(text)")
    #expect(Array(memory.bytes[0x3220..<0x3220 + text.utf8.count + 1]) == Array(text.utf8) + [0])
  }

  @Test func textThatIsTooLongIsRefused() throws {
    let name = try #require(shortText("device"))
    #expect(throws: ParameterError.tooLong(name, count: 8, limit: 7)) { try store("device=12345678") }
  }

  @Test(arguments: ["speed=1", "=1", "volum=1", "volume2=1"]) func otherNamesAreUnknown(argument: String) {
    #expect(throws: ParameterError.unknown) { try store(argument) }
  }

  @Test(arguments: ["", "volume"]) func anArgumentNeedsAValue(argument: String) {
    #expect(throws: ParameterError.noValue) { try store(argument) }
  }

  @Test(
    arguments: [
      ("volume", "the parameter volume is not of the form name=value"),
      ("speed=1", "the module has no parameter for speed=1"),
      ("volume=x", "the parameter volume takes a decimal or 0x number of 32 bits, not volume=x"),
      ("device=12345678", "the parameter device has 8 bytes, must be at most 7"),
    ])
  func errorsSayWhatIsWrong(argument: String, words: String) {
    var text = TextCollector()
    do {
      _ = try store(argument)
    } catch {
      error.describe(to: &text, argument: Array(argument.utf8).span)
    }
    #expect(text.text == words)
  }
}
