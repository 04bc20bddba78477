// Waiting for a word of memory to change (what other systems call a futex): programs build their locks on it.
//
// A word is known by the frame it lies in, so that it is the same for all who share the frame.
//
// Invariants:
// - A waiting task is in exactly one bucket's queue, behind all that are as urgent and before all that are less; so the
//   most urgent is woken first, and of equals the one that came first.
// - Looking at the word and joining the queue happen without another task running in between, so no wake is lost.

import ABI
import MachineSupport
import Primitives
import Tasks

enum WordWaits {
  @inline(__always)
  static func wait(word: UInt32, expected: UInt32, deadline: UInt64?) throws(SystemError) {
    let (key, value) = try look(at: word)
    guard value == expected else { throw .wouldBlock }
    let task = Scheduler.current
    task.value.waitKey = key
    let reason = Scheduler.block(.waitingForWord, on: queue(for: key), deadline: deadline)
    task.value.waitKey = 0
    switch reason {
    case .woken, .handed: return
    case .timedOut: throw .timedOut
    case .cancelled: throw .cancelled
    }
  }

  static func wake(word: UInt32, count: UInt32) throws(SystemError) -> Int32 {
    let key = try key(of: word)
    var woken: Int32 = 0
    var candidate = queue(for: key).value.first
    while let task = candidate, UInt32(bitPattern: woken) < count {
      candidate = task.value.next
      if task.value.waitKey == key {
        Scheduler.wake(task)
        woken += 1
      }
    }
    return woken
  }

  /// Nothing is kept for a task outside its wait; its key is cleared for the checker's sake.
  static func forget(_ task: Reference<Task>) { task.value.waitKey = 0 }

  /// What a word is known by: where it lies in physical memory.
  @inline(__always)
  static func key(of word: UInt32) throws(SystemError) -> UInt64 {
    if word & 3 == 0, word < AddressLayout.kernelStart, let space = Scheduler.current.value.process.value.space,
      let physical = space.physicalAddress(of: word)
    {
      return physical.value
    }
    return try look(at: word).key
  }

  /// Where the word is in physical memory, and what it is now.
  @inline(__always)
  private static func look(at word: UInt32) throws(SystemError) -> (key: UInt64, value: UInt32) {
    guard word & 3 == 0 else { throw .badArgument }
    guard word < AddressLayout.kernelStart, let space = Scheduler.current.value.process.value.space else {
      throw .badAddress
    }
    if let physical = space.physicalAddress(of: word) { return (physical.value, FrameContents.word(at: physical)) }
    // The first touch of promised memory: reading the word puts a frame behind the address.
    var value: UInt32 = 0
    try UserBuffer(address: word, length: 4).read(into: &value)
    guard let physical = space.physicalAddress(of: word) else { throw .badAddress }
    return (physical.value, value)
  }

  @inline(__always)
  private static func queue(for key: UInt64) -> Reference<TaskQueue> {
    let bucket = Int(truncatingIfNeeded: (key &>> 2) ^ (key &>> 12)) & 63
    return Reference(kernel.memory.wordWaitQueues + bucket)
  }
}
