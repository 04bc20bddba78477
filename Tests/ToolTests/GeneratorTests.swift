import ABI
import ABIDefinition
import Foundation
import Generator
import Testing

/// The root of the tree, from the place of this file.
let treeRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct GeneratorTests {
  @Test(arguments: GeneratedFile.all().map { $0.path })
  func theTreeHoldsWhatTheTableSays(path: String) throws {
    let expected = try #require(GeneratedFile.all().first { $0.path == path })
    let stored = try String(contentsOf: treeRoot.appending(path: path), encoding: .utf8)
    #expect(stored == expected.text)
  }

  @Test func theTableHasNoMistakes() {
    #expect(TableMistake.all(calls: SystemCallTable.calls, errors: SystemCallTable.errors).isEmpty)
  }

  @Test func numbersAndErrorsAgreeWithTheCompiledEnums() {
    for call in SystemCallTable.calls {
      #expect(SystemCall(rawValue: UInt32(call.number)).map { "\($0)" } == call.name)
    }
    #expect(SystemCall(rawValue: UInt32(SystemCallTable.calls.count)) == nil)
    #expect(SystemCall.count == UInt32(SystemCallTable.calls.count))
    for error in SystemCallTable.errors {
      let compiled = SystemError(rawValue: Int32(error.code))
      #expect(compiled.map { "\($0)" } == error.name)
      #expect(compiled.map { "\($0.sentence)" } == error.text)
    }
  }

  @Test func mistakesAreFound() {
    let calls: [SystemCallDeclaration] = [
      .init(0, "first", [.init("length", .length, "")], errors: ["missing"], ""),
      .init(2, "first", [], ""),
      .init(2, "many", Array(repeating: .init("word", .number, ""), count: 6), ""),
    ]
    let errors: [ErrorDeclaration] = [.init(-1, "one", ""), .init(-3, "one", "")]
    #expect(
      TableMistake.all(calls: calls, errors: errors) == [
        .numberOutOfOrder(name: "one", number: -3, expected: -2),
        .repeatedName("one"),
        .undeclaredError(call: "first", error: "missing"),
        .lengthWithoutBuffer(call: "first", argument: "length"),
        .numberOutOfOrder(name: "first", number: 2, expected: 1),
        .repeatedName("first"),
        .tooManyArguments(call: "many", count: 6),
      ])
  }

  @Test func everyCallHasAStubInBothLanguages() throws {
    let files = Dictionary(uniqueKeysWithValues: GeneratedFile.all().map { ($0.path, $0.text) })
    let swift = try #require(files["Userland/Runtime/Generated/SystemCalls.swift"])
    let header = try #require(files["Userland/include/megha.h"])
    for call in SystemCallTable.calls {
      #expect(swift.contains("func \(call.name)("))
      #expect(header.contains(" megha_system_call\(call.arguments.count)(MEGHA_CALL_"))
    }
    #expect(header.contains("#define MEGHA_CALL_WORD_WAIT 25u"))
    #expect(header.contains("#define MEGHA_ERROR_OUT_OF_MEMORY (-5)"))
    #expect(header.contains("_Noreturn MEGHA_INLINE void megha_exit(uint32_t status) {"))
  }
}
