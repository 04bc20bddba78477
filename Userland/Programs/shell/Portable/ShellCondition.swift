// What `test` and `[` decide: texts, numbers and files.

enum ConditionMistake: Error, Equatable {
  case notANumber
  case notUnderstood

  var sentence: StaticString {
    switch self {
    case .notANumber: "something that is compared as a number is none"
    case .notUnderstood:
      "this is no condition: -n and -z TEXT, -e -f and -d FILE, = != -eq -ne -lt -le -gt -ge, ! -a -o are known"
    }
  }
}

struct ShellCondition {
  typealias Kind = ([UInt8]) -> ShellFileKind?

  private let words: [[UInt8]]
  private var index = 0

  /// - Parameter kind: what lies at a path; nil: nothing.
  static func holds(
    _ words: [[UInt8]], kind: Kind
  ) throws(ConditionMistake) -> Bool {
    if words.isEmpty { return false }
    var condition = ShellCondition(words)
    let result = try condition.either(kind)
    guard condition.index == words.count else { throw .notUnderstood }
    return result
  }

  private init(_ words: [[UInt8]]) { self.words = words }

  private func isNext(_ text: StaticString) -> Bool {
    index < words.count && StaticText(text).isSame(as: words[index])
  }

  private mutating func either(_ kind: Kind) throws(ConditionMistake) -> Bool {
    var result = try both(kind)
    while isNext("-o") {
      index += 1
      let right = try both(kind)
      result = result || right
    }
    return result
  }

  private mutating func both(_ kind: Kind) throws(ConditionMistake) -> Bool {
    var result = try negated(kind)
    while isNext("-a") {
      index += 1
      let right = try negated(kind)
      result = result && right
    }
    return result
  }

  private mutating func negated(_ kind: Kind) throws(ConditionMistake) -> Bool {
    var isNegated = false
    while isNext("!"), index + 1 < words.count {
      isNegated.toggle()
      index += 1
    }
    return try primary(kind) != isNegated
  }

  private enum Comparison { case equal, unequal, less, lessEqual, greater, greaterEqual }

  private static func comparison(_ word: [UInt8]) -> (comparison: Comparison, isNumeric: Bool)? {
    let table: [(StaticString, Comparison, Bool)] = [
      ("=", .equal, false), ("!=", .unequal, false), ("-eq", .equal, true), ("-ne", .unequal, true),
      ("-lt", .less, true), ("-le", .lessEqual, true), ("-gt", .greater, true), ("-ge", .greaterEqual, true),
    ]
    for (name, comparison, isNumeric) in table where StaticText(name).isSame(as: word) {
      return (comparison, isNumeric)
    }
    return nil
  }

  private mutating func primary(_ kind: Kind) throws(ConditionMistake) -> Bool {
    guard index < words.count else { throw .notUnderstood }
    if index + 2 < words.count, let (comparison, isNumeric) = Self.comparison(words[index + 1]) {
      let (left, right) = (words[index], words[index + 2])
      index += 3
      return try isNumeric ? Self.compareNumbers(comparison, left, right) : (left == right) == (comparison == .equal)
    }
    let word = words[index]
    index += 1
    guard index < words.count, word.count == 2, word[0] == 0x2d else { return !word.isEmpty }
    let operand = words[index]
    switch word[1] {
    case 0x6e:  // -n
      index += 1
      return !operand.isEmpty
    case 0x7a:  // -z
      index += 1
      return operand.isEmpty
    case 0x65:  // -e
      index += 1
      return kind(operand) != nil
    case 0x66:  // -f
      index += 1
      return kind(operand) == .file
    case 0x64:  // -d
      index += 1
      return kind(operand) == .folder
    default: return true
    }
  }

  private static func compareNumbers(
    _ comparison: Comparison, _ left: [UInt8], _ right: [UInt8]
  ) throws(ConditionMistake) -> Bool {
    guard let left = try? Arithmetic.number(left), let right = try? Arithmetic.number(right) else { throw .notANumber }
    switch comparison {
    case .equal: return left == right
    case .unequal: return left != right
    case .less: return left < right
    case .lessEqual: return left <= right
    case .greater: return left > right
    case .greaterEqual: return left >= right
    }
  }
}
