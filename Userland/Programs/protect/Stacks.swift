// Stacks: where they are, what surrounds them, and how they grow.

import ABI
import Primitives
import SDK
import UserSupport

enum Stacks {
  static func check(_ checks: inout Checklist) {
    guard let own = try? TaskIdentity.current.information() else {
      checks.check(false, "the process knows its stack")
      return
    }
    checks.check(own.stackEnd == 0xbffe_0000, "the first stack ends where that of every process ends")
    checks.check(isGuarded(own.stackStart, own.stackEnd, .stack), "the first stack lies between two guard pages")
    if Protect.isRing0 {
      checks.check(
        resident(own.stackStart) == (own.stackEnd - own.stackStart) / 4096,
        "a Ring-0 stack has its memory from the start")
    } else {
      let before = resident(own.stackStart)
      _ = deepen(20)
      checks.check(resident(own.stackStart) >= before + 18, "the first stack grows as it is used")
    }
    let status = Protect.outcome {
      guard let task = try? TaskIdentity.current.information() else { return 1 }
      guard isGuarded(task.stackStart, task.stackEnd, .threadStack) else { return 2 }
      return task.stackStart >= 0x1000_0000 && task.stackEnd < 0xb000_0000 ? 0 : 3
    }
    checks.check(status == .exited(status: 0), "a thread's stack lies between two guard pages, among the mappings")
    checks.check(
      Protect.outcome { Int32(bitPattern: endlessly(0) & 1) } == overflow, "a stack that overflows ends only its thread"
    )
    checks.check(
      areNeighboursUntouched(), "a frame that is larger than its stack and several others touches none of theirs")
  }

  /// Starts a thread with a frame that would reach down into the stacks of four others, all of whose words are known.
  private static func areNeighboursUntouched() -> Bool {
    var options = StartOptions(flags: Protect.ownFlags)
    options.stackSize = 16384
    let gate = Gate()
    var neighbours: [Thread] = []
    for _ in 0..<4 {
      guard let thread = try? Thread.start(options, body: { waitWithFilledFrame(gate) }) else { return false }
      neighbours.append(thread)
    }
    let large = try? Thread.start(options) { Int32(bitPattern: fillLargeFrame()) }
    let isContained = (try? large?.join()) == overflow
    gate.isOpen = true
    var untouched = 0
    for thread in neighbours where (try? thread.join()) == .exited(status: 0) { untouched += 1 }
    return isContained && untouched == 4
  }

  private final class Gate { var isOpen = false }

  /// Returns 0 where its frame is as it was before the wait.
  @inline(never)
  private static func waitWithFilledFrame(_ gate: Gate) -> Int32 {
    let room = InlineArray<512, UInt32>(repeating: opaque(0x5a5a_5a5a))
    while !gate.isOpen { Thread.sleep(milliseconds: 1) }
    for index in 0..<512 where room[Int(opaque(UInt32(index)))] != 0x5a5a_5a5a { return 1 }
    return 0
  }

  @inline(never)
  private static func fillLargeFrame() -> UInt32 {
    let room = InlineArray<25_000, UInt32>(repeating: opaque(1))
    return room[Int(opaque(24_999))]
  }

  /// The guard page below is hit: a page fault; in Ring 0 it arrives as a double fault.
  private static var overflow: Outcome { .faulted(vector: Protect.isRing0 ? 8 : 14) }

  private static func isGuarded(_ start: UInt32, _ end: UInt32, _ purpose: RegionPurpose) -> Bool {
    func region(_ address: UInt32) -> RegionInformation? { try? Machine.region(of: .current, above: address) }
    guard let below = region(start - 4096), let stack = region(start), let above = region(end) else { return false }
    return below.start == start - 4096 && below.purpose == RegionPurpose.guardPage.rawValue && stack.start == start
      && stack.purpose == purpose.rawValue && above.start == end && above.purpose == RegionPurpose.guardPage.rawValue
  }

  private static func resident(_ address: UInt32) -> UInt32 {
    (try? Machine.region(of: .current, above: address))?.residentPages ?? 0
  }

  /// Uses a page of stack for each level.
  @inline(never)
  private static func deepen(_ levels: UInt32) -> UInt32 {
    var room = InlineArray<1024, UInt32>(repeating: levels)
    if levels == 0 { return room[0] }
    room[Int(levels)] = deepen(levels - 1)
    return room[Int(levels & 7)] &+ room[Int(levels)]
  }

  @inline(never)
  private static func endlessly(_ level: UInt32) -> UInt32 {
    var room = InlineArray<256, UInt32>(repeating: level)
    if opaque(level) == .max { return 0 }
    room[Int(level & 255)] = endlessly(level &+ 1)
    return room[Int(level & 127)] &+ room[3]
  }
}
