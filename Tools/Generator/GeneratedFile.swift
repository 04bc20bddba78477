// The files that `megha generate` writes from the declared system-call table and module interface.
//
// Invariant: the text of a file depends on the declarations alone, so that `--check` can compare byte for byte.

import ABIDefinition

/// One file of the tree that comes from the table and is never edited by hand.
public struct GeneratedFile: Sendable {
  /// Relative to the root of the tree.
  public let path: String
  public let text: String

  /// The first line of every generated file, without its comment marker.
  static let notice = "Written by `megha generate` from ABI/Definition/SystemCallTable.swift; edit that."

  /// All generated files, in the order in which they are written.
  public static func all(
    calls: [SystemCallDeclaration] = SystemCallTable.calls,
    errors: [ErrorDeclaration] = SystemCallTable.errors
  ) -> [GeneratedFile] {
    [
      GeneratedFile(
        path: "ABI/Interface/Generated/SystemCall.swift", text: SwiftInterface.systemCalls(calls)),
      GeneratedFile(
        path: "ABI/Interface/Generated/SystemError.swift", text: SwiftInterface.systemErrors(errors)),
      GeneratedFile(
        path: "ABI/Interface/Generated/SystemCallArguments.swift", text: CallArguments.text(calls)),
      GeneratedFile(
        path: "Userland/Runtime/Generated/SystemCalls.swift", text: SwiftStubs.text(calls)),
      GeneratedFile(path: "Userland/include/megha.h", text: CHeader.text(calls: calls, errors: errors)),
      GeneratedFile(path: "docs/system-calls.md", text: ReferencePage.text(calls: calls, errors: errors)),
      GeneratedFile(path: "Modules/include/generated/module_interface.h", text: ModuleFiles.header()),
      GeneratedFile(path: "Image/Modules/Generated/exports.S", text: ModuleFiles.table()),
      GeneratedFile(path: "docs/exports.md", text: ModuleFiles.page()),
      GeneratedFile(path: "docs/linux-calls.md", text: LinuxCallsPage.text()),
    ]
  }
}

/// What makes a table unusable: found before anything is written.
public enum TableMistake: Equatable, Sendable, CustomStringConvertible {
  case numberOutOfOrder(name: String, number: Int, expected: Int)
  case repeatedName(String)
  case undeclaredError(call: String, error: String)
  case lengthWithoutBuffer(call: String, argument: String)
  case tooManyArguments(call: String, count: Int)
  case halfTime(call: String, argument: String)

  public var description: String {
    switch self {
    case .numberOutOfOrder(let name, let number, let expected):
      "\(name) has the number \(number) where \(expected) comes next."
    case .repeatedName(let name): "The name \(name) is declared twice."
    case .undeclaredError(let call, let error): "\(call) names the error \(error), which is not declared."
    case .lengthWithoutBuffer(let call, let argument):
      "\(call) has a length \(argument) that follows no address."
    case .tooManyArguments(let call, let count):
      "\(call) has \(count) arguments; five registers carry arguments."
    case .halfTime(let call, let argument):
      "\(call) has one half of a time, \(argument), without the other beside it."
    }
  }

  /// All mistakes of a table, in its order.
  public static func all(
    calls: [SystemCallDeclaration], errors: [ErrorDeclaration]
  ) -> [TableMistake] {
    var mistakes: [TableMistake] = []
    var names: Set<String> = []
    let errorNames = Set(errors.map { $0.name })
    for (index, error) in errors.enumerated() {
      if error.code != -(index + 1) {
        mistakes.append(.numberOutOfOrder(name: error.name, number: error.code, expected: -(index + 1)))
      }
      if !names.insert(error.name).inserted { mistakes.append(.repeatedName(error.name)) }
    }
    names = []
    for (index, call) in calls.enumerated() {
      if call.number != index {
        mistakes.append(.numberOutOfOrder(name: call.name, number: call.number, expected: index))
      }
      if !names.insert(call.name).inserted { mistakes.append(.repeatedName(call.name)) }
      if call.arguments.count > 5 {
        mistakes.append(.tooManyArguments(call: call.name, count: call.arguments.count))
      }
      for error in call.errors where !errorNames.contains(error) {
        mistakes.append(.undeclaredError(call: call.name, error: error))
      }
      for (position, argument) in call.arguments.enumerated() where argument.kind == .length {
        if position == 0 || !call.arguments[position - 1].kind.isAddress {
          mistakes.append(.lengthWithoutBuffer(call: call.name, argument: argument.name))
        }
      }
      mistakes += halfTimes(of: call)
    }
    return mistakes
  }

  private static func halfTimes(of call: SystemCallDeclaration) -> [TableMistake] {
    let kinds = call.arguments.map { $0.kind }
    return kinds.indices.filter { position in
      switch kinds[position] {
      case .timeLow: position + 1 == kinds.count || kinds[position + 1] != .timeHigh
      case .timeHigh: position == 0 || kinds[position - 1] != .timeLow
      default: false
      }
    }.map { .halfTime(call: call.name, argument: call.arguments[$0].name) }
  }
}

extension ArgumentKind {
  /// Whether the argument is the address of something that has a length.
  var isAddress: Bool {
    switch self {
    case .bytesIn, .bytesOut, .structureIn, .structureOut, .structureInOut: true
    case .number, .flags, .task, .handle, .length, .address, .timeLow, .timeHigh: false
    }
  }
}
