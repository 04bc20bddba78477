// All jobs, in the order of their numbers, and which of them ends where memory does.
//
// Invariant: the list holds every job from when its record was initialized until `remove`.

import ABI
import Primitives
import Scheduling

public struct JobTree: ~Copyable {
  private(set) var first: Reference<Job>?
  private var last: Reference<Job>?
  private var nextNumber: UInt32 = 1

  /// How deep jobs lie inside each other at the most: every charge goes all the way out.
  public static var depthLimit: UInt8 { 8 }

  public init() {}

  /// Initializes a job in `record`, with one reference. A limit of 0 stands for none. `share`: of its own, where no other job pays.
  public mutating func add(
    _ record: UnsafeMutablePointer<Job>, parent: Reference<Job>?, isReserved: Bool, limits: JobAmounts,
    share: Reference<Share>? = nil
  ) -> Reference<Job> {
    unsafe record.initialize(
      to: Job(number: nextNumber, parent: parent, isReserved: isReserved, limits: limits.asLimits, share: share))
    nextNumber = nextNumber == .max ? 1 : nextNumber &+ 1
    let job = unsafe Reference(record)
    job.value.previous = last
    if let last { last.value.next = job } else { first = job }
    last = job
    return job
  }

  /// Takes a job out whose record is to go.
  public mutating func remove(_ job: Reference<Job>) {
    let (next, previous) = (job.value.next, job.value.previous)
    if let previous { previous.value.next = next } else { first = next }
    if let next { next.value.previous = previous } else { last = previous }
  }

  /// The job with the lowest number above `number`.
  public func next(after number: UInt32) -> Reference<Job>? {
    var best: Reference<Job>?
    forEach { if $0.value.number > number, $0.value.number < best?.value.number ?? .max { best = $0 } }
    return best
  }

  /// What all jobs together have.
  public func total(_ resource: JobResource) -> UInt32 {
    var sum: UInt32 = 0
    forEach { if $0.value.payer == nil { sum &+= $0.value.used[resource] } }
    return sum
  }

  /// The job that is to end where no memory is left: the largest of those that lie directly in a reserved one; where one
  /// job inside it has more than half of that, that one, and so on. So a program that takes everything does not bring down
  /// who started it, and one that hides in many small jobs ends as a whole.
  public func largest() -> Reference<Job>? {
    guard var job = largest(where: { !$0.value.isReserved && $0.value.parent?.value.isReserved ?? true }) else {
      return nil
    }
    while let inner = largest(where: { $0.value.parent == job }),
      inner.value.used.memory > job.value.used.memory / 2
    {
      job = inner
    }
    return job
  }

  private func largest(where isCandidate: (Reference<Job>) -> Bool) -> Reference<Job>? {
    var best: Reference<Job>?
    forEach {
      if isCandidate($0), $0.value.used.memory > best?.value.used.memory ?? 0 { best = $0 }
    }
    return best
  }

  private func forEach(_ body: (Reference<Job>) -> Void) {
    var job = first
    while let candidate = job {
      job = candidate.value.next
      body(candidate)
    }
  }
}
