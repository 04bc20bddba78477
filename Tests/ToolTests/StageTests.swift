// What `megha test` does at once, and what it says of the time that it took.

import Synchronization
import Testing

@testable import Checks

private actor Visitors {
  private(set) var now = 0
  private(set) var most = 0
  private(set) var all = 0

  func enter() {
    now += 1
    all += 1
    most = max(most, now)
  }

  func leave() { now -= 1 }
}

private final class Clock: Sendable {
  private let time = Mutex(0.0)
  var now: Double { time.withLock { $0 } }
  func pass(_ seconds: Double) { time.withLock { $0 += seconds } }
}

@Suite struct StageTests {
  @Test func asManyAtOnceAsThereArePlaces() async {
    let places = Places(3)
    let visitors = Visitors()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await places.use {
            await visitors.enter()
            for _ in 0..<5 { await Task.yield() }
            await visitors.leave()
          }
        }
      }
    }
    let (all, now, most) = await (visitors.all, visitors.now, visitors.most)
    #expect(all == 50 && now == 0)
    #expect((1...3).contains(most))
  }

  @Test func ofManyEachIsDoneOnce() async throws {
    var done: Set<Int> = []
    try await Places(2).each(Array(0..<20)) {
      $0 * 2
    } done: {
      done.insert($0)
    }
    #expect(done == Set(stride(from: 0, to: 40, by: 2)))
  }

  @Test func aPlaceIsGivenBackByWhoFails() async {
    struct Trouble: Error {}
    let places = Places(1)
    await #expect(throws: Trouble.self) { try await places.use { throw Trouble() } }
    let hasPlace = await places.use { true }
    #expect(hasPlace)
  }

  @Test func aSlowStageIsNamed() async {
    let clock = Clock()
    let times = StageTimes(now: { clock.now })
    await times.measure("quick", budget: 10) { clock.pass(9.96) }
    await times.measure("slow", budget: 10) { clock.pass(10.24) }
    #expect(
      times.table == """
        stage  begins at  seconds  budget
        quick          0     10.0      10
        slow           9     10.2      10
        all            0     20.2     900
        over its budget: slow, 10.2 s of 10
        """)
  }
}
