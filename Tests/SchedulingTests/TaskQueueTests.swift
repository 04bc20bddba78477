import Primitives
import TestSupport
import Testing

@testable import Scheduling

@Suite struct TaskQueueTests {
  /// `insert` against a sort that keeps the order of equals.
  @Test(arguments: [UInt64(31), 32, 33])
  func insertKeepsTheOrderOfUrgency(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pool = TaskPool()
    let storage = UnsafeMutablePointer<TaskQueue>.allocate(capacity: 1)
    storage.initialize(to: TaskQueue())
    defer { storage.deallocate() }
    let queue = Reference(storage)
    var model: [Reference<Scheduling.Task>] = []
    var outside = (1...50).map { pool.make(UInt32($0), priority: UInt8.random(in: 0..<5, using: &random)) }
    for _ in 0..<5_000 {
      if Bool.random(using: &random), let task = outside.popLast() {
        queue.insert(task)
        let place = model.firstIndex { $0.value.priority < task.value.priority } ?? model.count
        model.insert(task, at: place)
      } else if !model.isEmpty {
        let task = model.remove(at: Int.random(in: 0..<model.count, using: &random))
        queue.value.remove(task)
        outside.insert(task, at: 0)
      }
      var found: [UInt32] = []
      var next = queue.value.first
      while let task = next {
        found.append(task.value.identity.value)
        next = task.value.next
      }
      #expect(found == model.map { $0.value.identity.value })
      #expect(queue.value.last == model.last)
    }
  }
}
