// The commands that look at trees of files, and at what is known of a file: find, du, stat, chmod, cmp.

import ABI
import Primitives
import SDK

extension Builtin {
  /// The names in a folder, sorted.
  static func sortedNames(in folder: [UInt8]) throws(SystemError) -> [DirectoryName] {
    var names: [DirectoryName] = []
    try Files.forEachName(in: folder) { names.append($0) }
    names.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return names
  }

  private static func inside(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
    (folder.last == 0x2f ? folder : folder + [0x2f]) + name
  }

  // MARK: find

  /// `find [PATH...] [-name PATTERN] [-type f|d|l]`
  func findCommand(_ words: borrowing CommandWords) -> Int32 {
    var list: [[UInt8]] = []
    for index in 1..<max(words.count, 1) { list.append(words[index].copied) }
    let condition: FindCondition
    do throws(FindCondition.Mistake) { condition = try FindCondition(list) } catch {
      switch error {
      case .unknown(let word):
        return reportUnknown(word, among: [StaticText("-name").bytes, StaticText("-type").bytes])
      case .noValue(let word): return report(word, "something has to stand behind this", status: 2)
      }
    }
    var status: Int32 = 0
    for root in condition.roots {
      do throws(SystemError) {
        let information = try Files.information(root, .noFollow)
        let name = [UInt8](root.split(separator: 0x2f).last ?? [0x2f])
        find(root, name: name, NodeKind(rawValue: information.kind) ?? .other, condition, &status)
      } catch { status = report(root, error.fileSentence) }
    }
    return TypedInput.isInterrupted ? 130 : status
  }

  private func find(
    _ path: [UInt8], name: [UInt8], _ kind: NodeKind, _ condition: FindCondition, _ status: inout Int32
  ) {
    guard !TypedInput.isInterrupted, !Console.hasOutputFailed else { return }
    let found: FindCondition.Kind? =
      switch kind {
      case .file: .file
      case .directory: .folder
      case .symbolicLink: .link
      case .other: nil
      }
    if condition.fits(name: name, kind: found) {
      Console.write {
        $0.write(path)
        $0.write("\n")
      }
    }
    guard kind == .directory else { return }
    do throws(SystemError) {
      for entry in try Self.sortedNames(in: path) {
        find(Self.inside(path, entry.name), name: entry.name, entry.kind, condition, &status)
      }
    } catch { status = report(path, error.fileSentence) }
  }

  // MARK: du

  /// `du [-s] [FILE|FOLDER...]`
  func duCommand(_ words: borrowing CommandWords) -> Int32 {
    guard let (letters, first) = options(words, known: "s") else { return reportUsage() }
    var status: Int32 = 0
    for index in first..<max(words.count, first + 1) {
      let path = index < words.count ? words[index].copied : [0x2e]
      do throws(SystemError) {
        let information = try Files.information(path, .noFollow)
        let blocks = blocks(of: path, information, isShown: letters.isEmpty, &status)
        let isFolder = information.kind == NodeKind.directory.rawValue
        if !letters.isEmpty || !isFolder { writeUse(blocks, path) }
      } catch { status = report(path, error.fileSentence) }
    }
    return TypedInput.isInterrupted ? 130 : status
  }

  /// The space that a file takes, or a folder with all that is in it, in units of 512 bytes. Folders are shown, each behind those
  /// in it.
  private func blocks(
    of path: [UInt8], _ information: FileInformation, isShown: Bool, _ status: inout Int32
  ) -> UInt64 {
    var blocks = UInt64(information.blocks)
    guard information.kind == NodeKind.directory.rawValue, !TypedInput.isInterrupted else { return blocks }
    do throws(SystemError) {
      for entry in try Self.sortedNames(in: path) {
        blocks += self.blocks(of: Self.inside(path, entry.name), entry.information, isShown: isShown, &status)
      }
    } catch { status = report(path, error.fileSentence) }
    if isShown { writeUse(blocks, path) }
    return blocks
  }

  private func writeUse(_ blocks: UInt64, _ path: [UInt8]) {
    Console.write {
      $0.write(decimal: (blocks + 1) / 2, width: 8)
      $0.write("K  ")
      $0.write(path)
      $0.write("\n")
    }
  }

  // MARK: One file

  func statCommand(_ words: borrowing CommandWords) -> Int32 {
    forEachPath(words) { path throws(SystemError) in
      let information = try Files.information(path, .noFollow)
      let kind = NodeKind(rawValue: information.kind) ?? .other
      let target = kind == .symbolicLink ? try Files.readLink(path) : []
      Console.write {
        $0.write(path)
        $0.write(": ")
        switch kind {
        case .file: $0.write("a file")
        case .directory: $0.write("a folder")
        case .symbolicLink:
          $0.write("a link to ")
          $0.write(target)
        case .other: $0.write("a device")
        }
        $0.write("\n  ")
        $0.write(decimal: information.size)
        $0.write(" bytes, ")
        $0.write(decimal: (UInt64(information.blocks) + 1) / 2)
        $0.write("K on its file system, node ")
        $0.write(decimal: information.node)
        $0.write(", names: ")
        $0.write(decimal: information.links)
        $0.write("\n  mode ")
        FileMode.write(information.mode, to: &$0)
        if information.modified != 0, let time = CalendarTime(secondsSince1970: UInt64(information.modified)) {
          $0.write(", written to ")
          time.write(to: &$0)
        }
        $0.write("\n")
      }
    }
  }

  func chmodCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 2 else { return reportUsage() }
    let mode = words[1].copied
    guard FileMode.changed(0, by: mode) != nil else {
      return report(mode, "this is no mode, such as 644 or u+x", status: 2)
    }
    return forEachPath(words, from: 2) { path throws(SystemError) in
      let before = try Files.information(path).mode
      try Files.change(path, mode: FileMode.changed(before, by: mode))
    }
  }

  /// The status is 0 where two files are the same, 1 where they are not, 2 where that cannot be said.
  func cmpCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "s"), words.count == first + 2 else { return reportUsage() }
    var texts: [[UInt8]] = []
    let status = forEachText(words, from: first, state) { source, _ throws(SystemError) in
      texts.append(try source.rest())
    }
    guard status == 0, texts.count == 2 else { return status == 1 ? 2 : status }
    if texts[0] == texts[1] { return 0 }
    guard letters.isEmpty else { return 1 }
    let difference = TextTools.difference(texts[0], texts[1])
    let shorter = texts[0].count < texts[1].count ? first : first + 1
    let names = CommandWords([words[first].copied, words[first + 1].copied, words[shorter].copied])
    Console.write {
      if let difference {
        $0.write(names[0])
        $0.write(" and ")
        $0.write(names[1])
        $0.write(" differ at byte ")
        $0.write(decimal: difference.byte)
        $0.write(", line ")
        $0.write(decimal: difference.line)
      } else {
        $0.write(names[2])
        $0.write(" ends first, at byte ")
        $0.write(decimal: min(texts[0].count, texts[1].count))
      }
      $0.write("\n")
    }
    return 1
  }
}
