// What Tab makes of a word: commands, options, files, services, modules, jobs, variables.
//
// Invariant: what is put in is read by the shell as the name that was found.

/// What there is to be completed.
protocol CompletionSource: NameSource {
  /// Names of commands: of the language, of the shell, aliases, functions and programs.
  mutating func commands() -> [[UInt8]]
  mutating func programs() -> [[UInt8]]
  mutating func services() -> [[UInt8]]
  mutating func modules() -> [[UInt8]]
  mutating func moduleFiles() -> [[UInt8]]
  mutating func jobs() -> [[UInt8]]
  mutating func variables() -> [[UInt8]]
  var folder: [UInt8] { get }
}

struct Completion: Equatable {
  /// What the line has from `start` to the cursor from now on.
  var start: Int
  var text: [UInt8]
  /// What could go on here, where it is more than one; sorted.
  var choices: [[UInt8]]

  /// - Parameter line: up to the cursor.
  /// - Returns: nil where nothing fits.
  static func complete(_ line: [UInt8], _ source: inout some CompletionSource) -> Completion? {
    let place = CompletionPlace(line)
    if let variable = place.variable {
      let names = sorted(source.variables(), beginningWith: variable.name)
      guard !names.isEmpty else { return nil }
      let common = commonStart(names)
      let typed = line.count - variable.name.count
      return Completion(start: typed, text: common, choices: names.count > 1 ? names : [])
    }
    let candidates = candidates(place, &source)
    guard !candidates.isEmpty else { return nil }
    let names = candidates.map { $0.name }
    var text = quoted(commonStart(names), place.quote)
    if place.quote != 0 { text = [place.quote] + text }
    if names.count == 1, !candidates[0].isFolder {
      if place.quote != 0 { text.append(place.quote) }
      text.append(0x20)
    }
    return Completion(start: place.start, text: text, choices: names.count > 1 ? names.map(lastName) : [])
  }

  private static func candidates(
    _ place: CompletionPlace, _ source: inout some CompletionSource
  ) -> [FolderName] {
    if place.isCommand {
      return place.word.contains(0x2f)
        ? files(place.word, &source, onlyFolders: false) : plain(source.commands(), place.word)
    }
    let help = CommandHelp.find(place.before[0])
    if let help, place.word.first == 0x2d {
      let options = plain(help.options, place.word)
      if !options.isEmpty { return options }
    }
    switch help?.operands {
    case .folders: return files(place.word, &source, onlyFolders: true)
    case .programs:
      if let command = programPosition(place.before) {
        return command == place.before.count && !place.word.contains(0x2f)
          ? plain(source.programs(), place.word) : files(place.word, &source, onlyFolders: false)
      }
      return plain(["shared", "separate"].map { StaticText($0).bytes }, place.word)
    case .commands: return plain(source.commands(), place.word)
    case .variables: return plain(source.variables(), place.word)
    case .jobs: return plain(source.jobs(), place.word)
    case .modules: return plain(source.modules(), place.word)
    case .moduleFiles where place.before.count == 1 && !place.word.contains(0x2f):
      return plain(source.moduleFiles(), place.word)
    case .services: return service(place, &source)
    case .files, .moduleFiles, .words, nil: return files(place.word, &source, onlyFolders: false)
    }
  }

  /// Where the program stands among the words of `run` or `sandbox`, or would stand next; nil where the value of an option
  /// comes next.
  private static func programPosition(_ words: [[UInt8]]) -> Int? {
    var index = 1
    while index < words.count, words[index].first == 0x2d {
      let takesValue = words[index] == StaticText("--stack").bytes || words[index] == StaticText("--priority").bytes
      if takesValue, index + 1 == words.count { return nil }
      index += takesValue ? 2 : 1
    }
    return index
  }

  /// What `service` knows.
  static var serviceWords: (actions: [StaticString], placements: [StaticString], options: [StaticString]) {
    (["list", "start", "stop", "move", "save"], ["server", "ring0-server", "linked"], ["--as", "--without-state"])
  }

  private static func service(_ place: CompletionPlace, _ source: inout some CompletionSource) -> [FolderName] {
    func names(_ texts: [StaticString]) -> [FolderName] { plain(texts.map { StaticText($0).bytes }, place.word) }
    switch place.before.count {
    case 1: return names(serviceWords.actions)
    case 2: return plain(source.services(), place.word)
    case 3: return names(["--as"])
    case 4: return names(serviceWords.placements)
    default: return []
    }
  }

  private static func plain(_ names: [[UInt8]], _ word: [UInt8]) -> [FolderName] {
    sorted(names, beginningWith: word).map { FolderName($0, isFolder: false) }
  }

  private static func sorted(_ names: [[UInt8]], beginningWith word: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    for name in names where name.starts(with: word) && !found.contains(name) { found.append(name) }
    found.sort { $0.lexicographicallyPrecedes($1) }
    return found
  }

  /// Files and folders; folders end with a slash.
  private static func files(
    _ word: [UInt8], _ source: inout some CompletionSource, onlyFolders: Bool
  ) -> [FolderName] {
    let slash = word.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
    let folder = [UInt8](word[..<slash])
    let start = [UInt8](word[slash...])
    var found: [FolderName] = []
    for entry in source.names(in: ShellPath.absolute(folder, from: source.folder)) {
      guard entry.name.starts(with: start), entry.isFolder || !onlyFolders, entry.name.first != 0x2e || !start.isEmpty
      else { continue }
      found.append(FolderName(folder + entry.name + (entry.isFolder ? [0x2f] : []), isFolder: entry.isFolder))
    }
    found.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return found
  }

  /// What all names begin with.
  private static func commonStart(_ names: [[UInt8]]) -> [UInt8] {
    var common = names.first ?? []
    for name in names {
      var count = 0
      while count < common.count, count < name.count, common[count] == name[count] { count += 1 }
      common = [UInt8](common.prefix(count))
    }
    return common
  }

  /// A path's last name, for a list.
  private static func lastName(_ path: [UInt8]) -> [UInt8] {
    var end = path.count
    if end > 1, path[end - 1] == 0x2f { end -= 1 }
    let slash = path[..<end].lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
    return [UInt8](path[slash...])
  }

  /// The text as it is typed inside of a quote, or outside of all.
  private static func quoted(_ text: [UInt8], _ quote: UInt8) -> [UInt8] {
    if quote == 0x27 { return text }
    var result: [UInt8] = []
    for byte in text {
      let isSpecial: Bool
      switch byte {
      case 0x22, 0x24, 0x5c, 0x60: isSpecial = true
      case 0x20, 0x09, 0x21, 0x23, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x3b, 0x3c, 0x3e, 0x3f, 0x5b, 0x5d, 0x7b, 0x7c, 0x7d:
        isSpecial = quote == 0
      default: isSpecial = false
      }
      if isSpecial { result.append(0x5c) }
      result.append(byte)
    }
    return result
  }
}
