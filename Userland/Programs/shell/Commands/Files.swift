// The commands that show files and the kernel's log.

import ABI
import Primitives
import SDK

extension Builtin {
  func lsCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count < 3 else { return reportUsage() }
    var found = false
    var index: UInt32 = 0
    while let entry = BootFiles.entry(index) {
      index += 1
      guard words.count == 1 || isInside(entry, words[1]) else { continue }
      found = true
      Console.write {
        $0.write(decimal: UInt64(entry.size), width: 9)
        $0.write(entry.kind == 0 ? "  " : entry.kind == 1 ? " /" : " ?")
        for index in 0..<pathLength(entry) { $0.write(byte: entry.path[index]) }
        $0.write("\n")
      }
    }
    return found || words.count == 1 ? 0 : report(words[1], SystemError.notFound.sentence)
  }

  private func pathLength(_ entry: FileEntry) -> Int { Int(min(entry.pathLength, 128)) }

  /// Whether the entry's path is `path` or begins with it and a slash; slashes at the ends do not count.
  private func isInside(_ entry: FileEntry, _ path: Bytes) -> Bool {
    let isRooted = path.count > 0 && path[0] == 0x2f
    var count = path.count
    while count > 0, path[count - 1] == 0x2f { count -= 1 }
    if count == 0 { return true }
    let entryStart = entry.path[0] == 0x2f ? 1 : 0
    let length = count - (isRooted ? 1 : 0)
    guard pathLength(entry) >= entryStart + length else { return false }
    for index in 0..<length where entry.path[entryStart + index] != path[index + (isRooted ? 1 : 0)] {
      return false
    }
    let end = entryStart + length
    return end == pathLength(entry) || entry.path[end] == 0x2f
  }

  func catCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count > 1 else { return reportUsage() }
    var status: Int32 = 0
    for index in 1..<words.count {
      do throws(SystemError) {
        let file = try File(words[index])
        while try file.read({ piece in Console.write { $0.write(piece) } }) > 0 {}
      } catch {
        status = report(words[index], error.sentence)
      }
    }
    return status
  }

  func dmesgCommand() -> Int32 {
    do throws(SystemError) {
      try Machine.readLog { piece in Console.write { $0.write(piece) } }
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }
}
