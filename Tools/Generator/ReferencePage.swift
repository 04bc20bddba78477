// Writes docs/system-calls.md: the reference page of the system calls.

import ABIDefinition

enum ReferencePage {
  private static let registers = ["EBX", "ECX", "EDX", "ESI", "EDI"]

  static func text(calls: [SystemCallDeclaration], errors: [ErrorDeclaration]) -> String {
    var text = """
      <!-- \(GeneratedFile.notice) -->

      # System calls

      A task puts the number into EAX and the arguments into EBX, ECX, EDX, ESI and EDI, and calls the address
      `0xbffff000`, the system-call page, in Ring 3 and in Ring 0 alike. The result comes back in EAX: zero or
      more, or a negative error code. All other registers keep their values, but for the calls that give words back: after
      those EBX, ECX, EDX, ESI and EDI hold what is said there, or anything. `int 0x80` enters the kernel too.

      | number | call | what it does |
      | ---: | --- | --- |

      """
    for call in calls {
      text +=
        "| \(call.number) | [`\(call.name)`](#\(call.number)-\(call.name.lowercased())) | \(call.text) |\n"
    }
    for call in calls { text += "\n" + section(call) }
    text += """

      ## Errors

      | code | name | meaning |
      | ---: | --- | --- |

      """
    for error in errors { text += "| \(error.code) | `\(error.name)` | \(error.text) |\n" }
    return text
  }

  private static func section(_ call: SystemCallDeclaration) -> String {
    var text = "## \(call.number) `\(call.name)`\n\n\(call.text)\n\n"
    if !call.arguments.isEmpty {
      text += "| register | argument | kind | meaning |\n| --- | --- | --- | --- |\n"
      for (register, argument) in zip(registers, call.arguments) {
        text += "| \(register) | `\(argument.name)` | \(kind(argument.kind)) | \(argument.text) |\n"
      }
      text += "\n"
    }
    if call.neverReturns { return text + "It does not return.\n" }
    text += "Result: \(call.result).\n"
    if !call.words.isEmpty {
      text += "\n| register | also comes back | meaning |\n| --- | --- | --- |\n"
      for word in call.words { text += "| \(word.register) | `\(word.name)` | \(word.text) |\n" }
    }
    if !call.errors.isEmpty {
      text += "\nErrors: \(call.errors.map { "`\($0)`" }.joined(separator: ", ")).\n"
    }
    return text
  }

  private static func kind(_ kind: ArgumentKind) -> String {
    switch kind {
    case .number: "number"
    case .flags(let type): "flags, `\(type)`"
    case .task: "task"
    case .handle: "handle"
    case .bytesIn: "address of bytes to read"
    case .bytesOut: "address of bytes to write"
    case .length: "length of the bytes before"
    case .structureIn(let type): "address of a `\(type)` to read"
    case .structureOut(let type): "address of a `\(type)` to write"
    case .structureInOut(let type): "address of a `\(type)` to read and write"
    case .address: "address"
    case .timeLow: "time in nanoseconds, low half"
    case .timeHigh: "time in nanoseconds, high half"
    }
  }
}
