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
import MachineSupport
import Primitives
import Scheduling

struct TraceRing: ~Copyable {
  static var capacity: Int { 32 }
  let tracer: TaskIdentity
  private var records = InlineArray<32, TraceRecord>(repeating: TraceRecord())
  private var first = 0
  private(set) var count = 0
  /// The parent's tasks that wait for records, and the traced ones that wait for room.
  var readers = TaskQueue()
  var writers = TaskQueue()

  init(tracer: TaskIdentity) { self.tracer = tracer }

  var isFull: Bool { count == Self.capacity }

  mutating func add(_ record: TraceRecord) {
    records[(first + count) % Self.capacity] = record
    count += 1
  }

  mutating func take() -> TraceRecord {
    let record = records[first]
    first = (first + 1) % Self.capacity
    count -= 1
    return record
  }
}

enum Tracing {
  static var vector: UInt32 { 0x81 }

  // MARK: The traced process

  /// A call of a traced process, through the gate of its page.
  static func call(_ frame: TrapFrame) {
    let registers = withUnsafeMutablePointer(to: &frame.pointee.registers) { $0 }
    // A linked module works on the caller's thread.
    if frame.isKernel { ModuleFaults.refuseSystemCall(frame) }
    var record = TraceRecord()
    record.task = kernel.scheduler.current.value.identity.value
    record.ring = frame.pointee.cs & 3
    describe(registers, in: &record)
    if let call = SystemCall(rawValue: record.number), call.neverReturns { put(record) }
    let before = timeUsed()
    answer(registers)
    record.instructions = WordPair(timeUsed() &- before)
    record.hasResult = 1
    record.result = Int32(bitPattern: registers.pointee.eax)
    put(record)
  }

  /// The number, the words, and the first of the bytes that the call reads.
  @inline(never)
  private static func describe(_ registers: CallRegisters, in record: inout TraceRecord) {
    record.number = registers.pointee.eax
    record.words[0] = registers.pointee.ebx
    record.words[1] = registers.pointee.ecx
    record.words[2] = registers.pointee.edx
    record.words[3] = registers.pointee.esi
    record.words[4] = registers.pointee.edi
    guard let index = SystemCall(rawValue: record.number)?.indexOfBytesIn else { return }
    let length = min(record.words[index + 1], UInt32(record.text.count))
    withUnsafeMutablePointer(to: &record.text) { text in
      do throws(SystemError) {
        try UserBuffer(address: record.words[index], length: length).copyIn(to: text, count: length)
        record.textLength = length
      } catch {}
    }
  }

  /// The processor time of the current task, in time stamps.
  private static func timeUsed() -> UInt64 {
    kernel.scheduler.current.value.timeUsed(until: read_time_stamp())
  }

  private static func put(_ record: TraceRecord) {
    while let ring = kernel.scheduler.current.value.process.value.trace, isRead(ring) {
      if !ring.value.isFull {
        ring.value.add(record)
        kernel.scheduler.wakeAll(reference(to: &ring.value.readers))
        return
      }
      if kernel.scheduler.block(.waitingForEvent, on: reference(to: &ring.value.writers)) == .cancelled { return }
    }
  }

  private static func isRead(_ ring: Reference<TraceRing>) -> Bool {
    kernel.scheduler.current.value.process.value.parent?.value.identity == ring.value.tracer
  }

  // MARK: The ring's life

  static func makeRing(tracer: Reference<Process>?) throws(SystemError) -> Reference<TraceRing> {
    guard let tracer else { throw .badArgument }
    let pointer: UnsafeMutablePointer<TraceRing> = try KernelHeapMemory.allocate(tag: .process)
    pointer.initialize(to: TraceRing(tracer: tracer.value.identity))
    return Reference(pointer)
  }

  static func free(_ ring: Reference<TraceRing>?) {
    guard let ring else { return }
    wakeAll(ring)
    ring.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(ring.unsafePointer)
  }

  /// A traced process ended or got another parent: nobody may go on waiting for the other side.
  static func wakeAll(_ ring: Reference<TraceRing>?) {
    guard let ring else { return }
    kernel.scheduler.wakeAll(reference(to: &ring.value.readers))
    kernel.scheduler.wakeAll(reference(to: &ring.value.writers))
  }

  // MARK: The parent

  /// Takes records of a traced child, as many as there are and fit; waits for the first. Returns how many bytes; 0 once
  /// the child has ended and all are taken.
  @inline(never)
  static func read(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let size = UInt32(MemoryLayout<TraceRecord>.size)
    let buffer = UserBuffer(address: arguments.second, length: arguments.third)
    guard buffer.length >= size else { throw .badArgument }
    while true {
      let process = try TaskCalls.find(arguments.first).value.process
      guard process.value.parent == kernel.scheduler.current.value.process else { throw .notPermitted }
      guard let ring = process.value.trace else { throw .unsupported }
      if ring.value.count > 0 {
        let done = try deliver(ring, to: buffer)
        kernel.scheduler.wakeAll(reference(to: &ring.value.writers))
        return Int32(bitPattern: done)
      }
      if process.value.hasEnded { return 0 }
      let reason = kernel.scheduler.block(.waitingForEvent, on: reference(to: &ring.value.readers))
      if reason == .cancelled { throw .cancelled }
    }
  }

  private static func deliver(_ ring: Reference<TraceRing>, to buffer: UserBuffer) throws(SystemError) -> UInt32 {
    let size = UInt32(MemoryLayout<TraceRecord>.size)
    // Records that cannot be delivered must not be taken: see that the place is writable first.
    let wanted = min(UInt32(ring.value.count), buffer.length / size)
    for index in 0..<wanted {
      try UserBuffer(address: buffer.address &+ index * size, length: size).write(TraceRecord())
    }
    for index in 0..<wanted {
      try UserBuffer(address: buffer.address &+ index * size, length: size).write(ring.value.take())
    }
    return wanted * size
  }
}
