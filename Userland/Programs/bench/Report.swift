// Takes samples and prints what they come to: a row each, for people or as a line of JSON for the host.
//
// Invariants:
// - The memory of the samples is touched before the first is taken, so that no fault falls into a measurement.
// - The cost of an empty pair of readings is subtracted from every sample; what comes before the operation is warm
//   is dropped.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

struct Report {
  private let group: Group
  private let isJSON: Bool
  /// What the time-stamp counter counts.
  let unit: StaticString
  private var samples: Samples

  init?(_ request: Request, group: Group) {
    guard let samples = Samples() else { return nil }
    self.samples = samples
    self.group = group
    isJSON = request.isJSON
    unit = request.isTimed ? "ticks" : "instructions"
  }

  /// Measures loops of known length. A reading that is off means that no other number can be believed.
  mutating func checksItself() -> Bool {
    for rounds: UInt32 in [1, 10, 1000] {
      _ = samples.take(4, warmUp: 2) {
        count_down(rounds)
        return 0
      }
      // Two instructions a round, and one that loads the counter. Where time is not counted in instructions, a
      // reading differs from the next.
      let expected = 2 * rounds + 1
      if samples.minimum >= expected && samples.minimum <= expected + 2 || samples.minimum != samples.maximum {
        continue
      }
      Console.write {
        $0.write("bench: a loop of ")
        $0.write(decimal: expected)
        $0.write(" instructions reads ")
        $0.write(decimal: samples.minimum)
        $0.write("\n")
      }
      return false
    }
    return true
  }

  /// Measures `operation`, which returns the result of a system call, and writes the row.
  @inline(__always)
  mutating func measure(_ name: RowName, samples count: Int = 100, _ operation: () -> Int32) {
    let before = Counts.take()
    let failure = samples.take(count, warmUp: Samples.warmUp, operation)
    let counts = Counts.take().since(before, operations: UInt32(count + Samples.warmUp))
    finish(name, failure, counts)
  }

  /// Writes the row of samples that were put in one by one.
  mutating func finish(_ name: RowName, _ failure: SystemError?, _ counts: Counts) {
    if let failure { return write(name, reason: failure.sentence) }
    samples.sort()
    write(name, counts)
  }

  /// Measures something that finds its own samples: `operation` returns one, in instructions.
  @inline(__always)
  mutating func collect(_ name: RowName, samples count: Int = 100, _ operation: () -> UInt32) {
    let before = Counts.take()
    samples.collect(count, warmUp: Samples.warmUp, operation)
    finish(name, nil, Counts.take().since(before, operations: UInt32(count + Samples.warmUp)))
  }

  /// Writes a row that is one number.
  mutating func write(_ name: RowName, value: UInt32, unit: StaticString) {
    samples.collect(1, warmUp: 0) { value }
    write(name, Counts(), unit: unit)
  }

  /// Writes a row that could not be measured.
  func write(_ name: RowName, reason: StaticString) {
    Console.write {
      if isJSON {
        beginJSON(name, &$0)
        $0.write(",\"reason\":\"")
        $0.write(reason)
        $0.write("\"}\n")
      } else {
        $0.write(rowName: name, width: Self.nameWidth)
        $0.write("-  ")
        $0.write(reason)
        $0.write("\n")
      }
    }
  }

  private static var nameWidth: Int { 58 }

  static func writeHead() {
    Console.write {
      $0.write("operation", width: nameWidth)
      $0.write("minimum    median       p90   maximum  spaces  flushes  switches  copied\n")
    }
  }

  private func beginJSON(_ name: RowName, _ output: inout ConsoleLine) {
    output.write("{\"group\":\"")
    output.write(group.name)
    output.write("\",\"name\":\"")
    output.write(rowName: name)
    output.write("\"")
  }

  private func write(_ name: RowName, _ counts: Counts, unit: StaticString? = nil) {
    Console.write {
      if isJSON {
        beginJSON(name, &$0)
        $0.write(",\"unit\":\"")
        $0.write(unit ?? self.unit)
        $0.write("\",\"samples\":")
        $0.write(decimal: samples.count)
        $0.write(",\"minimum\":")
        $0.write(decimal: samples.minimum)
        $0.write(",\"median\":")
        $0.write(decimal: samples.median)
        $0.write(",\"p90\":")
        $0.write(decimal: samples.nineTenths)
        $0.write(",\"maximum\":")
        $0.write(decimal: samples.maximum)
        $0.write(",\"spaceChanges\":")
        $0.write(decimal: counts.spaceChanges)
        $0.write(",\"flushes\":")
        $0.write(decimal: counts.flushes)
        $0.write(",\"switches\":")
        $0.write(decimal: counts.switches)
        $0.write(",\"bytesCopied\":")
        $0.write(decimal: counts.bytesCopied)
        $0.write("}\n")
      } else {
        $0.write(rowName: name, width: Self.nameWidth - 3)
        for value in [samples.minimum, samples.median, samples.nineTenths, samples.maximum] {
          $0.write(decimal: value, width: 10)
        }
        $0.write(decimal: counts.spaceChanges, width: 8)
        $0.write(decimal: counts.flushes, width: 9)
        $0.write(decimal: counts.switches, width: 10)
        $0.write(decimal: counts.bytesCopied, width: 8)
        $0.write("\n")
      }
    }
  }
}

/// The name of a row: texts one after another.
struct RowName: ExpressibleByStringLiteral {
  private var parts: [StaticString]
  init(stringLiteral text: StaticString) { parts = [text] }
  init(_ parts: StaticString...) { self.parts = parts }

  fileprivate func forEach(_ body: (StaticString) -> Void) { for part in parts { body(part) } }
}

extension TextOutput {
  fileprivate mutating func write(rowName name: RowName, width: Int = 0) {
    var length = 0
    name.forEach { length += $0.utf8CodeUnitCount }
    name.forEach { write($0) }
    pad(width - length)
  }
}
