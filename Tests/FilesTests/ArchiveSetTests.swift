// Paths, and what lies over what, in one archive and in several.

import Files
import Primitives
import TestSupport
import Testing

@Suite struct ArchiveSetTests {
  @Test(arguments: ["bin/a", "/bin/a", "./bin/a", "//bin///a", "bin/./a", "/./bin/a/", "bin/a/."])
  func oneFileByManyPaths(path: String) throws {
    for name in ["bin/a", "./bin/a", "/bin/a", "bin//a", "././bin/./a"] {
      #expect(try Tree(.file(name, "1"))[path] == "file 1")
    }
  }

  @Test(arguments: ["bin", "/", ".", "./", "bin/"]) func foldersWithoutAnEntry(path: String) throws {
    #expect(try Tree(.file("bin/a", "1"))[path] == "folder (implied)")
  }

  @Test(arguments: ["b", "bin/b", "bin/aa", "bin/a/b", "bi", "binn/a", "a", "bin/A", "c/bin"])
  func whatIsNotThere(path: String) throws {
    #expect(try Tree(.file("bin/a", "1"), .file("c"))[path] == nil)
  }

  @Test func pathsThatAreRefused() throws {
    let tree = try Tree(.file("a", "1"))
    #expect(throws: PathError.empty) { try tree[""] }
    #expect(throws: PathError.climbs(offset: 0)) { try tree["../a"] }
    #expect(throws: PathError.climbs(offset: 2)) { try tree["a/.."] }
    #expect(throws: PathError.climbs(offset: 8)) { try tree["/a//.../../a"] }
    for error in [PathError.empty, .climbs(offset: 3)] {
      var text = TextCollector()
      error.describe(to: &text)
      #expect(text.text.hasSuffix("."))
    }
  }

  @Test func ofTwoEntriesWithOneNameTheLaterWins() throws {
    let tree = try Tree(.file("a", "1"), .file("b", "2"), .file("./a", "3"))
    #expect(try tree["a"] == "file 3")
    #expect(tree.paths == ["/a", "/b"])
  }

  @Test func aFileBeforeItsFolder() throws {
    let tree = try Tree(.file("d/a", "1"), .folder("d"))
    #expect(try tree["d/a"] == "file 1")
    #expect(try tree["d"] == "folder ")
  }

  @Test func aFileAndThenAFolderOfThatName() throws {
    let tree = try Tree(.file("d", "1"), .folder("d"), .file("d/a", "2"))
    #expect(try tree["d"] == "folder ")
    #expect(try tree["d/a"] == "file 2")
    #expect(tree.paths == ["/d", "/d/a"])
    let implied = try Tree(.file("d", "1"), .file("d/a", "2"))
    #expect(try implied["d"] == "folder (implied)")
    #expect(implied.paths == ["/d/a"])
  }

  @Test func aFolderAndThenAFileOfThatName() throws {
    let tree = try Tree(.folder("d"), .file("d/a", "1"), .file("d", "2"))
    #expect(try tree["d"] == "file 2")
    #expect(try tree["d/a"] == nil)
    #expect(tree.paths == ["/d"])
    let again = try Tree(.file("d/a", "1"), .file("d", "2"), .file("d/b", "3"))
    #expect(try again["d/a"] == nil)
    #expect(try again["d/b"] == "file 3")
    #expect(again.paths == ["/d/b"])
  }

  @Test func linksAreShownAndNotFollowed() throws {
    let tree = try Tree(
      RawEntry(name: "link", contents: Array("d".utf8), mode: 0o120777), .file("d/a", "1"),
      RawEntry(name: "pipe", mode: 0o010600))
    #expect(try tree["link"] == "symbolicLink d")
    #expect(try tree["link/a"] == nil)
    #expect(try tree["pipe"] == "pipe ")
  }

  @Test func aPathKeepsThePlaceOfItsFirstMention() throws {
    let tree = try Tree(
      .file("bin/a"), .folder("./bin"), .file("bin/b/c"), .file("bin//b/d"), .file("top"), .file("bin/e"),
      .folder("empty"), .file("/bin/a", "again"))
    #expect(tree.paths == ["/bin", "/bin/a", "/bin/b/c", "/bin/b/d", "/top", "/bin/e", "/empty"])
    #expect(try tree["bin/a"] == "file again")
    #expect(try tree["bin/b"] == "folder (implied)")
    #expect(try tree["bin/b/c"] == "file ")
  }

  @Test func theRootMayHaveAnEntry() throws {
    let tree = try Tree(.folder("."), .file("./a", "1"))
    #expect(tree.paths == ["/", "/a"])
    #expect(try tree["/"] == "folder ")
  }

  @Test func laterArchivesLieOverEarlierOnes() throws {
    let tree = try Tree([
      rawArchive([.file("bin/a", "1"), .file("bin/b", "2"), .folder("lib"), .file("lib/x", "3")]),
      rawArchive([.file("bin/b", "4"), .file("lib", "5")]),
      rawArchive([.file("/extra/c", "6")]),
    ])
    #expect(try tree["bin/a"] == "file 1")
    #expect(try tree["bin/b"] == "file 4")
    #expect(try tree["lib"] == "file 5")
    #expect(try tree["lib/x"] == nil)
    #expect(try tree["extra/c"] == "file 6")
    #expect(tree.paths == ["/bin/a", "/bin/b", "/lib", "/extra/c"])
  }

  @Test func limits() throws {
    let memory = ArchiveMemory(rawArchive([.file("a")]))
    var set = ArchiveSet()
    for _ in 0..<ArchiveSet.archiveLimit { try set.add(memory.archive()) }
    var error: ArchiveError?
    do throws(ArchiveError) { try set.add(memory.archive()) } catch let refusal { error = refusal }
    #expect(error == .tooManyArchives(limit: 8))
    let count = set.archiveCount
    #expect(count == ArchiveSet.archiveLimit)

    let few = ArchiveMemory(rawArchive((0..<100).map { .file("f\($0)") }))
    let many = ArchiveMemory(rawArchive((0..<1949).map { .file("f\($0)") }))
    var large = ArchiveSet()
    try large.add(few.archive())
    do throws(ArchiveError) { try large.add(many.archive()) } catch let refusal { error = refusal }
    #expect(error == .tooManyEntries(count: 2049, limit: 2048))
    let deep = ArchiveMemory(
      rawArchive((0..<100).map { .file(String(repeating: "d/", count: 80) + "f\($0)") }))
    do throws(ArchiveError) { try large.add(deep.archive()) } catch let refusal { error = refusal }
    #expect(error == .tooManyComponents(count: 8200, limit: 8192))
    // The refused ones have left nothing behind.
    let index = IndexMemory(for: &large)
    defer { withExtendedLifetime(index) {} }
    let entryCount = large.entryCount
    #expect(entryCount == 100 && large.entry(at: 99) != nil && large.entry(at: 100) == nil)
  }
}

/// Random trees against a dictionary that replays the entries.
@Suite struct ArchiveSetModelTests {
  private struct Model {
    var files: [[String]: String] = [:]
    var folders: Set<[String]> = []

    mutating func add(_ path: [String], _ contents: String?) {
      for depth in 1..<max(path.count, 1) { makeFolder(Array(path.prefix(depth))) }
      guard let contents else { return makeFolder(path) }
      folders = folders.filter { !$0.starts(with: path) }
      files = files.filter { !$0.key.starts(with: path) }
      files[path] = contents
    }

    private mutating func makeFolder(_ path: [String]) {
      files[path] = nil
      folders.insert(path)
    }
  }

  @Test(arguments: 0..<8) func randomTrees(batch: Int) throws {
    var generator = SeededGenerator(seed: 0xa7c + UInt64(batch))
    let paths = ["a", "b"].flatMap { x in [[x]] + ["a", "b"].flatMap { y in [[x, y], [x, y, "a"]] } }
    for _ in 0..<100 {
      var model = Model()
      var archives: [[UInt8]] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        var entries: [RawEntry] = []
        for number in 0..<Int.random(in: 0...8, using: &generator) {
          let path = paths.randomElement(using: &generator)!
          let name = ["", "/", "./"].randomElement(using: &generator)! + path.joined(separator: "/")
          let isFolder = Int.random(in: 0..<3, using: &generator) == 0
          entries.append(isFolder ? .folder(name) : .file(name, "\(number)"))
          model.add(path, isFolder ? nil : "\(number)")
        }
        archives.append(rawArchive(entries))
      }
      let tree = try Tree(archives)
      let files = tree.paths.filter { path in (try? tree[path])??.hasPrefix("file") == true }
      #expect(files.count == model.files.count)
      #expect(Set(files) == Set(model.files.keys.map { "/" + $0.joined(separator: "/") }))
      for path in paths {
        let found = try tree[path.joined(separator: "/")]
        if let contents = model.files[path] {
          #expect(found == "file \(contents)")
        } else {
          #expect((found?.hasPrefix("folder") ?? false) == model.folders.contains(path), "\(path)")
        }
      }
    }
  }
}
