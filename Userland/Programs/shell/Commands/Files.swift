// The commands that show files and the kernel's log.

import ABI
import Primitives
import SDK

extension Builtin {
  /// How wide lists of names are.
  private static var width: Int { 80 }

  private static var writesToConsole: Bool {
    (try? Handle.output.information()).map { ObjectKind(rawValue: $0.kind) == .consoleOutput } ?? false
  }

  /// `ls [-l] [-R] [FILE|FOLDER...]`
  func lsCommand(_ words: borrowing CommandWords, _ system: inout MeghaSystem, _ state: ShellState) -> Int32 {
    var isLong = false
    var isDeep = false
    var paths: [[UInt8]] = []
    for index in 1..<words.count {
      let word = words[index]
      if word == "-l" {
        isLong = true
      } else if word == "-R" {
        isDeep = true
      } else if word == "-lR" || word == "-Rl" {
        isLong = true
        isDeep = true
      } else if word.hasPrefix("-"), word.count > 1 {
        return reportUsage()
      } else {
        paths.append(word.copied)
      }
    }
    if paths.isEmpty { paths = [state.folder] }
    var status: Int32 = 0
    for (index, path) in paths.enumerated() {
      let whole = ShellPath.absolute(path, from: state.folder)
      switch BootFolder.kind(of: whole) {
      case nil: status = report(path, SystemError.notFound.sentence)
      case .folder?:
        if paths.count > 1 || isDeep { writeHeading(path, isFirst: index == 0) }
        list(whole, shown: path, isLong: isLong, isDeep: isDeep)
      case .file?, .other?: listFile(whole, shown: path, isLong: isLong)
      }
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

  private func list(_ folder: [UInt8], shown: [UInt8], isLong: Bool, isDeep: Bool) {
    var entries: [(name: [UInt8], kind: ShellFileKind, size: UInt32)] = []
    BootFolder(folder).forEach { name, kind, size in entries.append((name, kind, size)) }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    let names = entries.map { $0.name + ($0.kind == .folder ? [0x2f] : []) }
    if isLong {
      for (index, entry) in entries.enumerated() { writeRow(names[index], entry.kind, entry.size) }
    } else if !names.isEmpty {
      // What a program reads has a name in each line.
      let width = Self.writesToConsole ? Self.width : 1
      Console.write { TextTools.writeColumns(names, width: width, to: &$0) }
    }
    guard isDeep else { return }
    for entry in entries where entry.kind == .folder {
      let shown = (shown == [0x2f] ? [] : shown) + [0x2f] + entry.name
      writeHeading(shown, isFirst: false)
      list((folder == [0x2f] ? [] : folder) + [0x2f] + entry.name, shown: shown, isLong: isLong, isDeep: true)
    }
  }

  private func listFile(_ path: [UInt8], shown: [UInt8], isLong: Bool) {
    BootFolder.forEachEntry { entry, kind, size in
      guard entry == path, kind != .folder else { return }
      if isLong { return writeRow(shown, kind, size) }
      Console.write {
        $0.write(shown)
        $0.write("\n")
      }
    }
  }

  private func writeRow(_ name: [UInt8], _ kind: ShellFileKind, _ size: UInt32) {
    Console.write {
      if kind == .folder { $0.pad(9) } else { $0.write(decimal: UInt64(size), width: 9) }
      $0.write("  ")
      $0.write(name)
      $0.write(kind == .other ? " (neither file nor folder)\n" : "\n")
    }
  }

  func catCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    forEachText(words, from: 1, state) { source, _ throws(SystemError) in
      while let piece = try source.piece() { Console.write { $0.write(piece) } }
    }
  }

  func dmesgCommand() -> Int32 {
    do throws(SystemError) {
      try Machine.readLog { piece in Console.write { $0.write(piece) } }
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }

  func hexdumpCommand(_ words: borrowing CommandWords, _ state: ShellState) -> Int32 {
    guard words.count >= 2, words.count <= 4 else { return reportUsage() }
    guard let start = words.count > 2 ? words[2].number : 0, let count = words.count > 3 ? words[3].number : .max else {
      return reportUsage()
    }
    let name = CommandWords([words[0].copied, words[1].copied])
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
