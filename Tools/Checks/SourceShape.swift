// The shape of the kernel's sources, measured: how large the folder Image is, which of its folders refer to which, whether any of
// them hang together in a circle, how often a context is made from nothing, and what the libraries of Kernel import.
//
// The ceilings are a ratchet. A change may lower a number, and lowers its ceiling with it; none is ever raised.
//
// Invariants:
// - A reference is counted once for a file and a name: a type or a function that another folder of Image declares at the
//   outermost level. Members are not looked at, and the CPU's area is counted for itself.
// - A reference or an import is upward where its folder stands before the other one in the list of layers.

/// One source file.
public struct SourceFile: Sendable {
  /// Relative to the root of the tree: `Image/Traps/Faults.swift`.
  public let path: String
  let words: [SwiftWord]

  public init(path: String, text: String) {
    self.path = path
    words = SwiftWords.split(text)
  }

  /// `Traps` of `Image/Traps/Faults.swift`; `Image` for files that lie in no folder below.
  var part: String {
    let names = path.split(separator: "/")
    return String(names.count > 2 ? names[1] : names[0])
  }

  /// How many lines have code on them.
  public var lines: Int { Set(words.map { $0.line }).count }

  /// What it declares at the outermost level, for other files or for itself.
  private func declarations(isPrivate wanted: Bool) -> Set<String> {
    let kinds: Set = ["struct", "enum", "class", "protocol", "typealias", "func", "var", "let", "actor"]
    var found: Set<String> = []
    var isPrivate = false
    for (word, next) in zip(words, words.dropFirst()) where word.depth == 0 {
      if ["private", "fileprivate"].contains(word.text) { isPrivate = true }
      guard kinds.contains(word.text), next.isName else { continue }
      if isPrivate == wanted { found.insert(next.text) }
      isPrivate = false
    }
    return found
  }

  /// What other files may refer to.
  var declarations: Set<String> { declarations(isPrivate: false) }

  /// Each name that is no member of something, with the word after it.
  private var outerNames: [(name: String, after: String)] {
    words.indices.filter { words[$0].isName && ($0 == 0 || words[$0 - 1].text != ".") }
      .map { (words[$0].text, $0 + 1 < words.count ? words[$0 + 1].text : "") }
  }

  /// The types it names and the functions it calls, without its own.
  var uses: Set<String> {
    Set(outerNames.filter { $0.name.first?.isUppercase == true || $0.after == "(" }.map { $0.name })
      .subtracting(declarations(isPrivate: true))
  }

  /// How often it takes a member of the global variable `name`.
  func accesses(of name: String) -> Int { outerNames.filter { $0.name == name && $0.after == "." }.count }

  /// How often it makes a value of a type without giving it anything.
  func makings(of type: String) -> Int {
    words.indices.dropLast(2).filter {
      words[$0].text == type && words[$0 + 1].text == "(" && words[$0 + 2].text == ")"
    }
    .count
  }

  var imports: [String] {
    zip(words, words.dropFirst()).filter { $0.0.text == "import" && $0.0.depth == 0 }.map { $0.1.text }
  }
}

/// What is measured, and what is demanded.
public struct SourceShape: Sendable {
  /// The folders of Image, each above those before it.
  public static let imageLayers = ["Image", "Modules", "Traps", "Boot"]
  /// What the libraries of Kernel import of the kernel's, each above those before it.
  public static let libraryLayers = [
    "MachineSupport", "Primitives", "ABI", "Drivers", "FileSystems", "LinuxPersonality", "Platform", "Boot",
    "Firmware", "Memory", "Executables", "Files", "Diagnostics", "Scheduling", "Jobs", "DeviceClaims",
    "Messages", "Modules", "Consoles", "Terminals", "VirtualMemory", "Objects", "IPC", "Mounts", "Devices",
    "Processes", "FaultReports", "LinkedModules", "SystemCalls",
  ]
  /// Counted for themselves.
  private static let globals = ["cpu"]

  /// A number that may not grow.
  public struct Row: Sendable, Equatable {
    public let name: String
    public let value: Int
    public let ceiling: Int

    public init(name: String, value: Int, ceiling: Int) {
      self.name = name
      self.value = value
      self.ceiling = ceiling
    }
  }

  public struct Reference: Sendable, Equatable {
    public let file: String
    public let name: String
    public let from: String
    public let to: String
  }

  /// References between different folders of Image.
  public let references: [Reference]
  /// The folders of Image that reach themselves by references, and the libraries that do by imports.
  public let circle: [String]
  public let linesByPart: [(part: String, lines: Int)]
  public let libraryLines: [(part: String, lines: Int)]
  public let imports: [(library: String, imported: [String])]
  private let image: [SourceFile]
  private let libraries: [SourceFile]

  /// - Parameters:
  ///   - image: the Swift files below Image.
  ///   - libraries: those below Kernel.
  public init(image: [SourceFile], libraries: [SourceFile]) {
    self.image = image
    self.libraries = libraries
    var owners: [String: [SourceFile]] = [:]
    for file in image {
      for name in file.declarations where !Self.globals.contains(name) { owners[name, default: []].append(file) }
    }
    var references: [Reference] = []
    var edges: [String: Set<String>] = [:]
    for file in image {
      for name in file.uses.sorted() {
        guard let owner = owners[name], owner.count == 1, owner[0].path != file.path else { continue }
        guard owner[0].part != file.part else { continue }
        edges[file.part, default: []].insert(owner[0].part)
        references.append(Reference(file: file.path, name: name, from: file.part, to: owner[0].part))
      }
    }
    self.references = references
    linesByPart = Self.lines(of: image)
    libraryLines = Self.lines(of: libraries)
    let names = Set(libraries.map { $0.part })
    imports = Dictionary(grouping: libraries) { $0.part }.sorted { $0.key < $1.key }.map { library, files in
      (
        library,
        Set(files.flatMap { $0.imports }).intersection(names.union(["Machine", "MachineSupport", "Platform"])).sorted()
      )
    }
    for (library, imported) in imports { edges["Kernel/" + library] = Set(imported.map { "Kernel/" + $0 }) }
    circle = Self.circle(edges)
  }

  private static func lines(of files: [SourceFile]) -> [(part: String, lines: Int)] {
    Dictionary(grouping: files) { $0.part }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.reduce(0) { $0 + $1.lines }) }
  }

  /// The nodes from which a way leads back to them.
  static func circle(_ edges: [String: Set<String>]) -> [String] {
    func reached(from start: String) -> Set<String> {
      var seen: Set<String> = []
      var waiting = Array(edges[start] ?? [])
      while let node = waiting.popLast() {
        if seen.insert(node).inserted { waiting += edges[node] ?? [] }
      }
      return seen
    }
    return edges.keys.filter { reached(from: $0).contains($0) }.sorted()
  }

  public var upward: [Reference] {
    references.filter { Self.rank($0.from, in: Self.imageLayers) < Self.rank($0.to, in: Self.imageLayers) }
  }

  /// Imports of a library that stands above, or of the machine.
  public var upwardImports: [String] {
    imports.flatMap { library, imported in
      imported.filter {
        Self.rank(library, in: Self.libraryLayers) <= Self.rank($0, in: Self.libraryLayers)
      }.map { "\(library) imports \($0)" }
    }
  }

  /// What stands in no list is above all.
  private static func rank(_ name: String, in layers: [String]) -> Int { layers.firstIndex(of: name) ?? layers.count }

  public func accesses(of name: String) -> Int { image.reduce(0) { $0 + $1.accesses(of: name) } }

  /// How often a library makes a context from nothing instead of getting one.
  public var contextsMade: Int { libraries.reduce(0) { $0 + $1.makings(of: "Context") } }

  /// One sentence for each number that is over its ceiling, or so far under it that the ceiling has to follow.
  public func complaints(_ rows: [Row]) -> [String] {
    rows.compactMap { row in
      if row.value > row.ceiling { return "\(row.name): \(row.value), and no more than \(row.ceiling) are allowed" }
      let slack = max(10, row.ceiling / 20)
      guard row.value + slack < row.ceiling else { return nil }
      return
        "\(row.name): \(row.value) are left; lower the ceiling of \(row.ceiling) in Tools/Checks/ShapeCeilings.swift"
    }
  }
}
