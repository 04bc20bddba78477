// Telling a parent of the calls that its traced child makes (`strace`).
//
// A traced process has another system-call page, whose only instruction is a gate of its own: that is all that marks
// it, so calls of other processes cost nothing more. Each call becomes a record in a ring of the process, from which
// the parent reads. A task that finds the ring full waits until the parent has read; nothing is lost. Calls by INT 0x80,
// past the page, are not recorded.
//
// Invariants:
// - The ring belongs to the process's record and goes with it, so the parent can read what there is after the end.
// - Records are kept only while the process that started the traced one is its parent.

import ABI
import Diagnostics
import LinkedModules
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Tracing {
  let context: Context

  package init(_ context: Context) { self.context = context }

  package static var vector: UInt32 { 0x81 }

  // MARK: The traced process

  /// A call of a traced process, through the gate of its page.
  package func call(_ frame: TrapFrame) {
    let registers = unsafe withUnsafeMutablePointer(to: &frame.pointee.registers) { unsafe $0 }
    // A linked module works on the caller's thread.
    if unsafe frame.isKernel { unsafe ModuleFaults(context).refuseSystemCall(frame) }
    var record = TraceRecord()
    record.task = context.scheduler.current.value.identity.value
    record.ring = unsafe frame.pointee.cs & 3
    unsafe describe(registers, in: &record)
    if let call = SystemCall(rawValue: record.number), call.neverReturns { put(record) }
    let before = timeUsed()
    unsafe registers.pointee.eax = unsafe UInt32(bitPattern: NativeCalls(context).result(of: registers))
    record.instructions = WordPair(timeUsed() &- before)
    record.hasResult = 1
    record.result = unsafe Int32(bitPattern: registers.pointee.eax)
    put(record)
  }

  /// The number, the words, and the first of the bytes that the call reads.
  @inline(never)
  private func describe(_ registers: CallRegisters, in record: inout TraceRecord) {
    record.number = unsafe registers.pointee.eax
    record.words[0] = unsafe registers.pointee.ebx
    record.words[1] = unsafe registers.pointee.ecx
    record.words[2] = unsafe registers.pointee.edx
    record.words[3] = unsafe registers.pointee.esi
    record.words[4] = unsafe registers.pointee.edi
    guard let index = SystemCall(rawValue: record.number)?.indexOfBytesIn else { return }
    let length = min(record.words[index + 1], UInt32(record.text.count))
    unsafe withUnsafeMutablePointer(to: &record.text) { text in
      do throws(SystemError) {
        unsafe try UserBuffer(address: record.words[index], length: length, in: context).copyIn(to: text, count: length)
        record.textLength = length
      } catch {}
    }
  }

  /// The processor time of the current task, in time stamps.
  private func timeUsed() -> UInt64 {
    context.scheduler.current.value.timeUsed(until: read_time_stamp())
  }

  private func put(_ record: TraceRecord) {
    while let ring = context.currentProcess.value.trace, isRead(ring) {
      if !ring.value.isFull {
        ring.value.add(record)
        context.scheduler.wakeAll(reference(to: &ring.value.readers))
        return
      }
      if context.scheduler.block(.waitingForEvent, on: reference(to: &ring.value.writers)) == .cancelled { return }
    }
  }

  private func isRead(_ ring: Reference<TraceRing>) -> Bool {
    context.currentProcess.value.parent?.value.identity == ring.value.tracer
  }

  // MARK: The parent

  /// Takes records of a traced child, as many as there are and fit; waits for the first. Returns how many bytes; 0 once
  /// the child has ended and all are taken.
  @inline(never)
  func read(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let size = UInt32(MemoryLayout<TraceRecord>.size)
    let buffer = UserBuffer(address: arguments.second, length: arguments.third, in: context)
    guard buffer.length >= size else { throw .badArgument }
    while true {
      let process = try TaskCalls(context).find(arguments.first).value.process
      guard process.value.parent == context.currentProcess else { throw .notPermitted }
      guard let ring = process.value.trace else { throw .unsupported }
      if ring.value.count > 0 {
        let done = try deliver(ring, to: buffer)
        context.scheduler.wakeAll(reference(to: &ring.value.writers))
        return Int32(bitPattern: done)
      }
      if process.value.hasEnded { return 0 }
      let reason = context.scheduler.block(.waitingForEvent, on: reference(to: &ring.value.readers))
      if reason == .cancelled { throw .cancelled }
    }
  }

  private func deliver(_ ring: Reference<TraceRing>, to buffer: UserBuffer) throws(SystemError) -> UInt32 {
    let size = UInt32(MemoryLayout<TraceRecord>.size)
    // Records that cannot be delivered must not be taken: see that the place is writable first.
    let wanted = min(UInt32(ring.value.count), buffer.length / size)
    for index in 0..<wanted {
      try UserBuffer(address: buffer.address &+ index * size, length: size, in: context).write(TraceRecord())
    }
    for index in 0..<wanted {
      try UserBuffer(address: buffer.address &+ index * size, length: size, in: context).write(ring.value.take())
    }
    return wanted * size
  }
}
