// The lines that were typed, in a file: `.shell-history` in /disk, or in /tmp as long as no disk is used.
//
// No service is started for it. A file is first read, and then written to, once its file system runs because somebody uses it;
// until then lines wait. Two shells write behind each other's lines.
//
// Invariants: a line waits or is in the file; what cannot be written is told by `history`, and is in nobody's way.

import ABI
import Primitives
import SDK

struct HistoryFile {
  /// Nil: no file system runs in which it could be.
  private(set) var path: [UInt8]?
  /// Why the lines that wait are not in the file.
  private(set) var failure: SystemError?
  private var waiting: [[UInt8]] = []
  /// Whether there is to be one.
  var isKept = true

  /// Where it can be, the best place first.
  private static var folders: [[UInt8]] { [StaticText("/disk").bytes, StaticText("/tmp").bytes] }

  mutating func add(_ line: [UInt8]) {
    if !line.isEmpty { waiting = (waiting + [line]).suffix(LineEditor.historyCapacity) }
  }

  /// Brings the editor's lines and the file together, where there is one.
  mutating func settle(_ editor: inout LineEditor) {
    guard isKept, let folder = Self.folders.first(where: Self.isServed) else { return }
    let place = folder + StaticText("/.shell-history").bytes
    if path == nil || path != place && folder == Self.folders[0] {
      // A file that follows another one gets what is in that one.
      if path != nil { waiting = editor.history }
      path = place
      editor.putInFront(Self.load(place))
    }
    guard path == place, !waiting.isEmpty else { return }
    do throws(SystemError) {
      let file = try File(place, [.write, .create, .append])
      try file.write(HistoryText.text(of: waiting))
      waiting = []
      failure = nil
    } catch { failure = error }
  }

  mutating func forget() {
    waiting = []
    if let path { try? Files.remove(path) }
  }

  private static func isServed(_ folder: [UInt8]) -> Bool {
    var index: UInt32 = 0
    while let mount = Files.mount(at: index) {
      index += 1
      let count = Int(min(mount.pathLength, 64))
      if count == folder.count, (0..<count).allSatisfy({ mount.path[$0] == folder[$0] }) { return mount.isServed != 0 }
    }
    return false
  }

  /// The lines of a file; none where it cannot be read. One that has become large is written anew.
  private static func load(_ path: [UInt8]) -> [[UInt8]] {
    do throws(SystemError) {
      let information = try Files.information(path, .noFollow)
      guard information.kind == NodeKind.file.rawValue else { return [] }
      let file = try File(path)
      let limit = UInt32(HistoryText.byteLimit)
      let isLarge = information.size > limit
      // The line that this begins in is no line.
      if isLarge { try file.seek(to: information.size - limit) }
      var text = try file.contents()
      if isLarge { text.removeFirst((text.firstIndex(of: 0x0a) ?? text.count - 1) + 1) }
      let lines = HistoryText.lines(of: text)
      if isLarge { try? Files.replace(path, with: HistoryText.text(of: lines)) }
      return lines
    } catch { return [] }
  }
}
