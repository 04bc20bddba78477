// A job: a process and what it starts, directly and through others, whose memory and tasks are counted together. Jobs form
// a tree: what is charged to one is charged to those around it, so that a limit holds for everything inside. Only reserved
// jobs, which have no limits, count what is their own and no more.
//
// Invariants:
// - A job's amounts are those charged to it itself and to the jobs inside it; none is over its limit.
// - A job lives exactly as long as something is charged to it (the record of a process, a page, a handle's object) or
//   somebody is about to. The record of a job is charged to the job around it, which therefore outlives it.
// - A charge that is refused has changed nothing.

import ABI
import Primitives
import Scheduling

/// What is counted.
public enum JobResource: UInt8, CaseIterable, Sendable {
  /// Pages of memory that programs have.
  case pages
  /// Bytes of kernel memory: records, kernel stacks, page tables.
  case kernelBytes
  /// Tasks that nobody has waited for.
  case tasks

  /// What is counted, behind a number.
  public var unit: StaticString {
    switch self {
    case .pages: " pages of memory"
    case .kernelBytes: " bytes of the kernel's memory"
    case .tasks: " tasks"
    }
  }
}

extension JobAmounts {
  @inlinable
  public subscript(resource: JobResource) -> UInt32 {
    @inline(__always) get {
      switch resource {
      case .pages: pages
      case .kernelBytes: kernelBytes
      case .tasks: tasks
      }
    }
    @inline(__always) set {
      switch resource {
      case .pages: pages = newValue
      case .kernelBytes: kernelBytes = newValue
      case .tasks: tasks = newValue
      }
    }
  }

  @inlinable
  public var isZero: Bool { pages == 0 && kernelBytes == 0 && tasks == 0 }

  /// As limits, of which 0 means that there is none.
  var asLimits: JobAmounts {
    var limits = self
    if pages == 0 { limits.pages = .max }
    if kernelBytes == 0 { limits.kernelBytes = .max }
    if tasks == 0 { limits.tasks = .max }
    return limits
  }

  /// What a job that a reserved one starts may have where nobody says otherwise: three quarters of the tasks, and half of the
  /// memory for the kernel's records about it. What is left is enough for a shell and for the services.
  ///
  /// - Parameter frames: of the machine.
  public func orDefault(tasks: Int, frames: UInt32) -> JobAmounts {
    var limits = self
    if limits.tasks == 0 { limits.tasks = UInt32(truncatingIfNeeded: tasks / 4 * 3) }
    if limits.kernelBytes == 0 { limits.kernelBytes = min(frames / 2, .max / 4096) * 4096 }
    return limits
  }

  /// All of it in pages, rounded down.
  public var memory: UInt32 { pages &+ kernelBytes / 4096 }
}

public struct Job: ~Copyable {
  /// Names it; not used again before 2^32 others were.
  public let number: UInt32
  /// The job around it; nil for the first.
  public let parent: Reference<Job>?
  /// The job around it that pays too; nil where that one is reserved.
  public let payer: Reference<Job>?
  /// How many jobs are around it.
  public let depth: UInt8
  /// What the system cannot do without: it is not ended for want of memory, and has the last pages.
  public let isReserved: Bool
  /// Changed by `charge` and `discharge` alone.
  public var used = JobAmounts()
  /// `UInt32.max`: no limit of its own.
  public let limits: JobAmounts
  /// A bit for each resource of which it was said that the job has all that its limit allows.
  var saidLimits: UInt8 = 0
  /// Its share of the processor's time: its own, or that of the job around it that pays too.
  public let share: Reference<Share>?
  /// Those who are about to charge something to it.
  public var references: UInt32 = 1
  var next: Reference<Job>?
  var previous: Reference<Job>?

  @inlinable
  public var isInUse: Bool { references > 0 || !used.isZero }

  init(number: UInt32, parent: Reference<Job>?, isReserved: Bool, limits: JobAmounts, share: Reference<Share>?) {
    self.number = number
    self.parent = parent
    payer = parent.flatMap { $0.value.isReserved ? nil : $0 }
    self.share = payer.map { $0.value.share } ?? share
    depth = parent.map { $0.value.depth &+ 1 } ?? 0
    self.isReserved = isReserved
    self.limits = limits
  }
}

extension Reference where Value == Job {
  /// Counts an amount for this job and those around it. Returns false, with nothing changed, where one of them would be over
  /// its limit.
  @inlinable @inline(__always)
  public func charge(_ resource: JobResource, _ amount: UInt32) -> Bool {
    var job = self
    while true {
      let used = job.value.used[resource]
      guard amount <= job.value.limits[resource] &- used else {
        undo(resource, amount, below: job)
        return false
      }
      job.value.used[resource] = used &+ amount
      guard let payer = job.value.payer else { return true }
      job = payer
    }
  }

  /// Takes an amount back from this job and those around it, up to `end`, which keeps it.
  @usableFromInline
  func undo(_ resource: JobResource, _ amount: UInt32, below end: Reference<Job>) {
    var job = self
    while job != end {
      job.value.used[resource] &-= amount
      guard let payer = job.value.payer else { return }
      job = payer
    }
  }

  /// Takes back what was charged. Returns whether nothing is charged to this job any more: whoever gives back the last
  /// amount ends the job.
  @inlinable @inline(__always)
  public func discharge(_ resource: JobResource, _ amount: UInt32) -> Bool {
    var job = self
    while true {
      job.value.used[resource] &-= amount
      guard let payer = job.value.payer else { break }
      job = payer
    }
    return !value.isInUse
  }

  /// The job whose limit refuses an amount: this one or one around it.
  public func refuser(of resource: JobResource, _ amount: UInt32) -> Reference<Job> {
    var job = self
    while amount <= job.value.limits[resource] &- job.value.used[resource], let payer = job.value.payer { job = payer }
    return job
  }

  /// Whether nobody has asked this about the resource before: what is told of a limit is told once.
  public func isFirstRefusal(of resource: JobResource) -> Bool {
    let bit: UInt8 = 1 &<< resource.rawValue
    defer { value.saidLimits |= bit }
    return value.saidLimits & bit == 0
  }

  /// Whether this job is `other` or inside it.
  public func isInside(_ other: Reference<Job>) -> Bool {
    var job: Reference<Job>? = self
    while let candidate = job {
      if candidate == other { return true }
      job = candidate.value.parent
    }
    return false
  }
}
