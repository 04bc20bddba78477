import MachineSupport
import Primitives
import TestSupport
import Testing

@testable import Scheduling

/// Tasks for tests, at addresses that stay.
final class TaskPool {
  private(set) var tasks: [Reference<Scheduling.Task>] = []
  private let memory = LowMemory()

  func make(_ identity: UInt32, priority: UInt8 = 16) -> Reference<Scheduling.Task> {
    let pointer = memory.allocate(Scheduling.Task.self)
    pointer.initialize(
      to: Task(identity: .init(identity), mode: .user, priority: priority, isThread: false, owner: 0))
    let task = Reference(pointer)
    tasks.append(task)
    return task
  }

  deinit {
    for task in tasks { task.unsafePointer.deinitialize(count: 1) }
  }
}

@Suite struct RunQueueTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func agreesWithAModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pool = TaskPool()
    let storage = UnsafeMutablePointer<RunQueueStorage>.allocate(capacity: 1)
    storage.initialize(to: RunQueueStorage())
    defer { storage.deallocate() }
    var queue = RunQueue(storage: Reference(storage))
    var model: [[UInt32]] = Array(repeating: [], count: 32)
    var outside = (1...200).map { pool.make(UInt32($0), priority: UInt8.random(in: 0..<32, using: &random)) }
    var inside: [Reference<Scheduling.Task>] = []
    for _ in 0..<50_000 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where !outside.isEmpty:
        let task = outside.remove(at: Int.random(in: 0..<outside.count, using: &random))
        queue.add(task, at: 0)
        inside.append(task)
        model[Int(task.value.priority)].append(task.value.identity.value)
      case 1 where !inside.isEmpty:
        let task = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
        queue.remove(task)
        outside.append(task)
        model[Int(task.value.priority)].removeAll { $0 == task.value.identity.value }
      default:
        let expected = model.lastIndex { !$0.isEmpty }.map { model[$0].removeFirst() }
        let next = queue.pickNext(at: 0)
        #expect(next?.value.identity.value == expected)
        if let next {
          inside.removeAll { $0 == next }
          outside.append(next)
        }
      }
      #expect(queue.isEmpty == inside.isEmpty)
      #expect(queue.highestPriority == model.lastIndex { !$0.isEmpty }.map(UInt8.init))
    }
  }
}

@Suite struct TaskTableTests {
  @Test func identitiesAreNeverGivenTwice() {
    let pool = TaskPool()
    let count = TaskTable.storageCount(8)
    let storage = UnsafeMutablePointer<Reference<Scheduling.Task>?>.allocate(capacity: count)
    storage.initialize(repeating: nil, count: count)
    defer { storage.deallocate() }
    var table = TaskTable(storage: storage, capacity: 8)
    var seen: Set<UInt32> = []
    var live: [Reference<Scheduling.Task>] = []
    for round in 0..<1000 {
      if live.count == 8 || (round % 3 == 2 && !live.isEmpty) {
        let dead = live.remove(at: round % live.count)
        table.remove(dead)
        #expect(table.find(dead.value.identity) == nil)
        continue
      }
      let identity = table.reserveIdentity()
      #expect(identity != nil)
      guard let identity else { return }
      #expect(seen.insert(identity.value).inserted)
      let task = pool.make(identity.value)
      table.insert(task)
      live.append(task)
      #expect(table.find(identity) == task)
    }
    while live.count < 8, let identity = table.reserveIdentity() {
      let task = pool.make(identity.value)
      table.insert(task)
      live.append(task)
    }
    #expect(table.reserveIdentity() == nil)
    var enumerated: [UInt32] = []
    var last = TaskIdentity.none
    while let task = table.next(after: last) {
      last = task.value.identity
      enumerated.append(last.value)
    }
    #expect(enumerated == live.map { $0.value.identity.value }.sorted())
  }

  /// From any identity to the next, among few tasks and many, of which some are much older than others.
  @Test(arguments: [8, 64, 256]) func theNextAgreesWithAModel(capacity: Int) {
    var random = SeededGenerator(seed: UInt64(capacity))
    let pool = TaskPool()
    let count = TaskTable.storageCount(capacity)
    let storage = UnsafeMutablePointer<Reference<Scheduling.Task>?>.allocate(capacity: count)
    storage.initialize(repeating: nil, count: count)
    defer { storage.deallocate() }
    var table = TaskTable(storage: storage, capacity: UInt32(capacity))
    var live: [Reference<Scheduling.Task>] = []
    var latest: UInt32 = 0
    for step in 0..<4000 {
      let wanted = capacity / (step / 500 % 2 == 0 ? 8 : 2)
      if live.count > wanted || (!live.isEmpty && Bool.random(using: &random)) {
        // The first ones stay.
        let index = Int.random(in: min(2, live.count - 1)..<live.count, using: &random)
        table.remove(live.remove(at: index))
      } else if let identity = table.reserveIdentity() {
        let task = pool.make(identity.value)
        table.insert(task)
        live.append(task)
        latest = identity.value
      }
      let start = UInt32.random(in: 0...latest + 2, using: &random)
      let expected = live.map { $0.value.identity.value }.filter { $0 > start }.min()
      #expect(table.next(after: TaskIdentity(start))?.value.identity.value == expected, "step \(step) from \(start)")
    }
  }
}
