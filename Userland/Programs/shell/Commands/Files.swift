// The commands that show files and the kernel's log.

import ABI
import Primitives
import SDK

extension Builtin {
  /// How wide lists of names are.
  private static var width: Int { 80 }

  static var writesToConsole: Bool {
    Terminal(.output) != nil
  }

  /// `ls [-a] [-l] [-R] [FILE|FOLDER...]`
  func lsCommand(_ words: borrowing CommandWords, _ system: inout MeghaSystem, _ state: ShellState) -> Int32 {
    guard let (letters, first) = options(words, known: "alR") else { return reportUsage() }
    let (isLong, isDeep, hasHidden) = (letters.contains(0x6c), letters.contains(0x52), letters.contains(0x61))
    var paths: [[UInt8]] = []
    for index in first..<max(words.count, first) { paths.append(words[index].copied) }
    if paths.isEmpty { paths = [state.folder] }
    var status: Int32 = 0
    for (index, path) in paths.enumerated() {
      let whole = ShellPath.absolute(path, from: state.folder)
      do throws(SystemError) {
        let information = try Files.information(whole, .noFollow)
        if ShellFiles.kind(of: whole) == .folder, !isLong || information.kind == NodeKind.directory.rawValue {
          if paths.count > 1 || isDeep { writeHeading(path, isFirst: index == 0) }
          try list(whole, shown: path, isLong: isLong, isDeep: isDeep, hasHidden: hasHidden)
        } else if isLong {
          writeRow(path, information, whole)
        } else {
          Console.write {
            $0.write(path)
            $0.write("\n")
          }
        }
      } catch { status = report(path, error.fileSentence) }
      if TypedInput.isInterrupted { return 130 }
    }
    return status
  }

  private func writeHeading(_ path: [UInt8], isFirst: Bool) {
    Console.write {
      if !isFirst { $0.write("\n") }
      $0.write(path)
      $0.write(":\n")
    }
  }

  private func list(
    _ folder: [UInt8], shown: [UInt8], isLong: Bool, isDeep: Bool, hasHidden: Bool
  ) throws(SystemError) {
    let entries = try Self.sortedNames(in: folder).filter { hasHidden || $0.name.first != 0x2e }
    let before = folder == [0x2f] ? folder : folder + [0x2f]
    if isLong {
      for entry in entries { writeRow(entry.name, entry.information, before + entry.name) }
    } else if !entries.isEmpty {
      let names = entries.map { $0.name + Self.mark($0.information) }
      // What a program reads has a name in each line.
      let width = Self.writesToConsole ? Self.width : 1
      Console.write { TextTools.writeColumns(names, width: width, to: &$0) }
    }
    guard isDeep else { return }
    for entry in entries where entry.information.kind == NodeKind.directory.rawValue {
      let shown = (shown == [0x2f] ? [] : shown) + [0x2f] + entry.name
      if TypedInput.isInterrupted { return }
      writeHeading(shown, isFirst: false)
      try list(before + entry.name, shown: shown, isLong: isLong, isDeep: true, hasHidden: hasHidden)
    }
  }

  /// What is behind the name of a folder or a link.
  private static func mark(_ information: FileInformation) -> [UInt8] {
    switch NodeKind(rawValue: information.kind) {
    case .directory: [0x2f]
    case .symbolicLink: [0x40]
    default: []
    }
  }

  private func writeRow(_ name: [UInt8], _ information: FileInformation, _ path: [UInt8]) {
    let kind = NodeKind(rawValue: information.kind)
    let target = kind == .symbolicLink ? try? Files.readLink(path) : nil
    Console.write {
      if kind == .file { $0.write(decimal: UInt64(information.size), width: 9) } else { $0.pad(9) }
      $0.write("  ")
      if information.modified != 0, let time = CalendarTime(secondsSince1970: UInt64(information.modified)) {
        time.write(to: &$0)
        $0.write("  ")
      }
      $0.write(name)
      $0.write(Self.mark(information))
      if let target {
        $0.write(" -> ")
        $0.write(target)
      }
      $0.write(kind == .other ? " (a device)\n" : "\n")
    }
  }

  func catCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard let (_, first) = options(words, known: "") else { return reportUsage() }
    return forEachText(words, from: first, state) { source, _ throws(SystemError) in
      // It would find what it has just written, and so on.
      guard !source.isOutput else { throw .badArgument }
      while !Console.hasOutputFailed, let piece = try source.piece() { Console.write { $0.write(piece) } }
    }
  }

  func dmesgCommand() -> Int32 {
    do throws(SystemError) {
      try Machine.readLog { piece in Console.write { $0.write(piece) } }
      return 0
    } catch {
      return reportFailure(error.fileSentence)
    }
  }

  func hexdumpCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard words.count <= 4 else { return reportUsage() }
    guard let start = words.count > 2 ? words[2].number : 0, let count = words.count > 3 ? words[3].number : .max else {
      return reportUsage()
    }
    let name = CommandWords([words[0].copied] + (words.count > 1 ? [words[1].copied] : []))
    return forEachText(name, from: 1, state) { source, _ throws(SystemError) in
      let text = try source.rest()
      var position = min(Int(exactly: start) ?? text.count, text.count)
      let end = position + min(Int(exactly: count) ?? text.count, text.count - position)
      while position < end, !TypedInput.isInterrupted {
        let row = [UInt8](text[position..<min(position + 16, end)])
        Console.write { TextTools.writeHexRow(row, at: position, to: &$0) }
        position += row.count
      }
    }
  }
}
