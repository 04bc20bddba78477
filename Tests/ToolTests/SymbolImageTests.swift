// Symbol tables of real images: Swift, C and assembly, compiled and linked here for the 386 as the system's own
// programs are, then read with the kernel's reader.

import Diagnostics
import Foundation
import Testing

@testable import SymbolTables

private enum Sources {
  // The line numbers in the tests below count from the first line of these texts.
  static let swift = """
    struct Crash {
      let base: Int32
      @inline(never) func sum(_ other: Int32) -> Int32 {
        base + other
      }
      @inline(never) static func pick(_ values: borrowing Span<Int32>, _ index: Int) -> Int32 {
        values[index]
      }
      @inline(never) static func unwrap(_ value: Int32?) -> Int32 {
        value!
      }
    }
    @c(entry) public func entry(_ pointer: UnsafePointer<Int32>, _ count: Int32) -> Int32 {
      let values = Span(_unsafeStart: pointer, count: Int(count))
      let sum = Crash(base: count).sum(3)
      return sum &+ Crash.pick(values, Int(count)) &+ Crash.unwrap(count == 7 ? nil : count) &+ checked(sum, count)
    }
    @inline(never) func checked(_ x: Int32, _ y: Int32) -> Int32 {
      precondition(x > 3, "x (not y) is \\"large\\"")
      precondition(
        y > min(4, x),
        "y is large, too")
      precondition(y != 6)
      if x == 77 { fatalError("no 77") }
      return x &+ y
    }
    """
  static let c = """
    extern int entry(const int *values, int count);
    void store(int value) {
      *(volatile int *)4 = value;
    }
    void start(void) {
      static const int values[2] = {1, 2};
      store(entry(values, 2));
    }
    """
  static let assembly = """
    .text
    .globl first
    first:
      nop
      ret
    second:
      hlt
    """
}

/// An image built in a folder of its own; nil where the machine cannot build one.
private struct Image {
  let folder: URL
  var path: String { folder.appending(path: "image.elf").path }

  static var tools: ToolchainTools? { try? ToolchainTools.find() }

  init(linkerArguments: [String] = ["-e", "start", "-u", "first"]) throws {
    let tools = try ToolchainTools.find()
    folder = FileManager.default.temporaryDirectory.appending(path: "symbol-test-\(UUID().uuidString)")
    let sources = folder.appending(path: "Sources")
    try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
    let texts = [("Crash.swift", Sources.swift), ("store.c", Sources.c), ("first.S", Sources.assembly)]
    for (name, text) in texts {
      try Data((text + "\n").utf8).write(to: sources.appending(path: name))
    }
    func path(_ name: String) -> String { folder.appending(path: name).path }
    let target = ["-target", "i686-unknown-none-elf", "-g"]
    let swiftFlags =
      "-enable-experimental-feature Embedded -enable-experimental-feature Lifetimes -wmo -O -parse-as-library "
      + "-swift-version 6 -module-name Crash -Xfrontend -function-sections -Xfrontend -disable-stack-protector "
      + "-Xcc -ffreestanding -lto=llvm-full -Xllvm -sil-disable-pass=merge-cond_fails"
    let swiftFiles = ["-c", path("Sources/Crash.swift"), "-o", path("crash.bc")]
    _ = try tools.run("swiftc", target + swiftFlags.split(separator: " ").map(String.init) + swiftFiles)
    // The C side stays out of link-time optimization, or it would fold its constants into the Swift side.
    let cArguments = ["-ffreestanding", "-O2", "-fpic", "-c", path("Sources/store.c"), "-o", path("store.o")]
    _ = try tools.run("clang", target + cArguments)
    _ = try tools.run("clang", target + ["-c", path("Sources/first.S"), "-o", path("first.o")])
    _ = try tools.run(
      "ld.lld",
      ["-m", "elf_i386", "--lto-O2", "--gc-sections"] + linkerArguments
        + [path("crash.bc"), path("store.o"), path("first.o"), "-o", self.path])
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}

@Suite(
  "Symbol tables of images",
  .enabled(if: Image.tools != nil, "the toolchain's binary tools are missing"))
struct SymbolImageTests {
  // The disassembly of programs, whose addresses have seven digits, is indented; that of the kernel is not.
  @Test(arguments: ["0x400000", "0xc0100000"])
  func namesLinesAndTrapReasons(base: String) throws {
    let image = try Image(
      linkerArguments: ["-e", "start", "-u", "first", "--no-rosegment", "--image-base=\(base)"])
    defer { image.remove() }
    let contents = try SymbolTableBuilder.contents(elf: image.path, root: image.folder.path)

    func function(_ name: String) throws -> SymbolTableContents.Function {
      try #require(
        contents.functions.first { $0.name == name }, "\(name) among \(contents.functions.map(\.name))")
    }
    let sum = try function("Crash.sum(_:)")
    #expect(Set(sum.rows.map(\.file)) == ["Sources/Crash.swift"])
    #expect(sum.rows.contains { $0.line == 4 })
    // `store` is inlined into `start`: its line is told inside the other function.
    let start = try function("start")
    #expect(start.rows.contains { $0.file == "Sources/store.c" && $0.line == 3 })
    #expect(start.rows.contains { $0.file == "Sources/store.c" && $0.line == 7 })
    // Assembly without sizes: each label reaches to the next, the last to what follows it in its section.
    #expect(try function("first").size == 2)
    #expect((1...16).contains(try function("second").size))
    #expect(try function("second").rows.map(\.line) == [7])

    let traps = contents.traps.map { "\($0.reason) in \($0.function) at \($0.file):\($0.line)" }
    #expect(traps.contains("arithmetic overflow in Crash.sum(_:) at Sources/Crash.swift:4"), "\(traps)")
    #expect(
      traps.contains {
        $0.hasPrefix("Unexpectedly found nil while unwrapping an Optional value in Crash.unwrap(_:)")
      }, "\(traps)")
    #expect(traps.contains { $0.hasSuffix("in Crash.pick(_:_:) at Sources/Crash.swift:7") }, "\(traps)")
    for text in [
      "precondition failure: x (not y) is \"large\" in checked(_:_:) at Sources/Crash.swift:19",
      "precondition failure: y is large, too in checked(_:_:) at Sources/Crash.swift:20",
      "precondition failure in checked(_:_:) at Sources/Crash.swift:23",
      "fatal error: no 77 in checked(_:_:) at Sources/Crash.swift:24",
    ] {
      #expect(traps.contains(text), "\(traps)")
    }
    #expect(contents.traps.allSatisfy { $0.file.isEmpty == ($0.line == 0) })
    #expect(contents.functions.allSatisfy { !$0.rows.contains { $0.file.hasPrefix("/") } })
  }

  @Test func sectionsHaveTheirSizes() throws {
    let image = try Image()
    defer { image.remove() }
    let sizes = try CodeImage.sectionSizes(of: image.path)
    let code = try ElfImage(path: image.path).codeRanges.reduce(0) { $0 + $1.count }
    #expect(sizes[".text"] == code && code > 0)
    #expect(sizes[".symtab"].map { $0 % 16 } == 0)
    #expect(sizes[".nothing"] == nil)
  }

  @Test func theReaderAgreesWithTheBuilder() throws {
    let image = try Image()
    defer { image.remove() }
    let contents = try SymbolTableBuilder.contents(elf: image.path, root: image.folder.path)
    let table = try SymbolTableBuilder.build(elf: image.path, root: image.folder.path)
    #expect(table == contents.encoded())
    try table.withUnsafeBytes { bytes in
      let reader = try SymbolTable(bytes: bytes)
      #expect(reader.counts.functions == UInt32(contents.functions.count))
      #expect(!contents.traps.isEmpty)
      for trap in contents.traps {
        #expect(reader.trap(at: trap.address)?.location.line == trap.line)
        #expect(reader.function(containing: trap.address) != nil)
      }
      for function in contents.functions {
        for row in function.rows { #expect(reader.line(for: row.address)?.line == row.line) }
      }
    }
  }

  /// A shared object, as modules are linked: its addresses count from its own start.
  @Test func modulesAreRelativeToTheirStart() throws {
    let image = try Image(linkerArguments: ["-shared", "-Bsymbolic", "-e", "start", "-z", "separate-code"])
    defer { image.remove() }
    let contents = try SymbolTableBuilder.contents(elf: image.path, root: image.folder.path)
    let entry = try #require(contents.functions.first { $0.name == "start" })
    #expect(entry.address < 0x10000)
    try contents.encoded().withUnsafeBytes { bytes in
      let reader = try SymbolTable(bytes: bytes, loadBias: 0xf000_0000)
      #expect(reader.function(containing: 0xf000_0000 + entry.address)?.offset == 0)
      #expect(reader.function(containing: entry.address) == nil)
    }
  }

  @Test func filesOfAnotherKindAreRefused() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "symbol-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("text".utf8).write(to: file)
    #expect(throws: ElfImageError.notAnElfFile(path: file.path)) {
      try SymbolTableBuilder.build(elf: file.path, root: "/")
    }
    var header = [UInt8](repeating: 0, count: 64)
    header.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    header[18] = 62
    try Data(header).write(to: file)
    #expect(throws: ElfImageError.wrongKind(path: file.path, elfClass: 2, machine: 62)) {
      try SymbolTableBuilder.build(elf: file.path, root: "/")
    }
    header[4] = 1
    header[18] = 3
    header[33] = 0xff  // e_shoff far behind the end
    header[48] = 1
    try Data(header).write(to: file)
    #expect(throws: ElfImageError.self) { try SymbolTableBuilder.build(elf: file.path, root: "/") }
  }
}
