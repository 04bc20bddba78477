// The profiler on traces that are written here: what is counted, for whom, and on which path.

import Foundation
import Testing

@testable import Profiler
@testable import SymbolTables

/// A guest with a kernel of a few functions and two programs at the same addresses.
private enum Guest {
  static let shell: UInt64 = 11
  static let hello: UInt64 = 22
  static let module: UInt64 = 33

  static let main: UInt32 = 0x40_0000
  static let runCommand: UInt32 = 0x40_0100
  static let systemCall: UInt32 = 0xc010_0000
  static let reschedule: UInt32 = 0xc010_0100
  static let taskStart: UInt32 = 0xc010_0200

  static func symbols(_ names: [(String, UInt32)]) -> [CodeImage.Function] {
    names.map { CodeImage.Function(name: $0, address: $1, size: 0x100) }
  }

  static var code: GuestCode {
    GuestCode(
      kernel: symbols([("system_call", systemCall), ("reschedule", reschedule), ("task_start", taskStart)]),
      images: [
        image("hello", at: main, hash: hello, [("main", main)]),
        image("lab.so", at: 0x1000, hash: module, [("work", 0x1040)]),
        image("shell", at: main, hash: shell, [("main", main), ("Shell.runCommand(_:)", runCommand)]),
      ])
  }

  private static func image(
    _ name: String, at address: UInt32, hash: UInt64, _ names: [(String, UInt32)]
  ) -> GuestCode.Image {
    GuestCode.Image(name: name, pages: [(address: address, hash: hash)]) { symbols(names) }
  }
}

/// A trace in the making.
private struct Trace {
  private(set) var words: [UInt64] = []
  private var blocks: [String: UInt32] = [:]
  private var executed: UInt32 = 0

  /// `count` instructions at `address`, in the page with the hash `page`.
  mutating func run(_ address: UInt32, _ page: UInt64 = 0, _ count: UInt32) {
    let key = "\(address) \(page)"
    if blocks[key] == nil {
      blocks[key] = UInt32(blocks.count)
      words += [TraceWord.define(address: address).encoded, page]
    }
    words.append(TraceWord.begin(block: blocks[key] ?? 0, executed: executed).encoded)
    executed = count
  }

  mutating func call(_ pointer: UInt32, _ page: UInt32) {
    words.append(TraceWord.call(stackPointer: pointer, page: page).encoded)
  }

  mutating func leave(_ pointer: UInt32, _ page: UInt32) {
    words.append(TraceWord.return(stackPointer: pointer, page: page).encoded)
  }

  /// Begins the function that is counted.
  mutating func begin() {
    run(Guest.main, Guest.shell, 5)
    call(0xbffd_fff0, 100)
  }

  /// The instructions of each path, after a last block that ends the one before.
  func paths() throws -> [String: UInt64] {
    var whole = self
    whole.run(Guest.main, Guest.shell, 0)
    var recorder = Recorder(
      code: Guest.code, counting: GuestFunction(image: "shell", name: "Shell.runCommand(_:)"))
    // In pieces, as they come out of a pipe.
    for start in stride(from: 0, to: whole.words.count, by: 3) {
      let piece = Array(whole.words[start..<min(start + 3, whole.words.count)])
      try piece.withUnsafeBufferPointer { try recorder.take($0) }
    }
    let tree = recorder.tree
    var names = [""]
    var paths: [String: UInt64] = [:]
    for node in tree.nodes.dropFirst() {
      names.append("\(names[node.parent])/\(tree.functions[node.function].name)")
      if node.own > 0 { paths[names.last ?? "", default: 0] += node.own }
    }
    return paths
  }
}

private let command = "/shell/main/Shell.runCommand(_:)"

@Suite struct ProfilerTests {
  @Test(arguments: [
    TraceWord.begin(block: .max, executed: 0x3fff_ffff), .call(stackPointer: 0xbfff_fffc, page: 0xf_ffff),
    .return(stackPointer: 4, page: 0), .define(address: 0xffff_ffff),
  ])
  func `words keep what they say`(word: TraceWord) { #expect(TraceWord(word.encoded) == word) }

  @Test func `a page's hash depends on every word`() {
    var page = [UInt64](repeating: 0, count: 512)
    var seen: Set<UInt64> = [page.withUnsafeBytes { TracePage.hash($0.baseAddress!) }]
    for index in page.indices {
      page[index] = 1
      seen.insert(page.withUnsafeBytes { TracePage.hash($0.baseAddress!) })
      page[index] = 0
    }
    #expect(seen.count == 513)
    #expect(!seen.contains(0))
  }

  @Test func `counting begins with the function and ends with its return`() throws {
    var trace = Trace()
    trace.begin()
    trace.run(Guest.runCommand, Guest.shell, 7)
    trace.call(0xbffd_ffe0, 100)
    trace.run(Guest.main, Guest.shell, 3)
    trace.leave(0xbffd_ffe0, 100)
    trace.run(Guest.runCommand + 8, Guest.shell, 2)
    trace.leave(0xbffd_fff0, 100)
    trace.run(Guest.main + 8, Guest.shell, 90)
    #expect(try trace.paths() == [command: 9, "\(command)/main": 3])
  }

  @Test func `a block counts what was executed of it`() throws {
    var trace = Trace()
    trace.begin()
    trace.run(Guest.runCommand, Guest.shell, 4)
    trace.run(Guest.runCommand, Guest.shell, 0)
    trace.run(Guest.runCommand, Guest.shell, 6)
    #expect(try trace.paths() == [command: 10])
  }

  @Test func `the kernel's path continues that of the task which entered it`() throws {
    var trace = Trace()
    trace.begin()
    trace.run(Guest.runCommand, Guest.shell, 1)
    trace.call(0xbffd_ffe0, 100)
    trace.run(0xbfff_f000, 0, 2)
    trace.run(Guest.systemCall, 0, 4)
    trace.call(0xc800_0ff0, 200)
    trace.run(Guest.reschedule, 0, 8)
    trace.leave(0xc800_0ff0, 200)
    trace.run(Guest.systemCall + 8, 0, 16)
    // SYSEXIT, and the page returns to its caller.
    trace.run(0xbfff_f020, 0, 32)
    trace.leave(0xbffd_ffe0, 100)
    trace.run(Guest.runCommand + 8, Guest.shell, 64)
    #expect(
      try trace.paths() == [
        command: 65, "\(command)/system-call page": 34, "\(command)/system-call page/system_call": 20,
        "\(command)/system-call page/system_call/reschedule": 8,
      ])
  }

  @Test func `a return on another stack switches to its task`() throws {
    var trace = Trace()
    trace.begin()
    // The shell waits in the kernel, on the stack of page 200.
    trace.run(Guest.runCommand, Guest.shell, 1)
    trace.run(Guest.systemCall, 0, 1)
    trace.call(0xc800_0ff0, 200)
    trace.run(Guest.reschedule, 0, 1)
    // A new task begins on the stack of page 300, in Ring 3 on that of page 400, at the shell's own addresses.
    trace.leave(0xc800_8fc0, 300)
    trace.run(Guest.taskStart, 0, 2)
    trace.run(Guest.main, Guest.hello, 4)
    trace.call(0xbffd_fff8, 400)
    trace.run(Guest.main + 16, Guest.hello, 8)
    trace.run(Guest.systemCall, 0, 16)
    trace.call(0xc800_8ff0, 300)
    trace.run(Guest.reschedule, 0, 32)
    // Back to the shell.
    trace.leave(0xc800_0fe0, 200)
    trace.run(Guest.reschedule + 8, 0, 64)
    trace.leave(0xc800_0ff0, 200)
    trace.run(Guest.runCommand + 8, Guest.shell, 128)
    let paths = try trace.paths()
    #expect(paths["/kernel/task_start"] == 2)
    #expect(paths["/hello/main"] == 4)
    #expect(paths["/hello/main/main"] == 8)
    #expect(paths["/hello/main/main/system_call/reschedule"] == 32)
    #expect(paths["\(command)/system_call/reschedule"] == 65)
    #expect(paths[command] == 129)
    #expect(paths.values.reduce(0, +) == 257)
  }

  @Test func `stacks that are used again keep nothing of the task before`() throws {
    var trace = Trace()
    trace.begin()
    trace.run(Guest.runCommand, Guest.shell, 0)
    trace.run(Guest.systemCall, 0, 1)
    for _ in 0..<2 {
      trace.leave(0xc800_8fc0, 300)
      trace.run(Guest.taskStart, 0, 1)
      trace.run(Guest.main, Guest.hello, 1)
      trace.call(0xbffd_fff8, 400)
      trace.run(Guest.main + 16, Guest.hello, 1)
      trace.call(0xbffd_ffe8, 400)
      trace.run(Guest.systemCall, 0, 1)
      trace.call(0xc800_8ff0, 300)
      trace.run(Guest.reschedule, 0, 1)
    }
    #expect(
      try trace.paths() == [
        "\(command)/system_call": 1, "/kernel/task_start": 2, "/hello/main": 2, "/hello/main/main": 2,
        "/hello/main/main/system_call": 2, "/hello/main/main/system_call/reschedule": 2,
      ])
  }

  @Test func `a recursion without end stays a path of limited length`() throws {
    var trace = Trace()
    trace.begin()
    trace.run(Guest.runCommand, Guest.shell, 1)
    for depth in 0..<UInt32(2000) {
      trace.call(0xbffd_ffe0 - depth * 16, 100 + depth / 256)
      trace.run(Guest.main, Guest.shell, 1)
    }
    let paths = try trace.paths()
    #expect(paths.values.reduce(0, +) == 2001)
    #expect(paths.count < 200)
  }

  @Test func `code is told apart by its page`() throws {
    var code = Guest.code
    func name(_ address: UInt32, _ page: UInt64) throws -> String {
      let function = try code.function(at: address, page: page).function
      return "\(function.image): \(function.name)"
    }
    #expect(try name(Guest.main + 4, Guest.hello) == "hello: main")
    #expect(try name(Guest.runCommand, Guest.shell) == "shell: Shell.runCommand(_:)")
    #expect(try name(Guest.main, 99) == "unknown program: ?")
    #expect(try name(0xe123_4044, Guest.module) == "lab.so: work")
    #expect(try name(0xe123_4044, 99) == "unknown module: ?")
    #expect(try name(Guest.systemCall + 0xff, 0) == "kernel: system_call")
    #expect(try name(0xbfff_f010, 0) == "kernel: system-call page")
  }

  @Test func `an image's pages are as they are in memory`() {
    let pages = CodeImage.pages(of: [UInt8](repeating: 7, count: 4096), at: 0x40_0800)
    #expect(pages.map(\.address) == [0x40_0000, 0x40_1000])
    #expect(pages[0].bytes == [UInt8](repeating: 0, count: 2048) + [UInt8](repeating: 7, count: 2048))
    #expect(pages[1].bytes == [UInt8](repeating: 7, count: 2048) + [UInt8](repeating: 0, count: 2048))
  }

  private var tree: CallTree {
    var tree = CallTree()
    let main = tree.child(of: 0, function: tree.number(of: GuestFunction(image: "hello", name: "main")))
    let copy = tree.child(of: main, function: tree.number(of: GuestFunction(image: "kernel", name: "copy<A & B>")))
    tree.add(250, to: main)
    tree.add(1750, to: copy)
    return tree
  }

  @Test func `the table lists functions by their own instructions`() {
    #expect(tree.totals == [2000, 2000, 1750])
    let lines = ProfileTable.text(tree, top: 1).split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      lines.map { $0.joined(separator: " ") } == [
        "instructions share in function", "1,750 87.5 % kernel copy<A & B>", "250 12.5 % 1 other functions",
        "2,000 100.0 % all",
      ])
  }

  @Test func `the flame graph has a bar for each path`() throws {
    let svg = FlameGraph(tree, title: "hello").svg
    #expect(svg.contains("<title>copy&lt;A &amp; B&gt;: 1,750 instructions, 87.5 %</title>"))
    #expect(svg.contains("width=\"1180.0\""))
    #expect(svg.contains("width=\"1032.5\""))
    #expect(try XMLNode.isWellFormed(svg))
  }
}

/// Enough of XML to see that every element ends.
private enum XMLNode {
  static func isWellFormed(_ text: String) throws -> Bool {
    let opened = text.matches(of: try Regex("<[a-z]")).count
    let closed = text.matches(of: try Regex("</[a-z]|/>")).count
    return opened == closed
  }
}
