// Measures what the system's operations cost, in instructions under `-icount` and in cycles on real hardware.
//
//     bench [GROUP] [--json] [--time]
//
// Each group is measured in processes of the kinds that it asks for: this program starts itself with --as. The exit
// status is 0 where everything was measured that the system can do.
//
// Invariant: a number is printed only after the self-check, a loop of known length, read what it must. With --time the
// counter counts something else than instructions, by steps of any size, and there is no such check.

import ABI
import Primitives
import SDK

@main
struct Bench: Program {
  static func run() -> Int32 {
    guard let request = Request() else {
      Console.complain("usage: bench [GROUP] [--json] [--time]; the groups are")
      for group in Group.allCases {
        Console.write {
          $0.write(" ")
          $0.write(group.name)
        }
      }
      Console.write("\n")
      return 2
    }
    if let role = request.role { return role.play() }
    if let kind = request.kind, let group = request.group {
      return measure(group, in: kind, request)
    }
    if !request.isJSON { Report.writeHead() }
    var status: Int32 = 0
    for group in Group.allCases where request.group == nil || request.group == group {
      for kind in group.kinds {
        let partner = Partner(kind: kind, arguments: request.arguments(for: group, in: kind))
        guard let partner, partner.wait() == .exited(status: 0) else {
          Console.write {
            $0.write("bench: the group ")
            $0.write(group.name)
            $0.write(" was not measured in ")
            $0.write(kind.label)
            $0.write("\n")
          }
          status = 1
          continue
        }
      }
    }
    return status
  }

  private static func measure(_ group: Group, in kind: TaskKind, _ request: Request) -> Int32 {
    guard var report = Report(request, group: group) else {
      Console.write("bench: there is no memory for samples\n")
      return 1
    }
    guard request.isTimed || report.checksItself() else { return 1 }
    group.measure(as: kind, &report)
    return 0
  }
}

/// What the command line asks for.
struct Request {
  var group: Group?
  var isJSON = false
  var isTimed = false
  var kind: TaskKind?
  var role: Role?

  init?() {
    var index = 1
    while index < ProgramInformation.argumentCount {
      let argument = ProgramInformation.argument(index)
      index += 1
      if argument == "--json" {
        isJSON = true
      } else if argument == "--time" {
        isTimed = true
      } else if argument == "--as", index < ProgramInformation.argumentCount {
        kind = TaskKind(number: ProgramInformation.argument(index))
        index += 1
      } else if let role = Role(named: argument) {
        self.role = role
      } else if group == nil, let group = Group(named: argument) {
        self.group = group
      } else {
        return nil
      }
    }
  }

  /// The command line of the process that measures `group` in `kind`.
  func arguments(for group: Group, in kind: TaskKind) -> WordList {
    var words = WordList()
    words.append(Partner.program)
    words.append(group.name)
    words.append("--as")
    words.append(kind.number)
    if isJSON { words.append("--json") }
    if isTimed { words.append("--time") }
    return words
  }
}

/// The groups of rows, in the order in which they are measured.
enum Group: CaseIterable {
  case boot, call, files, switches, words, notifications, pipes, tasks, memory, messages, modules, placement, growth,
    stretches

  var name: StaticString {
    switch self {
    case .boot: "boot"
    case .call: "call"
    case .files: "files"
    case .switches: "switch"
    case .words: "word"
    case .notifications: "notification"
    case .pipes: "pipe"
    case .tasks: "task"
    case .memory: "memory"
    case .messages: "message"
    case .modules: "module"
    case .placement: "placement"
    case .growth: "growth"
    case .stretches: "stretch"
    }
  }

  init?(named name: Bytes) {
    for group in Group.allCases where name == group.name {
      self = group
      return
    }
    return nil
  }

  /// The kinds of process that measure it.
  var kinds: [TaskKind] {
    switch self {
    case .boot, .modules, .growth, .stretches: [.ring3]
    case .call, .switches: [.ring3, .separate, .shared, .guarded]
    case .files, .words, .notifications, .pipes, .tasks, .memory, .messages, .placement: [.ring3, .separate, .guarded]
    }
  }

  func measure(as kind: TaskKind, _ report: inout Report) {
    switch self {
    case .boot: BootRows.measure(&report)
    case .call: CallRows.measure(as: kind, &report)
    case .files: FileRows.measure(as: kind, &report)
    case .switches: SwitchRows.measure(as: kind, &report)
    case .words: WordRows.measure(as: kind, &report)
    case .notifications: NotificationRows.measure(as: kind, &report)
    case .pipes: PipeRows.measure(as: kind, &report)
    case .tasks: TaskRows.measure(as: kind, &report)
    case .memory: MemoryRows.measure(as: kind, &report)
    case .messages: MessageRows.measure(as: kind, &report)
    case .modules: ModuleRows.measure(&report)
    case .placement: PlacementRows.measure(as: kind, &report)
    case .growth: GrowthRows.measure(&report)
    case .stretches: StretchRows.measure(&report)
    }
  }
}
