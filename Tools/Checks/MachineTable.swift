// The table of machines in docs/machines.md, each row of which becomes a case of the guest suites: what the page promises is
// what the suite boots.

import Emulator

/// The rows `| board | processor | memory | what comes of it |`.
public enum MachineTable {
  /// What each machine that boots is told to do.
  private static let script = "rings; run --ring0 rings; exit 0"
  private static let shown = [
    "^process +: Ring 3, CS 0x1b", "^rings: the threads share the address space of their process",
    "^process +: Ring 0, CS 0x28", "^rings: the threads share the address space of their process",
  ]
  /// How a row says that the machine runs; any other text is a part of the sentence by which it is refused.
  private static let runs = "runs"

  /// The cases of all rows.
  public static func cases(in page: String) throws(GuestCaseMistake) -> [GuestCase] {
    var cases: [GuestCase] = []
    for (index, line) in page.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard line.hasPrefix("| `") else { continue }
      let fields = line.split(separator: "|").map { field in
        String(field).trimmingBlanks.filter { $0 != "`" }
      }
      guard fields.count == 4, MemorySize(fields[2]) != nil else {
        throw GuestCaseMistake(
          group: "machines", line: index + 1, what: "a row is board, processor, memory and what comes of it")
      }
      var one = GuestCase(name: fields[0...2].joined(separator: ", "), group: "machines")
      one.machine = ["--machine", fields[0], "--cpu", fields[1], "--ram", fields[2]]
      one.script = [script]
      one.forbidden = ["nobody handles"]
      if fields[3] == runs {
        one.expectations = shown
        one.forbidden.append("PANIC")
      } else {
        one.status = 125
        one.expectations = [fields[3]]
      }
      cases.append(one)
    }
    return cases
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
