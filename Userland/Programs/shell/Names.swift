// The names of what there is: commands, programs, services, modules. For completion, and for guesses at what was meant.

import ABI
import Primitives
import SDK

enum Names {
  /// What `help` knows.
  static var helped: [[UInt8]] {
    var names: [[UInt8]] = []
    CommandHelp.forEach { names.append(StaticText($0.name).bytes) }
    return names
  }

  static func commands(_ state: ShellState) -> [[UInt8]] {
    var names = helped + files(in: "/bin", ending: "")
    for alias in state.aliases { names.append(alias.name) }
    for function in state.functions { names.append(function.name) }
    return names
  }

  /// Services that run or could be started, sorted.
  static var services: [[UInt8]] {
    var names: [[UInt8]] = []
    for name in files(in: "/lib/services", ending: "") + files(in: "/lib/services", ending: ".so")
    where !names.contains(name) {
      names.append(name)
    }
    names.sort { $0.lexicographicallyPrecedes($1) }
    return names
  }

  /// Modules that could be loaded.
  static var moduleFiles: [[UInt8]] {
    files(in: "/lib/modules", ending: ".so") + files(in: "/lib/services", ending: ".so")
  }

  /// Modules that are loaded.
  static var modules: [[UInt8]] {
    var names: [[UInt8]] = []
    var index: UInt32 = 0
    while let module = Modules.information(index) {
      index += 1
      names.append(module.name.withBytes { $0.copied })
    }
    return names
  }

  /// The names of files that end so, without the ending; with none, those without a dot.
  static func files(in folder: StaticString, ending: StaticString) -> [[UInt8]] {
    let ending = StaticText(ending).bytes
    var names: [[UInt8]] = []
    ShellFiles.forEachName(in: StaticText(folder).bytes) { name, kind, _ in
      guard kind == .file, name.count > ending.count, name.suffix(ending.count).elementsEqual(ending) else { return }
      let stem = [UInt8](name.dropLast(ending.count))
      if !stem.contains(0x2e) { names.append(stem) }
    }
    return names
  }
}

/// What there is to be completed, with what the shell knows.
struct TypedNames: CompletionSource {
  let state: ShellState
  let jobTable: JobTable

  var folder: [UInt8] { state.folder }

  mutating func names(in folder: [UInt8]) -> [FolderName] {
    var names: [FolderName] = []
    ShellFiles.forEachName(in: folder) { name, kind, _ in names.append(FolderName(name, isFolder: kind == .folder)) }
    return names
  }

  mutating func commands() -> [[UInt8]] { Names.commands(state) }
  mutating func programs() -> [[UInt8]] { Names.files(in: "/bin", ending: "") }
  mutating func services() -> [[UInt8]] { Names.services }
  mutating func modules() -> [[UInt8]] { Names.modules }
  mutating func moduleFiles() -> [[UInt8]] { Names.moduleFiles }
  mutating func variables() -> [[UInt8]] { state.variables.map { $0.name } }

  mutating func jobs() -> [[UInt8]] {
    jobTable.jobs.map { [0x25] + ShellNumber.text(Int64($0.number)) }
  }
}
