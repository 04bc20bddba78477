// Threads of a test, of which one runs at a time: at each turn the seed says who goes on, and time passes only while all sleep.

import Foundation
import TestSupport

final class SeededSchedule: @unchecked Sendable {
  var random: SeededGenerator
  /// In milliseconds.
  private(set) var now: UInt64 = 1
  private let condition = NSCondition()
  private var running = 0
  /// When each thread goes on; nil: it has ended.
  private var wakeTimes: [UInt64?] = []

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Runs the bodies until all have returned.
  func run(_ bodies: [@Sendable () -> Void]) {
    wakeTimes = bodies.map { _ in now }
    running = Int.random(in: 0..<bodies.count, using: &random)
    let group = DispatchGroup()
    for (number, body) in bodies.enumerated() {
      group.enter()
      let thread = Thread { [self] in
        begin(number)
        body()
        end(number)
        group.leave()
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    group.wait()
  }

  /// Lets somebody else go on, perhaps.
  func turn() { sleep(milliseconds: 0) }

  func sleep(milliseconds: UInt64) {
    condition.lock()
    let own = running
    wakeTimes[own] = now + milliseconds
    choose()
    while running != own { condition.wait() }
    condition.unlock()
  }

  private func begin(_ number: Int) {
    condition.lock()
    while running != number { condition.wait() }
    condition.unlock()
  }

  private func end(_ number: Int) {
    condition.lock()
    wakeTimes[number] = nil
    choose()
    condition.unlock()
  }

  private func choose() {
    guard let next = wakeTimes.compactMap({ $0 }).min() else { return }
    now = max(now, next)
    running = wakeTimes.indices.filter { wakeTimes[$0].map { $0 <= now } == true }.randomElement(using: &random)!
    condition.broadcast()
  }
}
