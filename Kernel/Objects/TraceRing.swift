// The calls of a traced process, on their way to its parent (Kernel/SystemCalls/Tracing.swift).
//
// Invariants:
// - The ring belongs to the process's record and goes with it, so the parent can read what there is after the end.
// - Records are kept only while the process that started the traced one is its parent.

import ABI
import Jobs
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct TraceRing: ~Copyable {
  static var capacity: Int { 32 }
  package let tracer: TaskIdentity
  private var records = InlineArray<32, TraceRecord>(repeating: TraceRecord())
  private var first = 0
  package private(set) var count = 0
  /// The parent's tasks that wait for records, and the traced ones that wait for room.
  package var readers = TaskQueue()
  package var writers = TaskQueue()

  init(tracer: TaskIdentity) { self.tracer = tracer }

  package var isFull: Bool { count == Self.capacity }

  package mutating func add(_ record: TraceRecord) {
    records[(first + count) % Self.capacity] = record
    count += 1
  }

  package mutating func take() -> TraceRecord {
    let record = records[first]
    first = (first + 1) % Self.capacity
    count -= 1
    return record
  }
}

/// The life of such rings.
package struct TraceRings {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  package func makeRing(tracer: Reference<Process>?, for job: Reference<Job>) throws(SystemError) -> Reference<
    TraceRing
  > {
    guard let tracer else { throw .badArgument }
    let pointer: UnsafeMutablePointer<TraceRing> = unsafe try KernelHeap(context).allocate(
      tag: .process, for: job)
    unsafe pointer.initialize(to: TraceRing(tracer: tracer.value.identity))
    return unsafe Reference(pointer)
  }

  package func free(_ ring: Reference<TraceRing>?, of job: Reference<Job>) {
    guard let ring else { return }
    wakeAll(ring)
    unsafe ring.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(ring.unsafePointer, of: job)
  }

  /// A traced process ended or got another parent: nobody may go on waiting for the other side.
  package func wakeAll(_ ring: Reference<TraceRing>?) {
    guard let ring else { return }
    context.scheduler.wakeAll(reference(to: &ring.value.readers))
    context.scheduler.wakeAll(reference(to: &ring.value.writers))
  }
}
