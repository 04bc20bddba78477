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
      .init(3, "late", [.init("low", .timeLow, ""), .init("other", .number, ""), .init("high", .timeHigh, "")], ""),
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
        .halfTime(call: "late", argument: "low"),
        .halfTime(call: "late", argument: "high"),
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

  @Test func argumentsAreDescribedAsInTheTable() throws {
    for declared in SystemCallTable.calls {
      let call = try #require(SystemCall(rawValue: UInt32(declared.number)))
      #expect("\(call.name)" == declared.name)
      #expect(call.argumentCount == declared.arguments.count)
      #expect(call.neverReturns == declared.neverReturns)
      for (index, argument) in declared.arguments.enumerated() {
        #expect(call.argument(index).map { "\($0.name)" } == argument.name)
      }
      #expect(call.argument(declared.arguments.count) == nil)
    }
    #expect(SystemCall.write.indexOfBytesIn == 1)
    #expect(SystemCall.read.indexOfBytesIn == nil)
  }

  @Test func theKernelDispatchesEveryCall() throws {
    let dispatch = try String(
      contentsOf: treeRoot.appending(path: "Kernel/SystemCalls/Dispatch.swift"), encoding: .utf8)
    for call in SystemCallTable.calls { #expect(dispatch.contains("case .\(call.name): ")) }
    // Exhaustive means that the compiler, not a default, finds a call that is missing.
    #expect(!dispatch.contains("default:"))
  }

  /// A C11 compiler takes the header with all warnings on, alone and from two files of one program.
  @Test func theHeaderCompilesAsC() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "megha-header-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appending(path: "program.c")
    try """
    #include <megha.h>
    #include <megha.h>
    int32_t start(void) { return megha_write(1, "hello", 5) < 0 ? MEGHA_ERROR_BAD_ADDRESS : megha_null(); }
    """.write(to: source, atomically: true, encoding: .utf8)
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "clang", "--target=i686-unknown-none-elf", "-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-c",
      "-I", treeRoot.appending(path: "Userland/include").path, source.path, "-o",
      folder.appending(path: "program.o").path,
    ]
    try compiler.run()
    compiler.waitUntilExit()
    #expect(compiler.terminationStatus == 0)
  }
}
