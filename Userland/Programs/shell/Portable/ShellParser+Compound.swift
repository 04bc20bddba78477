// Compound commands: if, while, until, for, case and { }; and the words before a pipeline.

enum ReservedWord: UInt8 {
  case ifWord, then, elif, elseWord, fi, whileWord, until, forWord, doWord, done, caseWord, esac, open, close, not
  case time

  private static var count: UInt8 { 16 }

  init?(_ word: [UInt8]?) {
    guard let word, word.count <= 5 else { return nil }
    for value in 0..<Self.count {
      if let reserved = ReservedWord(rawValue: value), StaticText(reserved.text).isSame(as: word) {
        self = reserved
        return
      }
    }
    return nil
  }

  var text: StaticString {
    switch self {
    case .ifWord: "if"
    case .then: "then"
    case .elif: "elif"
    case .elseWord: "else"
    case .fi: "fi"
    case .whileWord: "while"
    case .until: "until"
    case .forWord: "for"
    case .doWord: "do"
    case .done: "done"
    case .caseWord: "case"
    case .esac: "esac"
    case .open: "{"
    case .close: "}"
    case .not: "!"
    case .time: "time"
    }
  }

  /// Whether it ends the list of commands in front of it.
  var endsList: Bool {
    switch self {
    case .then, .elif, .elseWord, .fi, .doWord, .done, .esac, .close: true
    case .ifWord, .whileWord, .until, .forWord, .caseWord, .open, .not, .time: false
    }
  }
}

extension ReservedWord {
  /// What `help` says about the command that the word belongs to.
  var help: CommandHelp {
    switch self {
    case .ifWord, .then, .elif, .elseWord, .fi:
      CommandHelp(
        "if", "LIST; then LIST; [elif LIST; then LIST;]... [else LIST;] fi",
        "runs what follows the first condition that has the status 0", example: "if test -d /extra; then ls /extra; fi")
    case .whileWord:
      CommandHelp(
        "while", "LIST; do LIST; done", "runs commands again and again while a condition has the status 0",
        example: "while sleep 1000; do date; done")
    case .until:
      CommandHelp(
        "until", "LIST; do LIST; done", "runs commands again and again until a condition has the status 0",
        example: "until date; do sleep 100; done")
    case .forWord, .doWord, .done:
      CommandHelp(
        "for", "NAME [in WORD...]; do LIST; done", "runs commands for each word, or for each positional parameter",
        example: "for f in /extra/*; do wc $f; done")
    case .caseWord, .esac:
      CommandHelp(
        "case", "WORD in PATTERN[|PATTERN]...) LIST;; ... esac",
        "runs what follows the first pattern that fits the word",
        example: "case $1 in *.so) modinfo $1;; *) cat $1;; esac")
    case .open, .close:
      CommandHelp("{", "LIST; }", "makes one command of several", example: "test -f note && { cat note; echo; }")
    case .not: CommandHelp("!", "COMMAND", "turns a status round", example: "! test -f note && echo none")
    case .time:
      CommandHelp(
        "time", "COMMAND", "says how long a command takes, and what the machine counts meanwhile",
        example: "time run --ring0 spin 100")
    }
  }
}

extension ShellParser {
  /// The compound command that `word` begins, which is the current token; nil where it begins none.
  mutating func compound(_ word: ReservedWord) throws(ShellMistake) -> CommandBody? {
    try nested { parser throws(ShellMistake) in
      let start = parser.tokenStart
      switch word {
      case .open:
        try parser.advance()
        let list = try parser.filledList(from: start)
        try parser.expect(.close, from: start)
        return .group(list)
      case .ifWord: return try parser.condition(from: start)
      case .whileWord, .until:
        try parser.advance()
        let condition = try parser.filledList(from: start)
        return .loop(
          ShellBranch(condition: condition, body: try parser.loopBody(from: start)), isUntil: word == .until)
      case .forWord: return try parser.each(from: start)
      case .caseWord: return try parser.choice(from: start)
      default: return nil
      }
    }
  }

  private mutating func condition(from start: Int) throws(ShellMistake) -> CommandBody {
    var branches: [ShellBranch] = []
    repeat {
      try advance()
      let condition = try filledList(from: start)
      try expect(.then, from: start)
      branches.append(ShellBranch(condition: condition, body: try filledList(from: start)))
    } while isReserved(.elif)
    var otherwise: CommandList?
    if isReserved(.elseWord) {
      try advance()
      otherwise = try filledList(from: start)
    }
    try expect(.fi, from: start)
    return .condition(branches, otherwise: otherwise)
  }

  /// `do ... done`
  private mutating func loopBody(from start: Int) throws(ShellMistake) -> CommandList {
    try expect(.doWord, from: start)
    let body = try filledList(from: start)
    try expect(.done, from: start)
    return body
  }

  private mutating func each(from start: Int) throws(ShellMistake) -> CommandBody {
    try advance()
    if token == .end { throw ShellMistake(.missing(StaticText("name")), at: start, isIncomplete: true) }
    guard let name = plainWord, ShellName.isName(name) else {
      throw ShellMistake(.noName(source(in: tokenStart..<tokenEnd)), at: tokenStart)
    }
    try advance()
    try skipNewlines()
    var words: [ShellWord]?
    if plainWord == StaticText("in").bytes {
      try advance()
      var list: [ShellWord] = []
      while case .word(let word) = token {
        list.append(word)
        try advance()
      }
      words = list
      guard token == .newline || isSymbol(.semicolon) else {
        if token == .end { throw ShellMistake(.missing(StaticText("do")), at: start, isIncomplete: true) }
        throw unexpected
      }
      try advance()
    } else if isSymbol(.semicolon) {
      try advance()
    }
    try skipNewlines()
    return .each(name: name, words: words, body: try loopBody(from: start))
  }

  private mutating func choice(from start: Int) throws(ShellMistake) -> CommandBody {
    try advance()
    guard case .word(let subject) = token else {
      throw ShellMistake(.missing(StaticText("word")), at: start, isIncomplete: token == .end)
    }
    try advance()
    try skipNewlines()
    guard plainWord == StaticText("in").bytes else {
      throw ShellMistake(.missing(StaticText("in")), at: start, isIncomplete: token == .end)
    }
    try advance()
    try skipNewlines()
    var choices: [ShellChoice] = []
    while !isReserved(.esac) {
      choices.append(try oneChoice(from: start))
      try skipNewlines()
    }
    try expect(.esac, from: start)
    return .choice(subject, choices)
  }

  /// `PATTERN | PATTERN) COMMANDS ;;`
  private mutating func oneChoice(from start: Int) throws(ShellMistake) -> ShellChoice {
    if isSymbol(.open) { try advance() }
    var patterns: [ShellWord] = []
    repeat {
      if !patterns.isEmpty { try advance() }
      guard case .word(let pattern) = token else {
        if token == .end { throw ShellMistake(.missing(StaticText("esac")), at: start, isIncomplete: true) }
        throw unexpected
      }
      patterns.append(pattern)
      try advance()
    } while isSymbol(.pipe)
    guard isSymbol(.close) else {
      if token == .end { throw ShellMistake(.missing(StaticText(")")), at: start, isIncomplete: true) }
      throw unexpected
    }
    try advance()
    let body = try list()
    if isSymbol(.endOfChoice) {
      try advance()
    } else if !isReserved(.esac) {
      if token == .end { throw ShellMistake(.missing(StaticText("esac")), at: start, isIncomplete: true) }
      throw unexpected
    }
    return ShellChoice(patterns: patterns, body: body.items.isEmpty ? nil : body)
  }
}
