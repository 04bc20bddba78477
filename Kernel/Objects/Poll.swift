// Waiting for several things at once: handles, children, events, a moment.
//
// The task is a listener of each thing (Kernel/Scheduling/Listener.swift) while it waits; whatever changes wakes it, and it looks at
// all of them anew.
//
// Invariants:
// - All entries are found good before anything is counted or waited for.
// - What a handle stands for is counted from then until the end, as another thread may close it.
// - Between the last look at the states and the wait nobody else runs, so no change is slept over.

import ABI
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct Poll {
  private let context: Context
  private let place: UserBuffer
  private let count: Int
  private var entries = InlineArray<32, PollEntry>(repeating: PollEntry())
  /// What each entry's handle stands for.
  private var targets = InlineArray<32, HandleTarget>(repeating: .none)

  /// - Parameter address: of `count` entries in the caller's memory.
  package init(_ address: UInt32, count: UInt32, in context: Context) throws(SystemError) {
    guard count <= PollEntry.limit else { throw .tooLarge }
    self.context = context
    self.count = Int(count)
    let size = UInt32(MemoryLayout<PollEntry>.size)
    place = UserBuffer(address: address, length: count &* size, in: context)
    try place.check()
    let process = context.currentProcess
    for index in 0..<self.count {
      var entry = PollEntry()
      try entryPlace(index).read(into: &entry)
      guard entry.wanted.isSubset(of: .all) else { throw .badArgument }
      if entry.handle != PollEntry.children {
        var needed: HandleRights = []
        if entry.wanted.contains(.readable) { needed.insert(.read) }
        if entry.wanted.contains(.writable) { needed.insert(.write) }
        let target = try process.value.handles.target(of: entry.handle, needed: needed)
        guard context.objects.kinds.canBePolled(target) else { throw .unsupported }
        targets[index] = target
      }
      entry.came = []
      entries[index] = entry
    }
    // What cannot be told must not be waited for.
    try writeEntries()
  }

  private func entryPlace(_ index: Int) -> UserBuffer {
    let size = UInt32(MemoryLayout<PollEntry>.size)
    return UserBuffer(address: place.address &+ UInt32(index) &* size, length: size, in: context)
  }

  private func writeEntries() throws(SystemError) {
    for index in 0..<count { try entryPlace(index).write(entries[index]) }
  }

  /// Waits until an entry has something, or an event of `kinds` is pending. Returns how many entries have.
  ///
  /// - Parameters:
  ///   - deadline: nil: without limit.
  ///   - waits: whether it waits at all.
  package mutating func wait(
    for kinds: EventKinds, deadline: UInt64?, waits: Bool
  ) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    for index in 0..<count where isHandle(index) { Handles(context).retain(targets[index]) }
    defer {
      for index in 0..<count where isHandle(index) { Handles(context).release(targets[index], of: process) }
    }
    while true {
      prepare()
      let ready = look(in: process)
      let events = UInt8(truncatingIfNeeded: kinds.rawValue)
      if ready > 0 || context.scheduler.current.value.events.pending(events) != 0 {
        try writeEntries()
        return Int32(ready)
      }
      if !waits { throw .timedOut }
      switch try block(in: process, events, deadline) {
      case .cancelled: throw .cancelled
      case .timedOut: throw .timedOut
      case .woken, .handed, .inRegisters: break
      }
    }
  }

  private func isHandle(_ index: Int) -> Bool { targets[index].kind != .none }

  /// Others may run while one of the things is prepared, and change one that was before: so until nothing is left to do.
  private func prepare() {
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for index in 0..<count where isHandle(index) {
        if context.objects.kinds.prepare(targets[index], context) { hasChanged = true }
      }
    }
  }

  /// Asks for all states. Returns how many entries have something.
  private mutating func look(in process: Reference<Process>) -> Int {
    var ready = 0
    for index in 0..<count {
      let states =
        isHandle(index) ? context.objects.kinds.states(of: targets[index], context) : childStates(of: process)
      entries[index].came = states.intersection(entries[index].wanted.union(.hungUp))
      if !entries[index].came.isEmpty { ready += 1 }
    }
    return ready
  }

  private func childStates(of process: Reference<Process>) -> PollStates {
    if !process.value.endedChildren.isEmpty { return .readable }
    return process.value.children.isEmpty ? .hungUp : []
  }

  private func listeners(_ index: Int, in process: Reference<Process>) -> Reference<ListenerList>? {
    isHandle(index)
      ? context.objects.kinds.listeners(of: targets[index], context) : reference(to: &process.value.childListeners)
  }

  private func block(
    in process: Reference<Process>, _ events: UInt8, _ deadline: UInt64?
  ) throws(SystemError) -> WakeReason {
    let task = context.scheduler.current
    let size = UInt32(MemoryLayout<Listener>.stride * max(count, 1))
    let memory = try KernelHeap(context).allocateBytes(size, alignment: 16, tag: .task, for: process.value.job)
    defer { KernelHeap(context).freeBytes(at: memory, size, of: process.value.job) }
    for index in 0..<count {
      let link = Self.link(index, in: memory)
      unsafe link.unsafePointer.initialize(to: Listener())
      listeners(index, in: process)?.value.add(link, of: task)
    }
    let reason = context.scheduler.block(
      .waitingForEvent, on: nil, events: events | TaskEvent.listenerBit, deadline: deadline)
    for index in 0..<count { listeners(index, in: process)?.value.remove(Self.link(index, in: memory)) }
    return reason
  }

  private static func link(_ index: Int, in memory: UInt32) -> Reference<Listener> {
    let place = UInt(memory) &+ UInt(index &* MemoryLayout<Listener>.stride)
    return unsafe Reference(UnsafeMutablePointer(bitPattern: place).unsafelyUnwrapped)
  }
}
