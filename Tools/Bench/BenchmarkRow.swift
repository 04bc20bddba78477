// Reads what the program `bench --json` prints.

import Foundation

/// One measured operation, or one that could not be measured.
public struct BenchmarkRow: Codable, Sendable, Equatable {
  public let group: String
  public let name: String
  /// What the numbers count: `instructions`, or `bytes`.
  public let unit: String?
  /// How many samples there were; nil where the row was not measured.
  public let samples: Int?
  public let minimum: Int?
  public let median: Int?
  /// What nine of ten samples stay within.
  public let p90: Int?
  public let maximum: Int?
  /// For one operation, on average: changes of the address space, other flushes of the translation cache, switches.
  public let spaceChanges: Int?
  public let flushes: Int?
  public let switches: Int?
  /// The same of bytes that the kernel copied.
  public let bytesCopied: Int?
  /// Page faults, in one run of a program or of a service's load.
  public let faults: Int?
  /// Why it was not measured.
  public let reason: String?

  public var fullName: String { "\(group)/\(name)" }

  public init(
    group: String, name: String, unit: String? = "instructions", samples: Int? = nil, minimum: Int? = nil,
    median: Int? = nil, p90: Int? = nil, maximum: Int? = nil, spaceChanges: Int? = nil, flushes: Int? = nil,
    switches: Int? = nil, bytesCopied: Int? = nil, faults: Int? = nil, reason: String? = nil
  ) {
    self.group = group
    self.name = name
    self.unit = unit
    self.samples = samples
    self.minimum = minimum
    self.median = median
    self.p90 = p90
    self.maximum = maximum
    self.spaceChanges = spaceChanges
    self.flushes = flushes
    self.switches = switches
    self.bytesCopied = bytesCopied
    self.faults = faults
    self.reason = reason
  }

  /// A size, which there is one sample of.
  public init(group: String, name: String, bytes: Int) {
    self.init(
      group: group, name: name, unit: "bytes", samples: 1, minimum: bytes, median: bytes, p90: bytes, maximum: bytes)
  }

  /// The rows in a console's output: each line that is a JSON object. Other lines are passed over.
  public static func rows(in console: String) throws -> [BenchmarkRow] {
    let decoder = JSONDecoder()
    return try console.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }
      .map { try decoder.decode(BenchmarkRow.self, from: Data($0.utf8)) }
  }

  /// The rows of the memory that is in use after the start, of what `free` printed first; nil where it did not. The boot archive
  /// holds each program of the tree, so that whoever adds one adds to it: without it the size is the system's alone.
  public static func memoryInUse(in console: String) -> [BenchmarkRow]? {
    func pages(_ title: String) -> Int? {
      guard let line = console.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("\(title) ") }) else {
        return nil
      }
      let words = line.dropFirst(title.count).split(separator: " ")
      return words.count == 4 && words[1] == "pages" ? Int(words[0]) : nil
    }
    guard let inUse = pages("in use"), let archive = pages("boot archive"), archive <= inUse else { return nil }
    return [
      BenchmarkRow(group: "boot", name: "memory in use", bytes: inUse * 4096),
      BenchmarkRow(group: "boot", name: "memory in use beside the boot archive", bytes: (inUse - archive) * 4096),
    ]
  }

  /// The names of the rows in which two runs differ, or that only one of them has.
  public static func differences(_ first: [BenchmarkRow], _ second: [BenchmarkRow]) -> [String] {
    let others = Dictionary(second.map { ($0.fullName, $0) }, uniquingKeysWith: { first, _ in first })
    let missing = Set(others.keys).subtracting(first.map { $0.fullName })
    return first.filter { others[$0.fullName] != $0 }.map { $0.fullName } + missing.sorted()
  }
}
