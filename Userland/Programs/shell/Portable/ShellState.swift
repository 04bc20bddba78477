// What the shell remembers between commands: variables, functions, aliases, positional parameters, the last status.
//
// Invariants: names are valid and each is there once; a change that would pass a limit of `ShellLimits` is refused and
// changes nothing.

/// Why the shell did not take something.
enum ShellRefusal: Error, Equatable {
  case tooManyVariables, tooManyFunctions, tooManyAliases
  /// Values, bodies or words would have more bytes than the limit.
  case tooManyBytes
  case tooManyWords
  /// More text stands behind `<<` than a pipe takes.
  case tooMuchText
  case readOnly
  case tooDeep
  /// What commands print cannot be read.
  case noOutput
  case arithmetic(ArithmeticFailure)

  var sentence: StaticString {
    switch self {
    case .tooManyVariables: "there are 512 variables already, and that is the most"
    case .tooManyFunctions: "there are 128 functions already, and that is the most"
    case .tooManyAliases: "there are 128 aliases already, and that is the most"
    case .tooManyBytes: "it would hold more bytes than the shell takes: 64 KiB for a command, 256 KiB for what is kept"
    case .tooManyWords: "a command is given at most 1,024 words"
    case .tooMuchText: "a text behind << has at most 8,192 bytes"
    case .readOnly: "the shell sets this one by itself"
    case .noOutput: "what the commands in $( ) print cannot be read: there is no room for one more pipe or process"
    case .tooDeep: "there is no room for one more command inside of those that run"
    case .arithmetic(let failure): failure.sentence
    }
  }
}

struct ShellVariable: Equatable {
  let name: [UInt8]
  var value: [UInt8]
  /// Whether programs get it in their environment.
  var isExported: Bool
}

struct ShellFunction: Equatable, ShellDefinition {
  let name: [UInt8]
  var body: ShellCommand
  /// As it was written.
  var source: [UInt8]
}

struct ShellAlias: Equatable, ShellDefinition {
  let name: [UInt8]
  var words: [ShellWord]
  var source: [UInt8]
}

/// What has a name, and the text that it was written as.
protocol ShellDefinition {
  var name: [UInt8] { get }
  var source: [UInt8] { get }
}

/// Definitions of one kind, each name once. All their texts together have at most `ShellLimits.stored` bytes.
struct ShellDefinitions<Definition: ShellDefinition> {
  private(set) var all: [Definition] = []
  private var bytes = 0
  private let limit: Int
  private let refusal: ShellRefusal

  /// - Parameter refusal: of one more than `limit`.
  init(limit: Int, refusal: ShellRefusal) {
    self.limit = limit
    self.refusal = refusal
  }

  func find(_ name: [UInt8]) -> Definition? { all.first { $0.name == name } }

  /// Takes the place of the one with the same name.
  mutating func define(_ definition: Definition) throws(ShellRefusal) {
    let old = all.firstIndex { $0.name == definition.name }
    let bytes = bytes + definition.source.count - (old.map { all[$0].source.count } ?? 0)
    guard bytes <= ShellLimits.stored else { throw .tooManyBytes }
    if let old {
      all[old] = definition
    } else {
      guard all.count < limit else { throw refusal }
      all.append(definition)
    }
    self.bytes = bytes
  }

  mutating func remove(_ name: [UInt8]) {
    guard let index = all.firstIndex(where: { $0.name == name }) else { return }
    bytes -= all[index].source.count
    all.remove(at: index)
  }
}

/// What is to happen instead of the next command.
enum ShellFlow: Equatable {
  case onward
  /// So many loops are left.
  case breaking(Int)
  /// All loops but the last of so many are left, and that one begins its next round.
  case continuing(Int)
  case returning
  case exiting
  /// Somebody typed Ctrl-C: everything is left.
  case interrupted
}

struct ShellState {
  private(set) var variables: [ShellVariable] = []
  private var definedFunctions = ShellDefinitions<ShellFunction>(
    limit: ShellLimits.functions, refusal: .tooManyFunctions)
  private var definedAliases = ShellDefinitions<ShellAlias>(limit: ShellLimits.aliases, refusal: .tooManyAliases)
  var functions: [ShellFunction] { definedFunctions.all }
  var aliases: [ShellAlias] { definedAliases.all }
  /// `$1` and on.
  var parameters: [[UInt8]] = []
  /// `$0`
  var name: [UInt8]
  /// `$?`
  var status: Int32 = 0
  /// `$$`
  var task: UInt32 = 0
  /// `$!`; 0: none.
  var lastBackground: UInt32 = 0
  /// The current folder, absolute.
  var folder: [UInt8] = [0x2f]
  var flow = ShellFlow.onward

  private var variableBytes = 0

  init(name: [UInt8]) { self.name = name }

  // MARK: Variables

  func value(of name: [UInt8]) -> [UInt8]? {
    for variable in variables where variable.name == name { return variable.value }
    return nil
  }

  /// - Parameter isExported: nil leaves it as it is.
  mutating func set(
    _ name: [UInt8], _ value: [UInt8], isExported: Bool? = nil
  ) throws(ShellRefusal) {
    if let index = variables.firstIndex(where: { $0.name == name }) {
      let bytes = variableBytes - variables[index].value.count + value.count
      guard bytes <= ShellLimits.stored else { throw .tooManyBytes }
      variableBytes = bytes
      variables[index].value = value
      if let isExported { variables[index].isExported = isExported }
      return
    }
    guard variables.count < ShellLimits.variables else { throw .tooManyVariables }
    guard variableBytes + name.count + value.count <= ShellLimits.stored else { throw .tooManyBytes }
    variableBytes += name.count + value.count
    variables.append(ShellVariable(name: name, value: value, isExported: isExported ?? false))
  }

  mutating func removeVariable(_ name: [UInt8]) {
    guard let index = variables.firstIndex(where: { $0.name == name }) else { return }
    variableBytes -= name.count + variables[index].value.count
    variables.remove(at: index)
  }

  /// Puts a variable back as it was; nil: it was not there. It was within the limits once; that others have grown since does
  /// not take it away.
  mutating func restore(_ name: [UInt8], _ variable: ShellVariable?) {
    removeVariable(name)
    guard let variable else { return }
    variableBytes += name.count + variable.value.count
    variables.append(variable)
  }

  func variable(_ name: [UInt8]) -> ShellVariable? { variables.first { $0.name == name } }

  // MARK: Functions

  func function(_ name: [UInt8]) -> ShellFunction? { definedFunctions.find(name) }

  mutating func define(_ function: ShellFunction) throws(ShellRefusal) { try definedFunctions.define(function) }

  mutating func removeFunction(_ name: [UInt8]) { definedFunctions.remove(name) }

  // MARK: Aliases

  func alias(_ name: [UInt8]) -> ShellAlias? { definedAliases.find(name) }

  mutating func define(_ alias: ShellAlias) throws(ShellRefusal) { try definedAliases.define(alias) }

  mutating func removeAlias(_ name: [UInt8]) { definedAliases.remove(name) }

  // MARK: Other shells

  /// Commands that make another shell know what this one knows, and then `text`.
  /// Exported variables are not among them: they come with the environment.
  func script(running text: [UInt8]) -> [UInt8] {
    var script: [UInt8] = []
    for variable in variables where !variable.isExported {
      script += variable.name + [0x3d] + ShellQuoting.quoted(variable.value) + [0x0a]
    }
    for function in functions { script += function.source + [0x0a] }
    if !parameters.isEmpty {
      script += StaticText("set --").bytes
      for parameter in parameters { script += [0x20] + ShellQuoting.quoted(parameter) }
      script.append(0x0a)
    }
    for alias in aliases {
      script += StaticText("alias ").bytes + alias.name + [0x3d] + ShellQuoting.quoted(alias.source) + [0x0a]
    }
    return script + text + [0x0a]
  }
}

enum ShellQuoting {
  /// Text that the shell reads as one word with these bytes.
  static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    var isPlain = !bytes.isEmpty
    for byte in bytes where !ShellName.continues(byte) && !isHarmless(byte) { isPlain = false }
    if isPlain { return bytes }
    var text: [UInt8] = [0x27]
    for byte in bytes {
      if byte == 0x27 { text += [0x27, 0x5c, 0x27, 0x27] } else { text.append(byte) }
    }
    return text + [0x27]
  }

  /// + , - . / : @ %
  private static func isHarmless(_ byte: UInt8) -> Bool {
    byte >= 0x2b && byte <= 0x2f || byte == 0x3a || byte == 0x40 || byte == 0x25
  }
}
