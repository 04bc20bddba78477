import Primitives
import TestSupport
import Testing

@testable import Scheduling

@Suite struct LockInheritanceTests {
  private func wait(_ task: Reference<Scheduling.Task>, for owner: Reference<Scheduling.Task>, lock: UInt64) {
    task.value.waitKey = lock
    task.value.lockOwner = owner
    owner.lockWaiters.append(task)
  }

  @Test func theHolderIsAsUrgentAsTheMostUrgentWaiter() {
    let pool = TaskPool()
    let owner = pool.make(1, priority: 5)
    #expect(owner.inheritedPriority == 5)
    wait(pool.make(2, priority: 9), for: owner, lock: 100)
    wait(pool.make(3, priority: 20), for: owner, lock: 200)
    wait(pool.make(4, priority: 3), for: owner, lock: 100)
    #expect(owner.inheritedPriority == 20)
  }

  @Test func theHeirIsTheMostUrgentAndOfEqualsTheFirst() {
    let pool = TaskPool()
    let owner = pool.make(1)
    for (identity, priority) in [(2, 9), (3, 12), (4, 12), (5, 1)] {
      wait(pool.make(UInt32(identity), priority: UInt8(priority)), for: owner, lock: 100)
    }
    wait(pool.make(6, priority: 31), for: owner, lock: 200)
    #expect(owner.nextOwner(ofLock: 100)?.value.identity == TaskIdentity(3))
    #expect(owner.nextOwner(ofLock: 200)?.value.identity == TaskIdentity(6))
    #expect(owner.nextOwner(ofLock: 300) == nil)
  }

  /// Tasks take and release locks at random; a model knows who waits for what.
  @Test(arguments: [UInt64(21), 22, 23])
  func locksGoFromHandToHand(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pool = TaskPool()
    let tasks = (1...12).map { pool.make(UInt32($0), priority: UInt8.random(in: 0..<32, using: &random)) }
    // For each lock who holds it, and who waits, in the order of coming.
    var holders: [Int?] = Array(repeating: nil, count: 4)
    var waiters: [[Int]] = Array(repeating: [], count: 4)
    for _ in 0..<20_000 {
      let lock = Int.random(in: 0..<4, using: &random)
      let index = Int.random(in: 0..<12, using: &random)
      guard !waiters.contains(where: { $0.contains(index) }) else { continue }
      if holders[lock] == nil {
        holders[lock] = index
      } else if holders[lock] == index {
        let heir = tasks[index].nextOwner(ofLock: UInt64(lock))
        let best = waiters[lock].map { tasks[$0].value.priority }.max()
        let expected = waiters[lock].first { tasks[$0].value.priority == best }
        #expect(heir == expected.map { tasks[$0] })
        holders[lock] = expected
        if let heir, let expected {
          waiters[lock].removeAll { $0 == expected }
          let isAwaited = tasks[index].hand(lock: UInt64(lock), to: heir)
          #expect(isAwaited == !waiters[lock].isEmpty)
          #expect(heir.value.lockOwner == nil)
        }
      } else if let holder = holders[lock] {
        wait(tasks[index], for: tasks[holder], lock: UInt64(lock))
        waiters[lock].append(index)
      }
      for other in 0..<4 {
        guard let holder = holders[other] else { continue }
        for waiter in waiters[other] { #expect(tasks[waiter].value.lockOwner == tasks[holder]) }
      }
      for task in 0..<12 {
        let held = (0..<4).filter { holders[$0] == task }.flatMap { waiters[$0] }
        #expect(tasks[task].value.lockWaiters.count == held.count)
        let expected = max(tasks[task].value.basePriority, held.map { tasks[$0].value.priority }.max() ?? 0)
        #expect(tasks[task].inheritedPriority == expected)
      }
    }
  }
}
