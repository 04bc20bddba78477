// What the kernel asks of who has a file system: paths, links, and what goes wrong, as words and bytes.

import ABI
import FileSystems
import Primitives
import ServiceSupport
import TestSupport
import Testing

/// A server with a file system in memory, asked as the kernel asks.
final class AskedServer {
  private var server = FileServer(MemoryFileSystem())

  struct Answer {
    let words: InlineArray<6, UInt32>
    let bytes: [UInt8]
    var failure: FileFailure? { FileFailure(rawValue: Int32(bitPattern: words[0])) }
  }

  func ask(_ request: FileRequest, _ words: [UInt32] = [], _ data: [UInt8] = [], capacity: Int = 512) -> Answer {
    var all = InlineArray<6, UInt32>(repeating: 0)
    for (index, word) in words.enumerated() { all[index] = word }
    var buffer = [UInt8](repeating: 0, count: capacity)
    return unsafe data.withUnsafeBufferPointer { data in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        unsafe withUnsafePointer(to: all) { words in
          var asked = unsafe Request(
            operation: request.rawValue, words: words, sender: 1, data: data.baseAddress, dataCount: data.count,
            reply: buffer.baseAddress, capacity: capacity, lives: { _ in true })
          let isKnown = server.handle(&asked)
          #expect(isKnown)
          return unsafe Answer(words: asked.reply, bytes: Array(buffer.prefix(asked.replyCount)))
        }
      }
    }
  }

  func ask(_ request: FileRequest, _ words: [UInt32] = [], _ path: String) -> Answer {
    ask(request, words, Array(path.utf8))
  }

  func open(_ path: String, _ flags: OpenFlags = []) -> Answer { ask(.open, [flags.rawValue, 0o644, 9], path) }

  /// Makes a file with these contents.
  func make(_ path: String, _ text: String) {
    let file = open(path, [.write, .create])
    #expect(file.words[0] == 0)
    #expect(ask(.write, [file.words[1], file.words[2], 0, 9, 0], text).words[1] == UInt32(text.utf8.count))
  }

  func text(_ path: String) -> String? {
    let file = open(path)
    guard file.words[0] == 0 else { return nil }
    return String(decoding: ask(.read, [file.words[1], file.words[2], 0]).bytes, as: UTF8.self)
  }

  func link(_ target: String, _ path: String) {
    let data = Array(target.utf8) + [0] + Array(path.utf8)
    #expect(ask(.link, [PathFlags.symbolic.rawValue, 9], data).words[0] == 0)
  }
}

@Suite struct FileServerTests {
  private func tree() -> AskedServer {
    let server = AskedServer()
    for path in ["a", "a/b", "a/b/c", "d"] { #expect(server.ask(.createDirectory, [0o755, 9], path).words[0] == 0) }
    server.make("a/b/c/file", "deep")
    server.make("top", "top")
    return server
  }

  /// Where links lead, alone, in the middle of paths, one after the other, up and to the root.
  @Test func links() {
    let server = tree()
    for (target, path) in [
      ("a/b", "l"), ("b/c", "a/m"), ("/a/b/c/file", "d/abs"), ("../top", "d/up"), ("../../../../top", "a/b/over"),
      ("l", "l2"), ("./c/../c/./file", "a/b/dots"), ("gone", "dangling"),
    ] {
      server.link(target, path)
    }
    #expect(server.text("l/c/file") == "deep")
    #expect(server.text("a/m/file") == "deep")
    #expect(server.text("d/abs") == "deep")
    #expect(server.text("d/up") == "top")
    #expect(server.text("a/b/over") == "top")
    #expect(server.text("l2/c/file") == "deep")
    #expect(server.text("l/dots") == "deep")
    #expect(server.open("dangling").failure == .notFound)
    // Through a link that leads nowhere a file is made where it leads, and one that must be new is not.
    #expect(server.open("dangling", [.write, .create, .exclusive]).failure == .exists)
    server.make("dangling", "made")
    #expect(server.text("gone") == "made")
    // The link itself.
    #expect(server.ask(.readLink, [], "d/up").bytes == Array("../top".utf8))
    #expect(server.ask(.readLink, [], "top").failure == .badArgument)
    #expect(server.ask(.remove, [0, 9], "l").words[0] == 0)
    #expect(server.text("a/b/c/file") == "deep")
  }

  @Test func linksThatLeadRoundAndRound() {
    let server = AskedServer()
    server.link("y", "x")
    server.link("x", "y")
    server.link("self/self", "self")
    for path in ["x", "y", "self", "x/z"] { #expect(server.open(path).failure == .limitReached) }
    // Eight are followed, a ninth is not.
    server.make("end", "end")
    server.link("end", "n1")
    for number in 2...9 { server.link("n\(number - 1)", "n\(number)") }
    #expect(server.text("n8") == "end")
    #expect(server.open("n9").failure == .limitReached)
  }

  @Test func whatAPathCannotBeUsedFor() {
    let server = tree()
    #expect(server.open("top/x").failure == .notADirectory)
    #expect(server.open("a/x/y", [.write, .create]).failure == .notFound)
    #expect(server.open("a", .write).failure == .isADirectory)
    #expect(server.open("top", .directory).failure == .notADirectory)
    #expect(server.open("").words[3] == NodeKind.directory.rawValue)
    #expect(server.ask(.createDirectory, [0o755, 9], "").failure == .exists)
    #expect(server.ask(.remove, [PathFlags.directory.rawValue, 9], "").failure == .unsupported)
    #expect(server.ask(.remove, [0, 9], "d").failure == .isADirectory)
    #expect(server.ask(.remove, [PathFlags.directory.rawValue, 9], "top").failure == .notADirectory)
    #expect(server.ask(.rename, [9], "no zero").failure == .badArgument)
    #expect(server.ask(.rename, [9], "a\0a/b/x").failure == .badArgument)
    #expect(server.ask(.rename, [9], "top\0").failure == .unsupported)
    #expect(server.open("x" + String(repeating: "y", count: 300), [.write, .create]).failure == .tooLarge)
  }

  /// A reply that does not fit is shorter, and a structure that does not fit is none.
  @Test func roomForReplies() {
    let server = tree()
    let top = server.open("top")
    #expect(server.ask(.read, [top.words[1], top.words[2], 0], [], capacity: 2).bytes == Array("to".utf8))
    #expect(server.ask(.nodeInformation, [top.words[1], top.words[2]], [], capacity: 10).bytes.isEmpty)
    let size = MemoryLayout<FileInformation>.size
    #expect(server.ask(.nodeInformation, [top.words[1], top.words[2]], [], capacity: size).bytes.count == size)
  }

  /// No words and no bytes make it trap.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func anyRequest(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func next(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    let server = tree()
    let odd: [UInt32] = [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 4096, 4095]
    for _ in 0..<3000 {
      let request = FileRequest.allCases[next(FileRequest.allCases.count)]
      let words = (0..<6).map { _ in odd[next(odd.count)] }
      let texts = ["", "a", "a/b", "top", "d", "x\0y", "a\0d/a", "\0", "//", "..", "top\0a/top", "d\0d/d"]
      let data =
        next(4) == 0
        ? (0..<next(40)).map { _ in UInt8(next(256)) } : Array(texts[next(texts.count)].utf8)
      _ = server.ask(request, words, data, capacity: next(600))
    }
  }
}
