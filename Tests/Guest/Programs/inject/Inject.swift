// Makes mistakes in the code of programs, servers and modules, starts each in the kind of task that is asked for, and looks
// whether anything else came to harm.
//
//     run --ring0 /extra/inject --kind KIND [--seed S] [--first I] [--count N] [--interval N]
//
// KIND is ring3, guarded, server, ring0, shared or module. Mutant number I of a seed is always the same. It runs in Ring 0
// itself, to look at the kernel's code and tables; after each `interval` mutants it does. The exit status is 0 where all
// was in order to the end. `./megha inject` starts it on many machines and counts.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Inject: Program {
  /// Where this program is: the host gives it to machines that want it.
  static var path: StaticString { "/extra/inject" }

  static func run() -> Int32 {
    if ProgramInformation.argumentCount == 2, ProgramInformation.argument(1) == "--canary" { return Canary.run() }
    if ProgramInformation.argumentCount == 4, ProgramInformation.argument(1) == ModuleTrial.callerWord {
      return ModuleTrial.makeCalls()
    }
    guard let options = CampaignOptions() else {
      Console.complain("usage: run --ring0 /extra/inject --kind ring3|guarded|server|ring0|shared|module\n")
      Console.write("                           [--seed S] [--first I] [--count N] [--interval N]\n")
      return 2
    }
    guard read_code_segment() & 3 == 0 else {
      Console.write("inject: it must look at the kernel: start it with run --ring0 /extra/inject\n")
      return 2
    }
    var campaign = Campaign(options)
    return campaign.run()
  }
}

/// The kind of task that mutants run in.
enum TrialKind {
  case ring3, guarded, server, ring0, shared, module

  init?(named name: Bytes) {
    for kind in [TrialKind.ring3, .guarded, .server, .ring0, .shared, .module] where name == kind.name {
      self = kind
      return
    }
    return nil
  }

  var name: StaticString {
    switch self {
    case .ring3: "ring3"
    case .guarded: "guarded"
    case .server: "server"
    case .ring0: "ring0"
    case .shared: "shared"
    case .module: "module"
    }
  }

  var flags: StartFlags {
    switch self {
    case .ring3, .server, .module: []
    case .guarded: [.ring0, .guarded]
    case .ring0: .ring0
    case .shared: [.ring0, .sharedStack]
    }
  }
}

struct CampaignOptions {
  var kind = TrialKind.ring3
  var seed: UInt32 = 1
  var first: UInt32 = 0
  var count: UInt32 = 1000
  var interval: UInt32 = 32

  /// From the program's arguments; nil where they are not understood.
  init?() {
    var hasKind = false
    var index = 1
    while index + 1 < ProgramInformation.argumentCount {
      let word = ProgramInformation.argument(index)
      let value = ProgramInformation.argument(index + 1)
      index += 2
      if word == "--kind" {
        guard let kind = TrialKind(named: value) else { return nil }
        self.kind = kind
        hasKind = true
        continue
      }
      guard let number = value.number else { return nil }
      if word == "--seed" {
        seed = number
      } else if word == "--first" {
        first = number
      } else if word == "--count" {
        count = number
      } else if word == "--interval", number > 0 {
        interval = number
      } else {
        return nil
      }
    }
    guard hasKind, index == ProgramInformation.argumentCount, !first.addingReportingOverflow(count).overflow else {
      return nil
    }
  }
}
