// What operations do besides running instructions.

import ABI
import Runtime

/// What an operation did besides running instructions, on average.
struct Counts {
  var spaceChanges: UInt32 = 0
  var flushes: UInt32 = 0
  var switches: UInt32 = 0
  var faults: UInt32 = 0
  var bytesCopied: UInt32 = 0

  static func take() -> Counts {
    var counters = MachineCounters()
    guard SystemCalls.counters(&counters) >= 0 else { return Counts() }
    return Counts(
      spaceChanges: counters.addressSpaceChanges.low, flushes: counters.tlbFlushes.low,
      switches: counters.taskSwitches.low, faults: counters.pageFaults.low, bytesCopied: counters.bytesCopied.low)
  }

  func since(_ before: Counts, operations: UInt32) -> Counts {
    func average(_ difference: UInt32) -> UInt32 { (difference &+ operations / 2) / operations }
    return Counts(
      spaceChanges: average(spaceChanges &- before.spaceChanges), flushes: average(flushes &- before.flushes),
      switches: average(switches &- before.switches), faults: average(faults &- before.faults),
      bytesCopied: average(bytesCopied &- before.bytesCopied))
  }

  /// Adds what another operation did; sums stop at the largest number.
  mutating func add(_ other: Counts) {
    func sum(_ left: UInt32, _ right: UInt32) -> UInt32 {
      let (sum, overflows) = left.addingReportingOverflow(right)
      return overflows ? .max : sum
    }
    spaceChanges = sum(spaceChanges, other.spaceChanges)
    flushes = sum(flushes, other.flushes)
    switches = sum(switches, other.switches)
    faults = sum(faults, other.faults)
    bytesCopied = sum(bytesCopied, other.bytesCopied)
  }

  /// The average of a sum.
  func divided(by operations: UInt32) -> Counts { since(Counts(), operations: operations) }
}
