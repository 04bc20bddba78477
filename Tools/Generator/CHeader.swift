// Writes megha.h: the errors, the numbers and one inline function for each call, for programs in C.

import ABIDefinition

enum CHeader {
  /// The names of calls that were renamed since the last release, and what they are called now.
  private static let formerNames = [("notificationMake", "notificationCreate"), ("measure", "counters")]

  static func text(calls: [SystemCallDeclaration], errors: [ErrorDeclaration]) -> String {
    var text = """
      // \(GeneratedFile.notice)
      //
      // Megha's system calls for programs in C. A function returns zero or more, or a negative error code.
      // The structures that the pointers lead to are those of ABI/Interface (Structures.swift, ServiceStructures.swift).

      #ifndef MEGHA_H
      #define MEGHA_H

      #include <stdint.h>

      #include "system_call.h"

      // Errors.

      """
    for error in errors {
      text += TextShaping.wrapped(error.text, prefix: "/// ")
      text += "#define MEGHA_ERROR_\(TextShaping.upperSnakeCase(error.name)) (\(error.code))\n"
    }
    text += "\n// Numbers.\n"
    for call in calls {
      text += "#define MEGHA_CALL_\(TextShaping.upperSnakeCase(call.name)) \(call.number)u\n"
    }
    text += "#define MEGHA_CALL_COUNT \(calls.count)u\n\n"
    text += calls.map(stub).joined(separator: "\n")
    text += "\n// Names that calls had before. They go with the next release.\n"
    for (former, name) in formerNames {
      text += "#define megha_\(TextShaping.snakeCase(former)) megha_\(TextShaping.snakeCase(name))\n"
      text +=
        "#define MEGHA_CALL_\(TextShaping.upperSnakeCase(former)) MEGHA_CALL_\(TextShaping.upperSnakeCase(name))\n"
    }
    return text + "\n#endif\n"
  }

  private static func stub(_ call: SystemCallDeclaration) -> String {
    var text = TextShaping.wrapped(call.text, prefix: "/// ")
    for argument in call.arguments {
      let name = TextShaping.snakeCase(argument.name)
      text += TextShaping.wrapped("\(name): \(argument.text).", prefix: "/// - ", continuation: "///   ")
    }
    let parameters = call.arguments.map { parameter($0) }.joined(separator: ", ")
    for word in call.words {
      text += TextShaping.wrapped("\(field(of: word)): \(word.text).", prefix: "/// - ", continuation: "///   ")
    }
    let value = call.words.isEmpty ? "int32_t" : "struct megha_registers"
    let result = call.neverReturns ? "_Noreturn MEGHA_INLINE void" : "MEGHA_INLINE \(value)"
    text +=
      "\(result) megha_\(TextShaping.snakeCase(call.name))(\(parameters.isEmpty ? "void" : parameters)) {\n"
    var words = ["MEGHA_CALL_\(TextShaping.upperSnakeCase(call.name))"] + call.arguments.map { word($0) }
    if !call.words.isEmpty { words += Array(repeating: "0", count: 5 - call.arguments.count) }
    let function = call.words.isEmpty ? "megha_system_call\(call.arguments.count)" : "megha_system_call_registers"
    let invocation = "\(function)(\(words.joined(separator: ", ")));"
    text +=
      call.neverReturns ? "  (void)\(invocation)\n  __builtin_unreachable();\n" : "  return \(invocation)\n"
    return text + "}\n"
  }

  /// Where `struct megha_registers` has a word that came back.
  private static func field(of word: RegisterWord) -> String { word.register.lowercased() }

  private static func parameter(_ argument: Argument) -> String {
    let name = TextShaping.snakeCase(argument.name)
    return switch argument.kind {
    case .number, .flags, .task, .handle, .length, .address, .timeLow, .timeHigh: "uint32_t \(name)"
    case .bytesIn, .structureIn: "const void *\(name)"
    case .bytesOut, .structureOut, .structureInOut: "void *\(name)"
    }
  }

  private static func word(_ argument: Argument) -> String {
    let name = TextShaping.snakeCase(argument.name)
    return argument.kind.isAddress ? "(uint32_t)(uintptr_t)\(name)" : name
  }
}
