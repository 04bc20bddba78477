// Pipes: bytes that one side writes and another reads, in order and each once.
//
// Invariants:
// - The record and its buffer stay while a handle stands for one of the ends or a task waits in here.
// - Bytes are taken only once they are the reader's, and are in the pipe only once all of a piece are.
// - As long as bytes are there and a reader waits, some reader has been woken and not yet looked; likewise writers and room. So
//   whoever was woken wakes the next one, also where it comes to nothing: its memory is not its own, or it is to end.

import ABI
import Jobs
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Pipe: ~Copyable {
  /// Handles for each end.
  fileprivate var readers: UInt32 = 1
  fileprivate var writers: UInt32 = 1
  /// Tasks that wait in here, whose handle another thread may close meanwhile.
  fileprivate var waiting: UInt32 = 0
  /// Who pays for it.
  fileprivate let job: Reference<Job>
  /// The address of the buffer, and what of it is filled.
  fileprivate let buffer: UInt32
  fileprivate var start: UInt32 = 0
  fileprivate var count: UInt32 = 0
  fileprivate var readQueue = TaskQueue()
  fileprivate var writeQueue = TaskQueue()
  /// Those who wait for each end, and for other things too.
  fileprivate var readListeners = ListenerList()
  fileprivate var writeListeners = ListenerList()

  fileprivate init(buffer: UInt32, job: Reference<Job>) {
    self.buffer = buffer
    self.job = job
  }

  fileprivate var room: UInt32 { PipeLimits.capacity &- count }
  fileprivate var isUnused: Bool { readers | writers | waiting == 0 }
}

package struct Pipes {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  static func enter(into kinds: inout ObjectTable) {
    var reading = ObjectOperations()
    reading.isStream = true
    reading.retain = { _, target in record(target).value.readers &+= 1 }
    reading.close = { context, target, _ in Pipes(context).closeReader(of: record(target)) }
    reading.read = { (context, target, buffer) throws(SystemError) in
      try Pipes(context).read(record(target), into: buffer)
    }
    reading.states = { _, target in
      let pipe = record(target)
      if pipe.value.writers == 0 { return [.readable, .hungUp] }
      return pipe.value.count > 0 ? .readable : []
    }
    reading.listeners = { _, target in reference(to: &record(target).value.readListeners) }
    kinds.enter(.pipeReader, reading)
    var writing = ObjectOperations()
    writing.isStream = true
    writing.retain = { _, target in record(target).value.writers &+= 1 }
    writing.close = { context, target, _ in Pipes(context).closeWriter(of: record(target)) }
    writing.write = { (context, target, buffer) throws(SystemError) in
      try Pipes(context).write(buffer, to: record(target))
    }
    writing.states = { _, target in
      let pipe = record(target)
      if pipe.value.readers == 0 { return [.writable, .hungUp] }
      return pipe.value.room >= PipeLimits.atomic ? .writable : []
    }
    writing.listeners = { _, target in reference(to: &record(target).value.writeListeners) }
    kinds.enter(.pipeWriter, writing)
  }

  private static func record(_ target: HandleTarget) -> Reference<Pipe> {
    unsafe Reference(DirectMap.pointer(target.object))
  }

  // MARK: Life

  /// Makes a pipe, with one handle of each end counted.
  package func make(for job: Reference<Job>) throws(SystemError) -> (reader: HandleTarget, writer: HandleTarget) {
    let pointer: UnsafeMutablePointer<Pipe> = try unsafe KernelHeap(context).allocate(tag: .pipe, for: job)
    let buffer: UInt32
    do throws(SystemError) {
      buffer = try KernelHeap(context).allocateBytes(PipeLimits.capacity, alignment: 16, tag: .pipe, for: job)
    } catch {
      unsafe KernelHeap(context).free(pointer, of: job)
      throw error
    }
    unsafe pointer.initialize(to: Pipe(buffer: buffer, job: job))
    let object = UInt32(UInt(bitPattern: pointer))
    return (HandleTarget(.pipeReader, object: object), HandleTarget(.pipeWriter, object: object))
  }

  /// Gives up an end for which no handle could be made.
  package func abort(_ target: HandleTarget) {
    let pipe = Self.record(target)
    if target.kind == .pipeReader { closeReader(of: pipe) } else { closeWriter(of: pipe) }
  }

  private func closeReader(of pipe: Reference<Pipe>) {
    pipe.value.readers &-= 1
    if pipe.value.readers == 0 {
      context.scheduler.wakeAll(reference(to: &pipe.value.writeQueue))
      context.scheduler.wakeListeners(pipe.value.writeListeners)
    }
    freeIfUnused(pipe)
  }

  private func closeWriter(of pipe: Reference<Pipe>) {
    pipe.value.writers &-= 1
    if pipe.value.writers == 0 {
      context.scheduler.wakeAll(reference(to: &pipe.value.readQueue))
      context.scheduler.wakeListeners(pipe.value.readListeners)
    }
    freeIfUnused(pipe)
  }

  private func freeIfUnused(_ pipe: Reference<Pipe>) {
    guard pipe.value.isUnused else { return }
    let job = pipe.value.job
    KernelHeap(context).freeBytes(at: pipe.value.buffer, PipeLimits.capacity, of: job)
    unsafe pipe.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(pipe.unsafePointer, of: job)
  }

  /// Waits in a queue of the pipe's. Returns false where the task is to end.
  private func wait(in queue: Reference<TaskQueue>) -> Bool {
    context.scheduler.block(.waitingForPipe, on: queue) != .cancelled
  }

  // MARK: Reading

  private func read(_ pipe: Reference<Pipe>, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    if buffer.length == 0 { return 0 }
    if pipe.value.count > 0 { return try take(from: pipe, buffer) }
    if pipe.value.writers == 0 { return 0 }
    return try waitAndTake(from: pipe, buffer)
  }

  @inline(never)
  private func waitAndTake(from pipe: Reference<Pipe>, _ buffer: UserBuffer) throws(SystemError) -> UInt32 {
    pipe.value.waiting &+= 1
    defer {
      pipe.value.waiting &-= 1
      if pipe.value.count > 0 { wakeReader(of: pipe) }
      freeIfUnused(pipe)
    }
    while pipe.value.count == 0 {
      if pipe.value.writers == 0 { return 0 }
      guard wait(in: reference(to: &pipe.value.readQueue)) else { throw .cancelled }
    }
    return try take(from: pipe, buffer)
  }

  /// Takes what is there, and wakes who waits for the room.
  private func take(from pipe: Reference<Pipe>, _ buffer: UserBuffer) throws(SystemError) -> UInt32 {
    let count = min(buffer.length, pipe.value.count)
    let start = pipe.value.start
    let first = min(count, PipeLimits.capacity &- start)
    try unsafe buffer.copyOut(from: Self.pointer(pipe.value.buffer &+ start), count: first)
    if first < count {
      try unsafe buffer.copyOut(from: Self.pointer(pipe.value.buffer), offset: first, count: count &- first)
    }
    pipe.value.count &-= count
    pipe.value.start = (start &+ count) & (PipeLimits.capacity &- 1)
    wakeWriter(of: pipe)
    context.scheduler.wakeListeners(pipe.value.writeListeners)
    return count
  }

  private func wakeReader(of pipe: Reference<Pipe>) {
    if let reader = pipe.value.readQueue.first { context.scheduler.wake(reader) }
  }

  // MARK: Writing

  private func write(_ buffer: UserBuffer, to pipe: Reference<Pipe>) throws(SystemError) -> UInt32 {
    guard pipe.value.readers > 0 else { throw .peerGone }
    if buffer.length == 0 { return 0 }
    let needed = buffer.length <= PipeLimits.atomic ? buffer.length : 1
    if pipe.value.room >= needed { return try put(buffer, into: pipe) }
    return try waitAndPut(buffer, needed: needed, into: pipe)
  }

  @inline(never)
  private func waitAndPut(
    _ buffer: UserBuffer, needed: UInt32, into pipe: Reference<Pipe>
  ) throws(SystemError) -> UInt32 {
    pipe.value.waiting &+= 1
    defer {
      pipe.value.waiting &-= 1
      if pipe.value.room > 0 { wakeWriter(of: pipe) }
      freeIfUnused(pipe)
    }
    while pipe.value.room < needed {
      guard wait(in: reference(to: &pipe.value.writeQueue)) else { throw .cancelled }
      guard pipe.value.readers > 0 else { throw .peerGone }
    }
    return try put(buffer, into: pipe)
  }

  /// Puts in what there is room for, and wakes who waits for the bytes.
  private func put(_ buffer: UserBuffer, into pipe: Reference<Pipe>) throws(SystemError) -> UInt32 {
    let count = min(buffer.length, pipe.value.room)
    let end = (pipe.value.start &+ pipe.value.count) & (PipeLimits.capacity &- 1)
    let first = min(count, PipeLimits.capacity &- end)
    try unsafe buffer.copyIn(to: Self.pointer(pipe.value.buffer &+ end), count: first)
    if first < count {
      try unsafe buffer.copyIn(to: Self.pointer(pipe.value.buffer), offset: first, count: count &- first)
    }
    pipe.value.count &+= count
    wakeReader(of: pipe)
    context.scheduler.wakeListeners(pipe.value.readListeners)
    return count
  }

  private func wakeWriter(of pipe: Reference<Pipe>) {
    if let writer = pipe.value.writeQueue.first { context.scheduler.wake(writer) }
  }

  @unsafe
  private static func pointer(_ address: UInt32) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }
}
