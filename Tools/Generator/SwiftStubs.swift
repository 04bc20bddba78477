// Writes the Swift stubs: one function for each call, whose body is the call instruction and nothing else.

import ABIDefinition

enum SwiftStubs {
  static func text(_ calls: [SystemCallDeclaration]) -> String {
    var text = """
      // \(GeneratedFile.notice)

      import ABI
      import UserSupport

      /// The system calls as they are: words in, one word out. A result of zero or more is a success, a negative
      /// one is the code of a `SystemError`.
      public enum SystemCalls {

      """
    text += calls.map(stub).joined(separator: "\n")
    text += """

        /// The address that travels in a register; 0 for nil.
        @inline(__always) @inlinable
        static func word(_ pointer: UnsafeRawPointer?) -> UInt32 {
          UInt32(truncatingIfNeeded: UInt(bitPattern: pointer))
        }
      }

      """
    return text
  }

  private static func stub(_ call: SystemCallDeclaration) -> String {
    var text = TextShaping.wrapped(call.text, prefix: "  /// ")
    for argument in call.arguments {
      text += TextShaping.wrapped(
        "\(argument.name): \(argument.text).", prefix: "  /// - Parameter ", continuation: "  ///   ")
    }
    if !call.neverReturns {
      text += TextShaping.wrapped(
        "- Returns: \(call.result)\(call.errors.isEmpty ? "" : ", or one of the errors ")"
          + call.errors.joined(separator: ", ") + ".", prefix: "  /// ", continuation: "  ///   ")
    }
    for word in call.words {
      text += TextShaping.wrapped(
        "  `\(word.register.lowercased())`: \(word.text).", prefix: "  /// ", continuation: "  ///   ")
    }
    let parameters = call.arguments.map { "_ \($0.name): \(swiftType($0.kind))" }
    let result = call.neverReturns ? "Never" : call.words.isEmpty ? "Int32" : "megha_registers"
    text += "  @inline(__always) @inlinable\n"
    let head = "  public static func \(call.name)(\(parameters.joined(separator: ", "))) -> \(result) {\n"
    if head.count <= TextShaping.lineLength + 1 {
      text += head
    } else {
      let line = "    " + parameters.joined(separator: ", ")
      let list = line.count <= TextShaping.lineLength ? line : "    " + parameters.joined(separator: ",\n    ")
      text += "  public static func \(call.name)(\n\(list)\n  ) -> \(result) {\n"
    }
    var words = ["SystemCall.\(call.name).rawValue"] + call.arguments.map(word)
    if !call.words.isEmpty { words += Array(repeating: "0", count: 5 - call.arguments.count) }
    let function = call.words.isEmpty ? "megha_system_call\(call.arguments.count)" : "megha_system_call_registers"
    let prefix = call.neverReturns ? "    _ = " : "    "
    let line = "\(prefix)\(function)(\(words.joined(separator: ", ")))\n"
    if line.count <= TextShaping.lineLength + 1 {
      text += line
    } else {
      text += "\(prefix)\(function)(\n      \(words.joined(separator: ", ")))\n"
    }
    if call.neverReturns { text += "    while true {}\n" }
    return text + "  }\n"
  }

  private static func swiftType(_ kind: ArgumentKind) -> String {
    switch kind {
    case .number, .task, .handle, .length, .address, .timeLow, .timeHigh: "UInt32"
    case .flags(let type): type
    case .bytesIn: "UnsafeRawPointer?"
    case .bytesOut: "UnsafeMutableRawPointer?"
    case .structureIn(let type): "UnsafePointer<\(type)>?"
    case .structureOut(let type), .structureInOut(let type): "UnsafeMutablePointer<\(type)>?"
    }
  }

  private static func word(_ argument: Argument) -> String {
    switch argument.kind {
    case .number, .task, .handle, .length, .address, .timeLow, .timeHigh: argument.name
    case .flags: "\(argument.name).rawValue"
    case .bytesIn, .bytesOut, .structureIn, .structureOut, .structureInOut: "word(\(argument.name))"
    }
  }
}
