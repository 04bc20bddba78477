// Single archives: what is read, and how each kind of damage is refused.

import Files
import Primitives
import TestSupport
import Testing

/// The names and contents of an archive's entries.
private func entries(_ bytes: [UInt8]) throws -> [String] {
  let memory = ArchiveMemory(bytes)
  let archive = try memory.archive()
  var result: [String] = []
  var position = Archive.Position()
  while let entry = archive.next(&position) {
    result.append("\(archive.name(of: entry).string)=\(archive.contents(of: entry).string)")
  }
  #expect(result.count == archive.entryCount)
  return result
}

/// The error of reading `bytes`; its text must be one sentence.
private func refusal(_ bytes: [UInt8]) -> ArchiveError? {
  do throws(ArchiveError) {
    _ = try ArchiveMemory(bytes).archive()
    return nil
  } catch {
    var text = TextCollector()
    error.describe(to: &text)
    #expect(text.text.hasSuffix(".") && text.text.contains { $0 == " " })
    return error
  }
}

@Suite struct ArchiveTests {
  @Test func entriesInTheirOrder() throws {
    let bytes = rawArchive([.folder("bin"), .file("bin/a", "12345"), .file("bin/b"), .file("c", "x")])
    #expect(try entries(bytes) == ["bin=", "bin/a=12345", "bin/b=", "c=x"])
  }

  @Test func contentsThatLookLikeArchives() throws {
    let contents = String(decoding: rawArchive([.file("inner", "070701")]), as: UTF8.self)
    for text in [contents, "TRAILER!!!", "070701", "070701TRAILER!!!\0", "\0\0\0\0"] {
      #expect(try entries(rawArchive([.file("a", text), .file("b", "after")])) == ["a=\(text)", "b=after"])
    }
    let names = rawArchive([.file("TRAILER!!", "1"), .file("TRAILER!!!!", "2"), .file("070701", "3")])
    #expect(try entries(names) == ["TRAILER!!=1", "TRAILER!!!!=2", "070701=3"])
  }

  @Test(arguments: [0, 1, 4, 388, 511, 512, 4097]) func twoArchivesOneAfterTheOther(padding: Int) throws {
    let zeros = [UInt8](repeating: 0, count: padding)
    let bytes =
      rawArchive([.file("a", "1"), .file("b", "22")]) + zeros + rawArchive([.file("a", "333")]) + zeros
    #expect(try entries(bytes) == ["a=1", "b=22", "a=333"])
  }

  @Test func zerosBeforeTheFirstArchive() throws {
    #expect(try entries([0, 0, 0, 0] + rawArchive([.file("a", "1")])) == ["a=1"])
  }

  @Test func anUnpaddedEnd() throws {
    var bytes = rawArchive([.file("a", "1")])
    while bytes.last == 0 { bytes.removeLast() }
    #expect(try entries(bytes + [0]) == ["a=1"])
  }

  @Test func hardLinksHaveTheDataOfTheLast() throws {
    var links = ["one", "two", "three"].map { RawEntry(name: $0, inode: 7, linkCount: 3) }
    links[2].contents = Array("shared".utf8)
    let other = RawEntry(name: "other", contents: Array("other".utf8), inode: 8)
    let empty = RawEntry(name: "empty", inode: 7, linkCount: 1)
    let bytes = rawArchive([links[0], other, links[1], links[2], empty])
    #expect(try entries(bytes) == ["one=shared", "other=other", "two=shared", "three=shared", "empty="])
    // The numbers of another archive behind mean other files.
    let behind = rawArchive([RawEntry(name: "x", contents: [0x78], inode: 7, linkCount: 3)])
    let alone = rawArchive([RawEntry(name: "alone", inode: 7, linkCount: 3)])
    #expect(try entries(alone + behind) == ["alone=", "x=x"])
    #expect(try entries(behind + alone) == ["x=x", "alone="])
  }

  @Test func allKinds() throws {
    let modes: [(UInt32, EntryKind)] = [
      (0o100644, .file), (0o040755, .folder), (0o120777, .symbolicLink), (0o020600, .characterDevice),
      (0o060600, .blockDevice), (0o010600, .pipe), (0o140600, .socket), (0o150000, .other), (0, .other),
    ]
    for (mode, kind) in modes {
      let memory = ArchiveMemory(rawArchive([RawEntry(name: "x", contents: [0x2f], mode: mode)]))
      let archive = try memory.archive()
      var position = Archive.Position()
      let entry = try #require(archive.next(&position))
      #expect(entry.kind == kind && entry.mode == mode)
      #expect(archive.contents(of: entry).string == "/")
    }
  }

  @Test func upperCaseDigitsAreRead() throws {
    var entry = RawEntry.file("abcdefghijklmnop", String(repeating: "y", count: 0xab))
    entry.digits = "0123456789ABCDEF"
    #expect(try entries(rawArchive([entry])).count == 1)
  }

  @Test func namesPaddedWithNULs() throws {
    let padded = RawEntry(name: "a", contents: [0x31], nameTail: [0, 0, 0, 0, 0])
    #expect(try entries(rawArchive([padded])) == ["a=1"])
  }

  @Test func archivesOfNothing() throws {
    #expect(try entries(rawArchive([])) == [])
    #expect(refusal([]) == .noArchive)
    #expect(refusal([UInt8](repeating: 0, count: 1024)) == .noArchive)
  }
}

@Suite struct BrokenArchiveTests {
  private let first = RawEntry.file("abc", "12345678")

  @Test func everyCutIsRefusedExceptInPadding() throws {
    let bytes = rawArchive([first, .file("d", "x")])
    for count in 1..<bytes.count {
      let error = refusal(Array(bytes.prefix(count)))
      // Only the padding behind the trailer may be missing.
      if bytes[count...].allSatisfy({ $0 == 0 }) && count >= bytes.count - 3 {
        #expect(error == nil)
      } else {
        #expect(error != nil, "cut at \(count)")
      }
    }
    #expect(refusal(Array(bytes.prefix(50))) == .headerCutShort(offset: 0, available: 50))
    #expect(refusal(Array(bytes.prefix(3))) == .headerCutShort(offset: 0, available: 3))
    #expect(refusal(Array(bytes.prefix(112))) == .nameCutShort(offset: 0, size: 4, available: 2))
    #expect(refusal(Array(bytes.prefix(120))) == .dataCutShort(offset: 0, size: 8, available: 4))
    #expect(refusal(rawArchive([first], hasTrailer: false)) == .noTrailer(offset: 124))
  }

  @Test func nameSizes() {
    var entry = first
    entry.nameSize = 0
    #expect(refusal(rawArchive([entry])) == .noName(offset: 0))
    entry.nameSize = 0xffff_ffff
    let size = rawArchive([entry]).count
    #expect(
      refusal(rawArchive([entry]))
        == .nameCutShort(offset: 0, size: 0xffff_ffff, available: size - 110))
    entry = RawEntry(name: "")
    #expect(refusal(rawArchive([.file("x"), entry])) == .noName(offset: 112))
    entry = RawEntry(name: "abc", nameTail: [])
    #expect(refusal(rawArchive([entry])) == .nameUnterminated(offset: 0))
    entry = RawEntry(name: "a", nameTail: [0, 0x62])
    #expect(refusal(rawArchive([entry])) == .nameUnterminated(offset: 0))
  }

  @Test func fileSizes() {
    for size in [0xffff_ffff, 0x8000_0000, 0x7fff_ffff] as [UInt32] {
      var entry = first
      entry.fileSize = size
      let bytes = rawArchive([entry])
      #expect(
        refusal(bytes) == .dataCutShort(offset: 0, size: size, available: bytes.count - 116))
    }
    // A size that is off by a little makes the next header nonsense.
    var entry = first
    entry.fileSize = 4
    #expect(refusal(rawArchive([entry])) == .notAnEntry(offset: 120))
  }

  @Test func everyDigitIsChecked() {
    let good = rawArchive([first])
    for offset in 6..<110 {
      for byte in [0x67, 0x47, 0x2f, 0x3a, 0x40, 0x60, 0x20, 0x00, 0xff] as [UInt8] {
        var bytes = good
        bytes[offset] = byte
        #expect(refusal(bytes) == .badDigit(offset: offset, byte: byte))
      }
    }
  }

  @Test func magicNumbers() {
    var entry = first
    entry.magic = "070702"
    #expect(refusal(rawArchive([.file("a"), entry])) == .otherFormat(offset: 112, hasChecksums: true))
    entry.magic = "070707"
    #expect(refusal(rawArchive([entry])) == .otherFormat(offset: 0, hasChecksums: false))
    entry.magic = "070703"
    #expect(refusal(rawArchive([entry])) == .notAnEntry(offset: 0))
    #expect(refusal(Array("\u{7f}ELF".utf8) + [1, 1, 1]) == .notAnEntry(offset: 0))
    #expect(refusal(rawArchive([first]) + [0, 0, 0, 0, 1]) == .headerCutShort(offset: 252, available: 1))
  }

  @Test(arguments: ["..", "../a", "a/..", "a/../b", "./../a", "/.."]) func namesThatClimb(name: String) {
    #expect(refusal(rawArchive([.file(name)])) == .nameClimbs(offset: 0))
  }

  @Test(arguments: ["...", "..a", "a..", "a/.b", "a/...", "."]) func namesWithDots(name: String) {
    #expect(refusal(rawArchive([.file(name)])) == nil)
  }

  /// 100,000 archives with one to three bytes changed, some of them cut.
  @Test(arguments: 0..<4) func pokesNeverTrap(batch: Int) throws {
    var generator = SeededGenerator(seed: 0xf11e5 + UInt64(batch))
    var link = RawEntry(name: "bin/link", inode: 5, linkCount: 2)
    let good =
      rawArchive([
        .folder("bin"), link, .file("./bin//a", "contents"), RawEntry(name: "bin/b", mode: 0o120777),
        {
          link.contents = [1, 2, 3]; return link
        }(),
      ]) + [0, 0, 0, 0] + rawArchive([.file("bin/a/c", "later")])
    var accepted = 0
    for _ in 0..<25_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] =
          Bool.random(using: &generator)
          ? Array("0123456789abcdef/.\0".utf8).randomElement(using: &generator)!
          : .random(in: 0...255, using: &generator)
      }
      if Int.random(in: 0..<8, using: &generator) == 0 {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
      }
      let memory = ArchiveMemory(bytes)
      guard let archive = try? memory.archive() else { continue }
      accepted += 1
      // The whole tree of every fourth is read too.
      if accepted % 4 != 0 { continue }
      var set = ArchiveSet()
      try set.add(archive)
      let indexMemory = IndexMemory(for: &set)
      defer { withExtendedLifetime(indexMemory) {} }
      var index = 0
      var total = 0
      while let entry = set.entry(at: index) {
        total += entry.contents.count
        // A visible entry is what its own name leads to.
        let item = try set.item(at: entry.name)
        guard case .entry(let found)? = item else {
          Issue.record("a visible entry is not found by its name")
          return
        }
        #expect(found.entry == entry.entry)
        index += 1
      }
      #expect(index <= archive.entryCount && total <= 6 * bytes.count)
    }
    #expect(accepted > 2_500)
  }
}
