import TestSupport
import Testing

@testable import Primitives
@testable import Scheduling

extension Reference where Value == Scheduling.Task {
  var wakeTimer: Reference<TaskTimer> { withUnsafeMutablePointer(to: &value.wakeTimer) { Reference<TaskTimer>($0) } }
  var eventTimer: Reference<TaskTimer> { withUnsafeMutablePointer(to: &value.eventTimer) { Reference<TaskTimer>($0) } }
}

extension TimerQueue {
  /// How many timers are at and under `timer`, or nil where an invariant does not hold. `place` is where it is.
  private func countBelow(_ timer: Reference<TaskTimer>, place: Int) -> Int? {
    guard place <= count, timer.value.isRunning else { return nil }
    var sum = 1
    for (below, number) in [(timer.value.left, place * 2), (timer.value.right, place * 2 + 1)] {
      guard let below else { continue }
      guard below.value.above == timer, below.value.deadline >= timer.value.deadline,
        let part = countBelow(below, place: number)
      else { return nil }
      sum += part
    }
    return sum
  }

  /// Whether it is what the file says: as many timers as places, each known to its neighbours, none before the one above.
  var isSound: Bool {
    guard let first else { return count == 0 }
    return first.value.above == nil && countBelow(first, place: 1) == count
  }
}

@Suite struct TimerQueueTests {
  @Test(arguments: [UInt64(4), 5, 6], [1, 3, 256])
  func agreesWithAModel(seed: UInt64, taskCount: Int) {
    var random = SeededGenerator(seed: seed)
    let pool = TaskPool()
    var timers = TimerQueue()
    // Both timers of a task run on their own.
    var outside = (1...taskCount).map { pool.make(UInt32($0)) }.flatMap { [($0, $0.wakeTimer), ($0, $0.eventTimer)] }
    var inside: [(task: Reference<Scheduling.Task>, timer: Reference<TaskTimer>)] = []
    for round in 0..<20_000 {
      // Times of mostly adding and of mostly taking out take turns.
      let isGrowing = (round / 700) % 2 == 0
      if Int.random(in: 0..<3, using: &random) < (isGrowing ? 2 : 1), !outside.isEmpty {
        let (task, timer) = outside.remove(at: Int.random(in: 0..<outside.count, using: &random))
        timers.add(timer, of: task, deadline: UInt64.random(in: 0..<1000, using: &random))
        inside.append((task, timer))
      } else if Bool.random(using: &random), !inside.isEmpty {
        let (task, timer) = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
        timers.remove(timer)
        let isRunning = timer.value.isRunning
        #expect(!isRunning)
        outside.append((task, timer))
      } else {
        let now = UInt64.random(in: 0..<1000, using: &random)
        let earliest = inside.map { $0.timer.value.deadline }.min()
        #expect(timers.earliest == earliest)
        let expired = timers.takeExpired(now: now)
        #expect(expired.map { $0.timer.value.deadline } == earliest.flatMap { $0 <= now ? $0 : nil })
        if let expired {
          let index = inside.firstIndex { $0.timer == expired.timer && $0.task == expired.task }
          #expect(index != nil)
          if let index { outside.append(inside.remove(at: index)) }
        }
      }
      #expect(timers.count == inside.count)
      if round % 16 == 0 {
        let isSound = timers.isSound
        #expect(isSound)
      }
    }
  }

  @Test func aTimerThatDoesNotRunIsLeftAlone() {
    let pool = TaskPool()
    let (first, second) = (pool.make(1), pool.make(2))
    var timers = TimerQueue()
    timers.remove(first.wakeTimer)
    timers.add(first.wakeTimer, of: first, deadline: 5)
    timers.remove(second.wakeTimer)
    #expect(timers.count == 1)
    #expect(timers.takeExpired(now: 4)?.task == nil)
    #expect(timers.takeExpired(now: 5)?.task == first)
    #expect(timers.earliest == nil)
  }
}
