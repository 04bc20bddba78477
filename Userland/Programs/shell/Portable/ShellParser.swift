// From words and operators to commands: lists, pipelines and simple commands. Compound commands are in
// ShellParser+Compound.swift.
//
// Invariant: a text gives one list of commands or one mistake, and nothing is run meanwhile; a mistake that more lines
// could mend says so.

struct ShellParser {
  private var lexer: ShellLexer
  private(set) var token = ShellToken.end
  private(set) var tokenStart = 0
  /// Where the token before this one ended.
  private(set) var lastEnd = 0
  private var depth: Int

  /// The commands in `source`; none where it is empty.
  static func parse(_ source: [UInt8]) throws(ShellMistake) -> CommandList {
    guard source.count <= ShellLimits.source else { throw ShellMistake(.tooLong(source.count), at: 0) }
    var parser = ShellParser(source)
    try parser.advance()
    let list = try parser.list()
    guard parser.token == .end else { throw parser.unexpected }
    return list
  }

  /// The words that an alias stands for.
  static func aliasWords(_ source: [UInt8]) throws(ShellMistake) -> [ShellWord] {
    let list = try parse(source)
    guard list.items.count == 1, !list.items[0].isBackground, let command = list.items[0].onlyCommand,
      command.redirections.isEmpty, case .simple(let simple) = command.body, simple.assignments.isEmpty
    else { throw ShellMistake(.badAlias, at: 0) }
    return simple.words
  }

  /// Where the `)` stands that ends the commands which begin at `position`, in `$(...)`.
  static func end(ofCommandsIn source: [UInt8], from position: Int, depth: Int) throws(ShellMistake) -> Int {
    var parser = ShellParser(source, from: position, depth: depth)
    try parser.advance()
    _ = try parser.list()
    guard parser.isSymbol(.close) else {
      if parser.token == .end { throw ShellMistake(.missing(StaticText(")")), at: position - 2, isIncomplete: true) }
      throw parser.unexpected
    }
    return parser.tokenStart
  }

  private init(_ source: [UInt8], from position: Int = 0, depth: Int = 0) {
    lexer = ShellLexer(source, from: position, depth: depth)
    self.depth = depth
  }

  /// What was written there, with the lines that belong to a `<<` in it and stand behind it.
  func source(in range: Range<Int>) -> [UInt8] {
    var text = [UInt8](lexer.source[range])
    for here in lexer.hereTexts where range.contains(here.start) && here.lines.lowerBound >= range.upperBound {
      if text.last != 0x0a { text.append(0x0a) }
      text += lexer.source[here.lines]
    }
    return text
  }

  mutating func advance() throws(ShellMistake) {
    lastEnd = lexer.position
    lexer.skipBlanks()
    tokenStart = lexer.position
    token = try lexer.next()
  }

  // MARK: Tokens

  /// The word that stands here as it is, where nothing of it is quoted.
  var plainWord: [UInt8]? {
    guard case .word(let word) = token else { return nil }
    return word.plainText
  }

  func isReserved(_ word: ReservedWord) -> Bool { ReservedWord(plainWord) == word }

  func isSymbol(_ symbol: ShellSymbol) -> Bool { token == .symbol(symbol) }

  /// What stands here cannot.
  var unexpected: ShellMistake {
    switch token {
    case .end, .newline: ShellMistake(.missing(StaticText("end")), at: tokenStart, isIncomplete: token == .end)
    case .symbol(.semicolon), .symbol(.ampersand), .symbol(.and), .symbol(.or), .symbol(.pipe):
      ShellMistake(.noCommand, at: tokenStart)
    default: ShellMistake(.unexpected(source(in: tokenStart..<tokenEnd)), at: tokenStart)
    }
  }

  var tokenEnd: Int { lexer.position }

  mutating func skipNewlines() throws(ShellMistake) {
    while token == .newline { try advance() }
  }

  /// Takes a reserved word that has to stand here.
  /// - Parameter start: where the command begins that it belongs to.
  mutating func expect(_ word: ReservedWord, from start: Int) throws(ShellMistake) {
    guard isReserved(word) else {
      if token == .end { throw ShellMistake(.missing(StaticText(word.text)), at: start, isIncomplete: true) }
      throw unexpected
    }
    try advance()
  }

  /// Goes one level deeper for as long as `body` runs.
  mutating func nested<Result>(
    _ body: (inout ShellParser) throws(ShellMistake) -> Result
  ) throws(ShellMistake) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ShellLimits.nesting else { throw ShellMistake(.tooDeep, at: tokenStart) }
    return try body(&self)
  }

  // MARK: Lists

  /// Commands up to the end, `)`, `;;` or a reserved word that ends a list.
  mutating func list() throws(ShellMistake) -> CommandList {
    var list = CommandList()
    while true {
      try skipNewlines()
      if token == .end || isSymbol(.endOfChoice) || isSymbol(.close) || ReservedWord(plainWord)?.endsList == true {
        return list
      }
      var item = try self.item()
      switch token {
      case .symbol(.ampersand):
        item.isBackground = true
        item.text = source(in: item.range)
        try advance()
      case .symbol(.semicolon), .newline: try advance()
      case .end, .symbol(.endOfChoice), .symbol(.close): break
      default: throw unexpected
      }
      list.items.append(item)
    }
  }

  /// A list that has at least one command.
  mutating func filledList(from start: Int) throws(ShellMistake) -> CommandList {
    let list = try self.list()
    guard !list.items.isEmpty else {
      if token == .end { throw ShellMistake(.missing(StaticText("commands")), at: start, isIncomplete: true) }
      throw ShellMistake(.noCommand, at: tokenStart)
    }
    return list
  }

  private mutating func item() throws(ShellMistake) -> ListItem {
    let start = tokenStart
    let first = try pipeline()
    var rest: [ConnectedPipeline] = []
    while isSymbol(.and) || isSymbol(.or) {
      let connector = isSymbol(.and) ? ListConnector.and : .or
      let position = tokenStart
      try advance()
      try skipNewlines()
      if token == .end {
        throw ShellMistake(.missing(StaticText("command after it")), at: position, isIncomplete: true)
      }
      rest.append(ConnectedPipeline(connector: connector, pipeline: try pipeline()))
    }
    return ListItem(first: first, rest: rest, range: start..<lastEnd)
  }

  private mutating func pipeline() throws(ShellMistake) -> ShellPipeline {
    var pipeline = ShellPipeline()
    while true {
      if isReserved(.not) {
        pipeline.isNegated.toggle()
      } else if isReserved(.time) {
        pipeline.isTimed = true
      } else {
        break
      }
      try advance()
    }
    pipeline.commands.append(try command())
    while isSymbol(.pipe) {
      let position = tokenStart
      try advance()
      try skipNewlines()
      if token == .end {
        throw ShellMistake(.missing(StaticText("command after it")), at: position, isIncomplete: true)
      }
      pipeline.commands.append(try command())
    }
    if pipeline.commands.count > 1 {
      for index in pipeline.commands.indices {
        pipeline.commands[index].text = source(in: pipeline.commands[index].range)
      }
    }
    return pipeline
  }

  // MARK: Commands

  mutating func command() throws(ShellMistake) -> ShellCommand {
    let start = tokenStart
    if let word = ReservedWord(plainWord) {
      guard let body = try compound(word) else { throw unexpected }
      var command = ShellCommand(body: body, range: start..<lastEnd)
      while let redirection = try redirection() { command.redirections.append(redirection) }
      command.range = start..<lastEnd
      return command
    }
    if isSymbol(.open) {
      throw ShellMistake(.unknown(StaticText("commands are grouped by { and }, not by ( and )")), at: start)
    }
    return try simpleCommand()
  }

  private mutating func simpleCommand() throws(ShellMistake) -> ShellCommand {
    let start = tokenStart
    var simple = SimpleCommand()
    var redirections: [ShellRedirection] = []
    loop: while true {
      switch token {
      case .word(let word):
        if simple.words.isEmpty, let assignment = Self.assignment(word) {
          simple.assignments.append(assignment)
        } else {
          simple.words.append(word)
        }
        try advance()
      case .redirection, .joining, .hereText:
        if let redirection = try redirection() { redirections.append(redirection) }
      case .symbol(.open):
        guard simple.words.count == 1, simple.assignments.isEmpty, redirections.isEmpty else { throw unexpected }
        return try function(named: simple.words[0])
      default: break loop
      }
    }
    guard !simple.words.isEmpty || !simple.assignments.isEmpty || !redirections.isEmpty else { throw unexpected }
    return ShellCommand(body: .simple(simple), redirections: redirections, range: start..<lastEnd)
  }

  /// Takes a redirection; nil where none stands here.
  private mutating func redirection() throws(ShellMistake) -> ShellRedirection? {
    let position = tokenStart
    switch token {
    case .redirection(let channel, let kind):
      try advance()
      guard case .word(let file) = token else { throw ShellMistake(.noTarget, at: position) }
      try advance()
      return ShellRedirection(channel: channel, target: .file(file, kind))
    case .hereText(let channel, let text):
      try advance()
      return ShellRedirection(channel: channel, target: .text(text))
    case .joining(let channel, let other):
      try advance()
      return ShellRedirection(channel: channel, target: .channel(other))
    default: return nil
    }
  }

  /// The assignment that a word is: an unquoted name, `=`, and anything.
  private static func assignment(_ word: ShellWord) -> ShellAssignment? {
    guard case .text(let text, isQuoted: false)? = word.parts.first,
      let equals = text.firstIndex(of: 0x3d), ShellName.isName([UInt8](text[..<equals]))
    else { return nil }
    var value = ShellWord(parts: word.parts, position: word.position)
    value.parts[0] = .text([UInt8](text[(equals + 1)...]), isQuoted: false)
    return ShellAssignment(name: [UInt8](text[..<equals]), value: value)
  }

  private mutating func function(named word: ShellWord) throws(ShellMistake) -> ShellCommand {
    let start = word.position
    guard let name = word.plainText, ShellName.isName(name) else {
      throw ShellMistake(.noName(source(in: start..<lastEnd)), at: start)
    }
    try advance()
    guard isSymbol(.close) else {
      if token == .end { throw ShellMistake(.missing(StaticText(")")), at: start, isIncomplete: true) }
      throw unexpected
    }
    try advance()
    try skipNewlines()
    guard ReservedWord(plainWord) != nil else {
      throw ShellMistake(.missing(StaticText("body, such as { ...; }")), at: start, isIncomplete: token == .end)
    }
    let body = try nested { parser throws(ShellMistake) in try parser.command() }
    let text = source(in: start..<lastEnd)
    return ShellCommand(body: .function(name: name, body: body, source: text), range: start..<lastEnd)
  }
}
