// Writes the description of every call and argument for programs that deal with calls in general: the fuzzer's grammar
// and what the tracer prints by.

import ABIDefinition

enum CallArguments {
  static func text(_ calls: [SystemCallDeclaration]) -> String {
    var text = """
      // \(GeneratedFile.notice)

      extension SystemCall {
        /// Its name in the table.
        public var name: StaticString {
          switch self {

      """
    for call in calls { text += "    case .\(call.name): \"\(call.name)\"\n" }
    text += """
          }
        }

        /// How many arguments it takes.
        public var argumentCount: Int {
          switch self {

      """
    for count in Set(calls.map { $0.arguments.count }).sorted() {
      let names = calls.filter { $0.arguments.count == count }.map { ".\($0.name)" }
      let pattern = TextShaping.wrapped(
        "\(names.joined(separator: ", ")):", prefix: "    case ", continuation: "      ")
      // The number stands on the line of a short pattern, and below a long one.
      let isShort = !pattern.dropLast().contains("\n")
      text += isShort ? "\(pattern.dropLast()) \(count)\n" : "\(pattern)      \(count)\n"
    }
    text += """
          }
        }

        /// Whether the call does not come back to its caller.
        public var neverReturns: Bool {
          switch self {
          case \(calls.filter { $0.neverReturns }.map { ".\($0.name)" }.joined(separator: ", ")): true
          default: false
          }
        }

        /// The description of an argument, from 0; nil where the call does not have so many.
        public func argument(_ index: Int) -> CallArgument? {
          switch (self, index) {

      """
    for call in calls {
      for (index, argument) in call.arguments.enumerated() {
        let line = "    case (.\(call.name), \(index)): CallArgument(\"\(argument.name)\", \(kind(argument.kind)))\n"
        if line.count <= TextShaping.lineLength + 1 {
          text += line
        } else {
          text += "    case (.\(call.name), \(index)):\n"
          text += "      CallArgument(\"\(argument.name)\", \(kind(argument.kind)))\n"
        }
      }
    }
    return text + """
          default: nil
          }
        }
      }

      """
  }

  private static func kind(_ kind: ArgumentKind) -> String {
    switch kind {
    case .number: ".number"
    case .flags: ".flags"
    case .task: ".task"
    case .handle: ".handle"
    case .bytesIn: ".bytesIn"
    case .bytesOut: ".bytesOut"
    case .length: ".length"
    case .structureIn(let type): ".structureIn(size: \(size(type)))"
    case .structureOut(let type): ".structureOut(size: \(size(type)))"
    case .structureInOut(let type): ".structureInOut(size: \(size(type)))"
    case .address: ".address"
    case .timeLow: ".timeLow"
    case .timeHigh: ".timeHigh"
    }
  }

  private static func size(_ type: String) -> String { "UInt32(MemoryLayout<\(type)>.size)" }
}
