// What other systems need for the same operations, in the same emulator and counted the same way.
//
// The numbers of seL4 (ia32, release build, sel4test's timing loop around the calls), xv6 (the 32-bit edition) and of
// MeghaOS in C (github.com/coderarjob/meghaos-x86, its fastest and slowest build) were measured once under
// `qemu-system-i386 -accel tcg -icount shift=0,sleep=off` (QEMU 7.2) and are quoted here. Linux is measured by
// `megha bench --peers`, and what it reads must be within 5% of what is quoted: the numbers of Debian's 6.1.176-1.

import Reports

public struct Peer: Sendable {
  public let operation: String
  /// The full names of Megha's rows that compare; the first measured one counts.
  public let rows: [String]
  /// The key of the Linux program's row, and what is quoted for it.
  public let linux: (key: String, quoted: Int)?
  public let sel4: Int?
  public let xv6: Int?
  public let meghaInC: Int?

  private init(
    _ operation: String, _ rows: [String], linux: (key: String, quoted: Int)? = nil, sel4: Int? = nil,
    xv6: Int? = nil, meghaInC: Int? = nil
  ) {
    self.operation = operation
    self.rows = rows
    self.linux = linux
    self.sel4 = sel4
    self.xv6 = xv6
    self.meghaInC = meghaInC
  }

  public static let all: [Peer] = [
    Peer(
      "null system call, Ring 3", ["call/null call, Ring 3"], linux: ("null", 337), sel4: 111, xv6: 1395,
      meghaInC: 71),
    Peer("null system call, Ring 0", ["call/null call, Ring 0 separate"], meghaInC: 77),
    Peer(
      "call and reply, empty, other address space", ["message/call and reply, empty, Ring 3 to Ring 3"],
      linux: ("pipe", 12_731), sel4: 485, xv6: 27247),
    Peer(
      "call and reply, 64 bytes", ["message/call and reply, 64 bytes, Ring 3 to Ring 3"],
      linux: ("pipe64", 12_851), sel4: 1116, xv6: 30775),
    Peer(
      "call and reply, 4 KiB", ["message/call and reply, 4096 bytes, Ring 3 to Ring 3"],
      linux: ("pipe4096", 16_649), xv6: 435795),
    Peer(
      "yield, two tasks, round trip", ["switch/yield round trip, processes, Ring 3 and Ring 3"],
      linux: ("yield", 4946), sel4: 632, meghaInC: 862),
    Peer(
      "notify and wait, ping-pong", ["notification/signal and wait ping-pong, processes, Ring 3 and Ring 3"],
      linux: ("futex", 9052), sel4: 2302),
    Peer(
      "page fault, fresh zero page", ["memory/first touch of a page, Ring 3"], linux: ("fault", 3222),
      sel4: 1488),
    Peer(
      "map, touch and unmap of a page", ["memory/map, touch and unmap of a page, Ring 3"],
      linux: ("map", 20_110)),
    Peer(
      "thread: create, run, exit, join", ["task/thread of Ring 3, from Ring 3"], linux: ("thread", 48_743),
      sel4: 4341, meghaInC: 25160),
    Peer(
      "process: start, run, exit, wait", ["task/process of Ring 3, from Ring 3"], linux: ("process", 258_219),
      sel4: 83740, xv6: 3_992_891, meghaInC: 86680),
    Peer(
      "kernel entry to first user instruction", ["boot/kernel entry to first user instruction"],
      meghaInC: 618_500),
    Peer("memory in use after boot, bytes", ["boot/memory in use"], linux: ("memory", 31_129_600)),
  ]

  /// The table of all peers: costs, and in brackets how many times Megha's cost that is.
  /// - Parameter linux: what was measured on Linux, by key; where it is empty, what is quoted stands there.
  public static func table(_ rows: [BenchmarkRow], linux: [String: Int]) -> TextTable {
    let byName = Dictionary(rows.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
    var table = TextTable(titles: ["operation", "Megha", "Linux 6.1", "seL4", "xv6", "MeghaOS in C"])
    for peer in all {
      let own = peer.rows.compactMap { byName[$0]?.median }.first
      func cell(_ value: Int?) -> String {
        guard let value else { return "-" }
        guard let own, own > 0 else { return grouped(value) }
        let tenths = (value * 10 + own / 2) / own
        return "\(grouped(value)) (x\(tenths / 10).\(tenths % 10))"
      }
      table.lines.append([
        peer.operation, own.map(grouped) ?? "-",
        cell(peer.linux.map { linux[$0.key] ?? $0.quoted }), cell(peer.sel4), cell(peer.xv6),
        cell(peer.meghaInC),
      ])
    }
    return table
  }

  /// Where what was measured on Linux is further than 5% from what is quoted, as sentences.
  public static func deviations(linux: [String: Int]) -> [String] {
    all.compactMap { peer in
      guard let (key, quoted) = peer.linux, let measured = linux[key], key != "memory" else { return nil }
      let hundredths = abs(measured - quoted) * 100 / quoted
      return hundredths > 5 ? "\(peer.operation): Linux takes \(measured), quoted is \(quoted)" : nil
    }
  }
}
