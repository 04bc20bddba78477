// Runs a case with failing allocations until it succeeds.

import ABI
import Primitives
import SDK

/// Makes the allocation fail that is to fail, from now on. A case calls it when it begins.
typealias Arm = () -> Void

struct Sweep {
  private var cases: UInt32 = 0
  private var failures: [UInt32] = [0, 0]
  private var differences: UInt32 = 0
  private var mistakes: UInt32 = 0
  /// No case has that many allocations.
  private static var limit: UInt32 { 400 }
  private static var kinds: [KernelTest] { [.failFrame, .failHeap] }

  /// - Parameters:
  ///   - undo: takes back what the case did when it succeeded, by its result.
  ///   - body: the case. Returns 0 or more, or a negative error.
  @inline(never)
  mutating func run(_ name: StaticString, undo: (Int32) -> Void = { _ in }, _ body: (@escaping Arm) -> Int32) {
    // The first times let this process, and what the kernel keeps for it, grow to the size they need.
    for _ in 0..<2 {
      let result = body({})
      guard result >= 0 else {
        mistakes += 1
        Console.write {
          $0.write("FAIL  ")
          $0.write(name)
          $0.write(" does not work at all: ")
          $0.write(SystemError(rawValue: result)?.sentence ?? "?")
          $0.write("\n")
        }
        return
      }
      undo(result)
    }
    cases += 1
    var sites: [UInt32] = [0, 0]
    for kind in 0..<2 { sites[kind] = countFailures(Self.kinds[kind], name, undo, body) }
    for kind in 0..<2 { failures[kind] += sites[kind] }
    Console.write {
      $0.write(name, width: 33)
      $0.write(decimal: UInt64(sites[0]), width: 10)
      $0.write(decimal: UInt64(sites[1]), width: 10)
      $0.write("\n")
    }
  }

  private mutating func countFailures(
    _ kind: KernelTest, _ name: StaticString, _ undo: (Int32) -> Void, _ body: (@escaping Arm) -> Int32
  ) -> UInt32 {
    var number: UInt32 = 1
    while number < Self.limit {
      let before = Snapshot.take()
      let result = body { _ = try? Machine.test(kind, number) }
      let left = (try? Machine.test(kind, 0)) ?? 0
      if result >= 0 { undo(result) }
      let after = Snapshot.take()
      if before != after {
        differences += 1
        Console.write {
          $0.write("FAIL  ")
          $0.write(name)
          $0.write(kind == .failFrame ? ", frame " : ", heap ")
          $0.write(decimal: number)
          $0.write(" (result ")
          $0.write(decimal: Int(result))
          $0.write("): ")
          before.describeChange(to: after, &$0)
          $0.write("\n")
        }
      }
      let isExpected = result >= 0 || left == 0 && result == SystemError.outOfMemory.rawValue
      if !isExpected {
        mistakes += 1
        Console.write {
          $0.write("FAIL  ")
          $0.write(name)
          $0.write(kind == .failFrame ? ", frame " : ", heap ")
          $0.write(decimal: number)
          $0.write(": the error is ")
          $0.write(decimal: Int(result))
          $0.write("\n")
        }
      }
      if left > 0 { return number - 1 }
      number += 1
    }
    mistakes += 1
    return number
  }

  /// Prints the sums. Returns whether all was as it should be.
  func conclude() -> Bool {
    Console.write {
      $0.write("failsweep: ")
      $0.write(decimal: cases)
      $0.write(" cases, ")
      $0.write(decimal: failures[0])
      $0.write(" failed frames, ")
      $0.write(decimal: failures[1])
      $0.write(" failed heap allocations, ")
      $0.write(decimal: differences)
      $0.write(" differences, ")
      $0.write(decimal: mistakes)
      $0.write(" other mistakes\n")
    }
    return differences == 0 && mistakes == 0 && failures[0] > 0 && failures[1] > 0
  }
}
