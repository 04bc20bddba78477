// Charging jobs (Kernel/Jobs), and the memory of their records.
//
// Invariants:
// - Whoever charges an amount gives the same amount back with `discharge`; the last amount that is given back ends the job.
// - What is made for a job out of kernel memory is charged in one way, `charging`, before it is made.
// - The last frames are left to reserved jobs: others get none while no more than `reservedFrames` are free.

import ABI
import Consoles
import Jobs
import Memory
import Platform
import Primitives
import Scheduling

package struct JobRecords {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// How many frames only reserved jobs can have: enough for the shell to start a program and for the kernel to end one.
  package static var reservedFrames: UInt32 { 48 }

  /// A new job inside `parent`. Whoever makes it releases it once something is charged to it.
  package func make(
    inside parent: Reference<Job>?, isReserved: Bool = false, limits: JobAmounts = JobAmounts(),
    shareWeight: UInt32 = Share.usualWeight
  ) throws(SystemError) -> Reference<Job> {
    if let parent, parent.value.depth >= JobTree.depthLimit { throw .limitReached }
    let record: UnsafeMutablePointer<Job> = unsafe try allocate(for: parent)
    guard parent?.value.isReserved ?? true else {
      return unsafe context.memory.jobs.add(record, parent: parent, isReserved: isReserved, limits: limits)
    }
    let share: UnsafeMutablePointer<Share>
    do throws(SystemError) { unsafe share = try allocate(for: parent) } catch {
      unsafe free(record, of: parent)
      throw error
    }
    unsafe share.initialize(to: Share(weight: shareWeight))
    return unsafe context.memory.jobs.add(
      record, parent: parent, isReserved: isReserved, limits: limits, share: Reference(share))
  }

  /// Room for a record that the job around pays for; nobody does where there is none.
  private func allocate<Value: ~Copyable>(
    for parent: Reference<Job>?
  ) throws(SystemError) -> UnsafeMutablePointer<Value> {
    guard let parent else { return unsafe try KernelHeap(context).allocateUncharged(tag: .process) }
    return unsafe try KernelHeap(context).allocate(tag: .process, for: parent)
  }

  private func free<Value: ~Copyable>(_ record: UnsafeMutablePointer<Value>, of parent: Reference<Job>?) {
    guard let parent else { return unsafe KernelHeap(context).free(record) }
    unsafe KernelHeap(context).free(record, of: parent)
  }

  // Neither is inlined: half a hundred callers would have a copy. The first touch of a page charges by itself.
  @inline(never)
  package func charge(_ job: Reference<Job>, _ resource: JobResource, _ amount: UInt32) throws(SystemError) {
    guard job.charge(resource, amount) else { throw refused(job, resource, amount) }
  }

  /// A limit does not allow an amount: keeps which one it was for the task that asked, and tells the log once.
  @inline(never)
  package func refused(_ job: Reference<Job>, _ resource: JobResource, _ amount: UInt32) -> SystemError {
    let refuser = job.refuser(of: resource, amount)
    let limit = refuser.value.limits[resource]
    context.scheduler.current.value.refusedLimit = RefusedLimit(
      job: refuser.value.number, resource: resource.rawValue, limit: limit)
    if refuser.isFirstRefusal(of: resource) {
      var log = LogOutput(context)
      log.write("limits: job ")
      log.write(decimal: refuser.value.number)
      log.write(" has all that its limit allows: ")
      log.write(decimal: limit)
      log.write(resource.unit)
      log.write("\n")
    }
    return .limitReached
  }

  @inline(never)
  package func discharge(_ job: Reference<Job>, _ resource: JobResource, _ amount: UInt32) {
    if job.discharge(resource, amount) { end(job) }
  }

  /// Makes something that a job pays for: it is charged first, and the charge is taken back where nothing comes of it.
  @inline(__always)
  package func charging<Made: ~Copyable>(
    _ job: Reference<Job>, _ amount: UInt32, of resource: JobResource = .kernelBytes,
    _ make: () throws(SystemError) -> Made
  ) throws(SystemError) -> Made {
    if resource != .tasks && !hasRoom(for: job) { throw .outOfMemory }
    try charge(job, resource, amount)
    do throws(SystemError) { return try make() } catch {
      discharge(job, resource, amount)
      throw error
    }
  }

  package func retain(_ job: Reference<Job>) { job.value.references &+= 1 }

  package func release(_ job: Reference<Job>) {
    job.value.references &-= 1
    if !job.value.isInUse { end(job) }
  }

  @inline(never)
  private func end(_ job: Reference<Job>) {
    let parent = job.value.parent
    let share = job.value.payer == nil ? job.value.share : nil
    context.memory.jobs.remove(job)
    unsafe job.unsafePointer.deinitialize(count: 1)
    unsafe free(job.unsafePointer, of: parent)
    guard let share else { return }
    context.scheduler.forget(share)
    unsafe share.unsafePointer.deinitialize(count: 1)
    unsafe free(share.unsafePointer, of: parent)
  }

  /// Whether a job may have one more frame.
  @inline(__always)
  func hasRoom(for job: Reference<Job>) -> Bool {
    context.memory.frames.freeFrames > Self.reservedFrames || hasRoomAfterReclaim(for: job)
  }

  @inline(never)
  private func hasRoomAfterReclaim(for job: Reference<Job>) -> Bool {
    if job.value.isReserved { return true }
    Frames(context).reclaim()
    if context.memory.frames.freeFrames > Self.reservedFrames { return true }
    // Nobody can be ended here, in the middle of a call.
    context.scheduler.processor.pendingWork |= PendingWork.shortage
    return false
  }
}

extension KernelHeap {
  /// Room for one value, uninitialized, charged to a job.
  package func allocate<Value: ~Copyable>(
    tag: HeapTag, for job: Reference<Job>
  ) throws(SystemError) -> UnsafeMutablePointer<Value> {
    unsafe try JobRecords(context).charging(job, UInt32(MemoryLayout<Value>.size)) {
      () throws(SystemError) in unsafe try allocateUncharged(tag: tag)
    }
  }

  /// Bytes in a row, charged to a job. Returns the address of the first.
  package func allocateBytes(
    _ count: UInt32, alignment: Int, tag: HeapTag, for job: Reference<Job>
  ) throws(SystemError) -> UInt32 {
    try JobRecords(context).charging(job, count) { () throws(SystemError) in
      guard let memory = unsafe allocateUnchargedBytes(Int(count), alignment: alignment, tag: tag) else {
        throw .outOfMemory
      }
      return UInt32(UInt(bitPattern: memory))
    }
  }

  /// Gives back `count` bytes that were charged to `job`.
  package func freeBytes(at address: UInt32, _ count: UInt32, of job: Reference<Job>) {
    unsafe free(UnsafeMutableRawPointer(bitPattern: UInt(address)))
    JobRecords(context).discharge(job, .kernelBytes, count)
  }

  /// Copies a caller's memory into the heap.
  package func copy(
    of buffer: UserBuffer, limit: UInt32, for job: Reference<Job>
  ) throws(SystemError) -> KernelBytes {
    guard buffer.length <= limit else { throw .tooLarge }
    let bytes = KernelBytes(
      address: try allocateBytes(buffer.length, alignment: 16, tag: .image, for: job), length: buffer.length)
    do throws(SystemError) {
      unsafe try buffer.copyIn(to: DirectMap.pointer(bytes.address), count: bytes.length)
    } catch {
      free(bytes, of: job)
      throw error
    }
    return bytes
  }

  /// Gives back bytes that were charged to `job`.
  package func free(_ bytes: KernelBytes, of job: Reference<Job>) {
    freeBytes(at: bytes.address, bytes.length, of: job)
  }

  /// Gives back what was charged to `job`.
  package func free<Value: ~Copyable>(_ memory: UnsafeMutablePointer<Value>, of job: Reference<Job>) {
    unsafe free(memory)
    JobRecords(context).discharge(job, .kernelBytes, UInt32(MemoryLayout<Value>.size))
  }
}
