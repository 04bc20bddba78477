// The kinds of task there are.

import ABI
import SDK

enum TaskKind: UInt32, CaseIterable {
  case ring3, separate, shared, guarded

  var label: StaticString {
    switch self {
    case .ring3: "Ring 3"
    case .separate: "Ring 0 separate"
    case .shared: "Ring 0 shared"
    case .guarded: "Ring 0 guarded"
    }
  }

  var flags: StartFlags {
    switch self {
    case .ring3: []
    case .separate: .ring0
    case .shared: [.ring0, .sharedStack]
    case .guarded: [.ring0, .guarded]
    }
  }

  /// How the command line names it.
  var number: StaticString {
    switch self {
    case .ring3: "0"
    case .separate: "1"
    case .shared: "2"
    case .guarded: "3"
    }
  }

  init?(number: Bytes) {
    guard let value = number.number, let kind = TaskKind(rawValue: value) else { return nil }
    self = kind
  }
}
