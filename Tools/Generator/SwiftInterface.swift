// Writes the two enums of ABI that the kernel and the programs share: the numbers and the errors.

import ABIDefinition

enum SwiftInterface {
  static func systemCalls(_ calls: [SystemCallDeclaration]) -> String {
    var text = """
      // \(GeneratedFile.notice)

      /// The system calls by number: what EAX holds when a task enters the kernel. The arguments are in EBX, ECX,
      /// EDX, ESI and EDI, in the order given; the result comes back in EAX.
      public enum SystemCall: UInt32, Sendable {

      """
    for call in calls {
      text += TextShaping.wrapped(call.text, prefix: "  /// ")
      for argument in call.arguments {
        text += TextShaping.wrapped(
          "`\(argument.name)`: \(argument.text).", prefix: "  /// - ", continuation: "  ///   ")
      }
      text += "  case \(call.name) = \(call.number)\n"
    }
    text += """

        /// How many there are; every number below it is a call.
        @inlinable public static var count: UInt32 { \(calls.count) }
      }

      """
    return text
  }

  static func systemErrors(_ errors: [ErrorDeclaration]) -> String {
    var text = """
      // \(GeneratedFile.notice)

      /// Why a system call failed: what EAX holds, as a negative number, when a task comes back from the kernel.
      public enum SystemError: Int32, Error, Sendable {

      """
    for error in errors {
      text += TextShaping.wrapped(error.text, prefix: "  /// ")
      text += "  case \(error.name) = \(error.code)\n"
    }
    text += """

        /// Its name in the table.
        public var name: StaticString {
          switch self {

      """
    for error in errors { text += "    case .\(error.name): \"\(error.name)\"\n" }
    text += """
          }
        }

        /// One sentence that says what it means.
        public var sentence: StaticString {
          switch self {

      """
    for error in errors {
      text += "    case .\(error.name):\n      \"\(error.text)\"\n"
    }
    text += """
          }
        }
      }

      """
    return text
  }
}
