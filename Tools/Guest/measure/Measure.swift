// Measures things that are not part of the system: a program in every kind of task, a service in every placement. The host's
// `megha bench --program` and `--service` start it; its rows are for them.
//
//     measure TAG program RUNS MILLISECONDS PATH [ARGUMENT...]
//     measure TAG service RUNS MILLISECONDS NAME REQUEST...
//
// Its rows begin with the tag, which is another one each time, since what is measured may print anything.
// A request is NAME:OPERATION:WORDS:DATA:REPLY: words separated by commas, and lengths in bytes. One without a name is sent
// once, before the others, and not measured. The exit status is 0 where all was measured.

import ABI
import Primitives
import SDK

@main struct Measure: Program {
  static func run() -> Int32 {
    var arguments: [Bytes] = []
    for index in 2..<max(2, ProgramInformation.argumentCount) { arguments.append(ProgramInformation.argument(index)) }
    guard arguments.count >= 4, let runs = arguments[1].number, runs > 0, let limit = arguments[2].number else {
      Console.complain("usage: measure TAG program|service|client RUNS MILLISECONDS ...\n")
      return 2
    }
    let rest = Array(arguments[3...])
    if arguments[0] == "program" { return ProgramRuns(runs: Int(runs), limit: limit, words: rest).measureAll() }
    if arguments[0] == "service" { return ServiceRuns.startClients(runs: arguments[1], limit: arguments[2], rest) }
    if arguments[0] == "client", let kind = TaskKind(number: rest[0]) {
      return ServiceRuns(runs: Int(runs), limit: limit, kind: kind, words: Array(rest[1...])).measureAll()
    }
    return 2
  }
}

/// Writes rows for the host, each on a line that begins with the tag.
enum Row {
  static func write(_ name: (inout ConsoleLine) -> Void, _ samples: Samples, _ counts: Counts) {
    Console.write {
      begin(name, &$0)
      $0.write(",\"unit\":\"instructions\",\"samples\":")
      $0.write(decimal: samples.count)
      field("minimum", samples.minimum, &$0)
      field("median", samples.median, &$0)
      field("p90", samples.nineTenths, &$0)
      field("maximum", samples.maximum, &$0)
      field("faults", counts.faults, &$0)
      field("spaceChanges", counts.spaceChanges, &$0)
      field("switches", counts.switches, &$0)
      $0.write("}\n")
    }
  }

  /// Writes why there is no measurement.
  static func write(_ name: (inout ConsoleLine) -> Void, reason: (inout ConsoleLine) -> Void) {
    Console.write {
      begin(name, &$0)
      $0.write(",\"reason\":\"")
      reason(&$0)
      $0.write("\"}\n")
    }
  }

  private static func begin(_ name: (inout ConsoleLine) -> Void, _ line: inout ConsoleLine) {
    line.write("\n")
    line.write(ProgramInformation.argument(1))
    line.write(" {\"group\":\"\",\"name\":\"")
    name(&line)
    line.write("\"")
  }

  private static func field(_ name: StaticString, _ value: UInt32, _ line: inout ConsoleLine) {
    line.write(",\"")
    line.write(name)
    line.write("\":")
    line.write(decimal: value)
  }
}
