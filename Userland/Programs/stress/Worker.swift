// What a task of the stress test does, as a process or as a thread. A thread can be killed at any instruction, so it
// uses no heap: what it would hold of it would be lost.

import ABI
import Runtime
import SDK
import UserSupport

enum Worker {
  /// The word: three bits of behaviour, the rest how much of it.
  static func run(_ word: UInt32) -> Int32 {
    let amount = word >> 3
    switch word & 7 {
    case 0: break
    case 1: _ = SystemCalls.sleep(amount & 0x3_ffff, 0)
    case 2: for _ in 0..<amount & 15 { _ = SystemCalls.yield() }
    case 3: waitForWord()
    case 4: for _ in 0..<amount & 0xfff { spin_hint() }
    case 5:
      var event = Event()
      _ = unsafe SystemCalls.eventWait(.stopAsked, &event, .max, .max)
    case 6: useFloatRegisters(amount & 0xff)
    default:
      try? Events.setTimer(after: UInt64(amount & 0xffff) + 1, period: 100_000)
      _ = try? Events.next(.timer)
    }
    return 0
  }

  /// Waits for what never happens.
  private static func waitForWord() {
    var word: UInt32 = 0
    _ = unsafe withUnsafeMutablePointer(to: &word) {
      SystemCalls.wordWait(unsafe WordLock.address($0), 0, .max, .max)
    }
  }

  private static func useFloatRegisters(_ amount: UInt32) {
    var sum = 1.0
    for index in 0..<amount {
      sum = sum * 0.5 + Double(index)
      if index % 8 == 0 { _ = SystemCalls.yield() }
    }
    if sum < 0 { _ = SystemCalls.yield() }
  }

  /// Whether it ends by itself.
  static func ends(_ word: UInt32) -> Bool { word & 7 != 3 && word & 7 != 5 }
}

/// The first function of a thread: C's calling convention, so that starting it needs no heap.
@c(stress_thread)
public func stressThread(_ word: UInt32) -> Int32 {
  let status = Worker.run(word)
  SystemCalls.exit(UInt32(bitPattern: status))
}
