// The writer of the image builder: what it writes is read back, and follows the rules of the format.

import Files
import MeghaBuild
import TestSupport
import Testing

@Suite struct ArchiveWriterTests {
  @Test func whatIsWrittenIsRead() throws {
    var writer = ArchiveWriter()
    try writer.addFolder(path: "/bin")
    try writer.add(path: "/bin/shell", contents: Array("program".utf8))
    try writer.add(path: "./boot//script", contents: [], mode: 0o644)
    let tree = try Tree([writer.finish()])
    #expect(try tree["bin"] == "folder ")
    #expect(try tree["/bin/shell"] == "file program")
    #expect(try tree["boot/script"] == "file ")
    #expect(tree.paths == ["/bin", "/bin/shell", "/boot/script"])
  }

  @Test func anArchiveWithoutFiles() throws { #expect(try Tree([ArchiveWriter().finish()]).paths == []) }

  /// Byte for byte: 110 characters of header, name, data, both padded to 4, a trailer, whole blocks.
  @Test func theBytesFollowTheFormat() throws {
    var writer = ArchiveWriter()
    try writer.add(path: "a", contents: [1, 2, 3], mode: 0o640)
    let bytes = writer.finish()
    let zero = "00000000"
    let header =
      "070701" + "00000001" + "000081a0" + zero + zero + "00000001" + zero + "00000003" + zero + zero
      + zero + zero + "00000002" + zero
    #expect(header.utf8.count == 110)
    #expect(Array(bytes[0..<110]) == Array(header.utf8))
    #expect(Array(bytes[110..<116]) == [0x61, 0, 1, 2, 3, 0])
    let trailer =
      "070701" + zero + zero + zero + zero + "00000001" + zero + zero + zero + zero + zero + zero
      + "0000000b" + zero + "TRAILER!!!"
    #expect(Array(bytes[116..<236]) == Array(trailer.utf8))
    #expect(bytes.count == 512 && bytes[236...].allSatisfy { $0 == 0 })
  }

  /// Files that begin on pages are found like all others, whatever is before them.
  @Test func contentsBeginWhereTheyAreToBegin() throws {
    var writer = ArchiveWriter()
    var expected: [String: [UInt8]] = [:]
    for index in 0..<40 {
      let contents = Array("begin of \(index);".utf8) + [UInt8](repeating: 0x20, count: index * 307)
      let path = "bin/" + String(repeating: "x", count: index + 1)
      try writer.add(path: path, contents: contents, alignment: index % 3 == 0 ? 4096 : 4)
      expected[path] = contents
    }
    let bytes = writer.finish()
    let tree = try Tree([bytes])
    #expect(tree.paths.count == 40)
    for (path, contents) in expected {
      #expect(try tree[path] == "file " + String(decoding: contents, as: UTF8.self))
      let place = try #require(bytes.firstRange(of: contents))
      if (path.utf8.count - 5) % 3 == 0 { #expect(place.lowerBound % 4096 == 0, "\(path)") }
    }
  }

  /// Small files fill the gaps before those that begin on pages, and none is lost.
  @Test func gapsBeforePagesAreFilled() throws {
    var files: [ArchiveFile] = []
    for index in 0..<60 {
      let isLarge = index % 4 == 0
      files.append(
        ArchiveFile(
          path: "bin/f\(index)",
          contents: Array("begin of \(index);".utf8)
            + [UInt8](repeating: 0x20, count: isLarge ? 9000 + index : index * 29),
          beginsOnPage: isLarge))
    }
    var writer = ArchiveWriter()
    try writer.add(files)
    let bytes = writer.finish()
    let tree = try Tree([bytes])
    #expect(tree.paths.count == 60)
    for file in files {
      #expect(try tree[file.path] == "file " + String(decoding: file.contents, as: UTF8.self))
      let place = try #require(bytes.firstRange(of: file.contents))
      if file.beginsOnPage { #expect(place.lowerBound % 4096 == 0, "\(file.path)") }
    }
    // Fifteen gaps of half a page on average, but for what is filled.
    #expect(bytes.count < files.reduce(0) { $0 + $1.contents.count + 128 } + 15 * 1024)
  }

  @Test func theSameFilesMakeTheSameBytes() throws {
    func write() throws -> [UInt8] {
      var writer = ArchiveWriter()
      try writer.add(path: "a", contents: [1])
      try writer.add(path: "b", contents: [2])
      return writer.finish()
    }
    #expect(try write() == write())
  }

  @Test func twoArchivesCanBeJoined() throws {
    var first = ArchiveWriter()
    try first.add(path: "a", contents: [0x31])
    var second = ArchiveWriter()
    try second.add(path: "a", contents: [0x32])
    #expect(try Tree([first.finish() + second.finish()])["a"] == "file 2")
  }

  @Test(arguments: ["", "/", ".", "../a", "a/../b", "a\0b", "TRAILER!!!", "./TRAILER!!!"])
  func badPaths(path: String) {
    var writer = ArchiveWriter()
    #expect(throws: ArchiveWriterError.badPath(path)) { try writer.add(path: path, contents: []) }
    #expect(ArchiveWriterError.badPath(path).description.hasSuffix("."))
  }

  @Test(arguments: 0..<4) func randomFilesComeBack(batch: Int) throws {
    var generator = SeededGenerator(seed: 0x77 + UInt64(batch))
    for _ in 0..<50 {
      var writer = ArchiveWriter()
      var expected: [String: [UInt8]] = [:]
      for number in 0..<Int.random(in: 0...20, using: &generator) {
        let path = "d\(number % 3)/" + String(repeating: "n", count: number) + "\(number)"
        let size = Int.random(in: 0...300, using: &generator)
        let contents = (0..<size).map { _ in UInt8.random(in: 0x20...0x7e, using: &generator) }
        try writer.add(path: path, contents: contents)
        expected[path] = contents
      }
      let tree = try Tree([writer.finish()])
      #expect(Set(tree.paths) == Set(expected.keys.map { "/" + $0 }))
      for (path, contents) in expected {
        #expect(try tree[path] == "file " + String(decoding: contents, as: UTF8.self))
      }
    }
  }
}
