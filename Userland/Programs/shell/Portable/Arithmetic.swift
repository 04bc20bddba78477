// `$((...))`: whole numbers of 64 bits with C's operators.
//
// Invariant: what does not fit, a division by zero and a text that is no expression give a failure and never a trap.

enum ArithmeticFailure: Error, Equatable {
  case notAnExpression
  case overflow
  case divisionByZero
  case tooDeep

  var sentence: StaticString {
    switch self {
    case .notAnExpression: "this is no expression: numbers, names, ( ) and + - * / % < <= > >= == != && || ! are known"
    case .overflow: "the number does not fit into 64 bits"
    case .divisionByZero: "something is divided by zero"
    case .tooDeep: "too many operators lie in each other"
    }
  }
}

struct Arithmetic {
  private let text: [UInt8]
  private var position = 0
  private var depth = 0
  /// What a variable holds; a name that is no number counts as 0.
  private let value: ([UInt8]) -> [UInt8]

  static func compute(
    _ text: [UInt8], value: @escaping ([UInt8]) -> [UInt8]
  ) throws(ArithmeticFailure) -> Int64 {
    var arithmetic = Arithmetic(text, value)
    let result = try arithmetic.expression(0)
    arithmetic.skipBlanks()
    guard arithmetic.position == text.count else { throw .notAnExpression }
    return result
  }

  private init(_ text: [UInt8], _ value: @escaping ([UInt8]) -> [UInt8]) {
    self.text = text
    self.value = value
  }

  private enum Operator {
    case or, and, equal, unequal, less, lessEqual, greater, greaterEqual, add, subtract, multiply, divide, remainder
  }

  private mutating func skipBlanks() {
    while position < text.count, text[position] == 0x20 || text[position] == 0x09 || text[position] == 0x0a {
      position += 1
    }
  }

  /// The operator that stands here, how strongly it binds and how long it is.
  private mutating func nextOperator() -> (kind: Operator, strength: Int, length: Int)? {
    skipBlanks()
    guard position < text.count else { return nil }
    let second = position + 1 < text.count ? text[position + 1] : 0
    switch text[position] {
    case 0x7c: return second == 0x7c ? (.or, 1, 2) : nil
    case 0x26: return second == 0x26 ? (.and, 2, 2) : nil
    case 0x3d: return second == 0x3d ? (.equal, 3, 2) : nil
    case 0x21: return second == 0x3d ? (.unequal, 3, 2) : nil
    case 0x3c: return second == 0x3d ? (.lessEqual, 4, 2) : (.less, 4, 1)
    case 0x3e: return second == 0x3d ? (.greaterEqual, 4, 2) : (.greater, 4, 1)
    case 0x2b: return (.add, 5, 1)
    case 0x2d: return (.subtract, 5, 1)
    case 0x2a: return (.multiply, 6, 1)
    case 0x2f: return (.divide, 6, 1)
    case 0x25: return (.remainder, 6, 1)
    default: return nil
    }
  }

  /// An expression of operators that bind more strongly than `strength`.
  private mutating func expression(_ strength: Int) throws(ArithmeticFailure) -> Int64 {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ShellLimits.nesting else { throw .tooDeep }
    var left = try operand()
    while let next = nextOperator(), next.strength > strength {
      position += next.length
      let right = try expression(next.strength)
      left = try Self.apply(next.kind, left, right)
    }
    return left
  }

  private mutating func operand() throws(ArithmeticFailure) -> Int64 {
    skipBlanks()
    guard position < text.count else { throw .notAnExpression }
    let byte = text[position]
    switch byte {
    case 0x28:
      position += 1
      let inner = try expression(0)
      skipBlanks()
      guard position < text.count, text[position] == 0x29 else { throw .notAnExpression }
      position += 1
      return inner
    case 0x2d, 0x2b, 0x21:
      position += 1
      depth += 1
      defer { depth -= 1 }
      guard depth <= ShellLimits.nesting else { throw .tooDeep }
      let inner = try operand()
      if byte == 0x21 { return inner == 0 ? 1 : 0 }
      return byte == 0x2b ? inner : try Self.apply(.subtract, 0, inner)
    case 0x30...0x39: return try number(taking: { $0 >= 0x30 && $0 <= 0x39 || ShellName.continues($0) })
    default:
      guard ShellName.begins(byte) else { throw .notAnExpression }
      let start = position
      while position < text.count, ShellName.continues(text[position]) { position += 1 }
      let held = value([UInt8](text[start..<position]))
      return try held.isEmpty ? 0 : Self.number(held)
    }
  }

  private mutating func number(taking isPart: (UInt8) -> Bool) throws(ArithmeticFailure) -> Int64 {
    let start = position
    while position < text.count, isPart(text[position]) { position += 1 }
    return try Self.number([UInt8](text[start..<position]))
  }

  /// The number that a text spells, in base ten or after `0x` in base sixteen, with or without a sign.
  static func number(_ text: [UInt8]) throws(ArithmeticFailure) -> Int64 {
    var index = 0
    let isNegative = text.first == 0x2d
    if isNegative || text.first == 0x2b { index = 1 }
    var base: Int64 = 10
    if index + 1 < text.count, text[index] == 0x30, text[index + 1] | 0x20 == 0x78 {
      base = 16
      index += 2
    }
    guard index < text.count else { throw .notAnExpression }
    var result: Int64 = 0
    while index < text.count {
      let byte = text[index]
      let digit: Int64
      switch byte {
      case 0x30...0x39: digit = Int64(byte) - 0x30
      case 0x41...0x46: digit = Int64(byte) - 0x37
      case 0x61...0x66: digit = Int64(byte) - 0x57
      default: throw .notAnExpression
      }
      guard digit < base else { throw .notAnExpression }
      result = try apply(.multiply, result, base)
      result = try apply(isNegative ? .subtract : .add, result, digit)
      index += 1
    }
    return result
  }

  private static func apply(_ kind: Operator, _ left: Int64, _ right: Int64) throws(ArithmeticFailure) -> Int64 {
    let result: (partialValue: Int64, overflow: Bool)
    switch kind {
    case .or: return left != 0 || right != 0 ? 1 : 0
    case .and: return left != 0 && right != 0 ? 1 : 0
    case .equal: return left == right ? 1 : 0
    case .unequal: return left != right ? 1 : 0
    case .less: return left < right ? 1 : 0
    case .lessEqual: return left <= right ? 1 : 0
    case .greater: return left > right ? 1 : 0
    case .greaterEqual: return left >= right ? 1 : 0
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .divide:
      guard right != 0 else { throw .divisionByZero }
      result = left.dividedReportingOverflow(by: right)
    case .remainder:
      guard right != 0 else { throw .divisionByZero }
      result = left.remainderReportingOverflow(dividingBy: right)
    }
    guard !result.overflow else { throw .overflow }
    return result.partialValue
  }
}
