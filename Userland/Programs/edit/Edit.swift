// A small full-screen editor for texts: `edit FILE`, or `edit +LINE FILE`. What keys do is in Portable.
//
// Invariants: a file is either as it was before a save or as it is after it, where its file system can rename; a text that could
// not be saved stays on the screen. What is no text, or is too large, is refused before anything is shown.

import ABI
import Primitives
import SDK

@main
struct Edit: Program {
  private var editor: TextEditor
  private var path: [UInt8]

  static func run() -> Int32 {
    var words = (1..<max(ProgramInformation.argumentCount, 1)).map { ProgramInformation.argument($0) }
    var line: UInt32?
    if let first = words.first, first.hasPrefix("+"), words.count == 2 {
      line = first.dropFirst(1).number
      if line != nil { words.removeFirst() }
    }
    guard words.count == 1, words[0].count > 0, !words[0].hasPrefix("-") || words[0].isPath else {
      return reportUsage()
    }
    let path = words[0].copied
    guard let terminal = Terminal(.input), Terminal(.output) != nil else {
      return refuse(path) { $0.write("the editor needs a terminal for its input and its output") }
    }
    guard let text = text(of: path) else { return 1 }
    let size = terminal.size
    // The last row stays free: writing its last column would move the screen.
    let editor = TextEditor(text.bytes, name: path, width: max(size.columns, 20), height: max(size.rows - 1, 4))
    var edit = Edit(editor: editor, path: path)
    if let line { edit.editor.go(toLine: Int(exactly: line) ?? .max) }
    if text.isNew {
      edit.editor.say(Bytes("a new file").copied)
    } else if let error = edit.whyItCannotBeWritten() {
      edit.editor.say(
        Bytes("it can be read, not written; Ctrl-O saves it elsewhere: ").copied + Bytes(error.fileSentence).copied)
    }
    let found = (try? terminal.information().settings) ?? TerminalSettings()
    try? terminal.set(found.raw)
    edit.runEditor()
    try? terminal.set(found)
    return 0
  }

  private static func reportUsage() -> Int32 {
    Console.complain(
      """
      usage: edit [+LINE] FILE
      changes a text, or makes a new one; the last row of the screen says what keys do
      for example: edit /tmp/note

      """)
    return 2
  }

  private static func refuse(_ path: [UInt8], _ reason: (inout ConsoleLine) -> Void) -> Int32 {
    Console.complain {
      $0.write("edit: ")
      $0.write(path)
      $0.write(": ")
      reason(&$0)
      $0.write("\n")
    }
    return 1
  }

  // MARK: Files

  /// What is in the file; nil where it was said why it cannot be edited.
  private static func text(of path: [UInt8]) -> (bytes: [UInt8], isNew: Bool)? {
    do throws(SystemError) {
      guard try exists(path) else { return ([], true) }
      let information = try Files.information(path)
      guard information.kind == NodeKind.file.rawValue else {
        let isFolder = information.kind == NodeKind.directory.rawValue
        _ = refuse(path) { $0.write(isFolder ? "this is a folder" : "this is a device") }
        return nil
      }
      let limit = TextBuffer.byteLimit
      guard Int(exactly: information.size) ?? .max <= limit else {
        _ = refuse(path) {
          $0.write("it has ")
          $0.write(decimal: information.size)
          $0.write(" bytes, a text that can be edited has at most ")
          $0.write(decimal: limit)
        }
        return nil
      }
      let text = try File(path).contents()
      if let place = CharacterText.firstThatIsNone(in: text) {
        _ = refuse(path) {
          $0.write("this is no text: byte ")
          $0.write(decimal: place)
          $0.write(" is ")
          $0.write(hexadecimal: UInt64(text[place]), digits: 2)
        }
        return nil
      }
      // It may have grown since.
      guard text.count <= limit else { throw .limitReached }
      return (text, false)
    } catch {
      _ = refuse(path) { $0.write(error.fileSentence) }
      return nil
    }
  }

  /// Whether something is at a path; where nothing is, a file can be made there, as far as is known.
  private static func exists(_ path: [UInt8]) throws(SystemError) -> Bool {
    do throws(SystemError) { _ = try Files.information(path) } catch {
      guard error == .notFound, path.last != 0x2f else { throw error }
      let folder = Files.folder(of: path)
      _ = try Files.information(folder.isEmpty ? [0x2e] : folder)
      return false
    }
    return true
  }

  private func whyItCannotBeWritten() -> SystemError? {
    do throws(SystemError) {
      _ = try File(path, .write)
      return nil
    } catch { return error }
  }

  // MARK: At the console

  private mutating func runEditor() {
    var input = InlineArray<64, UInt8>(repeating: 0)
    draw()
    while true {
      let count = (try? Console.read(into: &input)) ?? 0
      // Nobody types any more.
      if count == 0 { break }
      for index in 0..<count {
        // What was typed behind the key that leaves is for nobody.
        if serve(editor.accept(input[index])) { return clear() }
      }
      draw()
    }
    clear()
  }

  /// Does what the editor asks for. Returns whether it is to end.
  private mutating func serve(_ request: EditorRequest) -> Bool {
    switch request {
    case .nothing: return false
    case .leave: return true
    case .saveAndLeave: return save(as: path)
    case .save(let name, let isNew):
      if isNew, Files.kind(name) != nil {
        editor.say(Bytes("something of this name exists already: ").copied + name)
      } else {
        _ = save(as: name)
      }
      return false
    }
  }

  private mutating func save(as name: [UInt8]) -> Bool {
    do throws(SystemError) {
      try Files.replace(name, with: editor.buffer.contents)
      // Where there is nothing to wait for, nothing is wrong.
      try? Files.sync(name)
      path = name
      editor.wasSaved(as: name)
      return true
    } catch {
      editor.say(Bytes("not saved: ").copied + Bytes(error.fileSentence).copied)
      return false
    }
  }

  private mutating func draw() {
    var output = ConsoleLine()
    editor.draw(to: &output)
    output.flush()
  }

  private func clear() {
    Console.write { editor.clear(to: &$0) }
  }
}
