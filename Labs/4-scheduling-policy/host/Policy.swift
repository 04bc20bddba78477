// The host tests of lab 4: the run queue by itself, with tasks that never run. What is wrong is written as `WRONG: ` and a
// sentence, what is right as `RIGHT: `.
//
//     policy SEED

import Primitives
import Scheduling

private struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

private typealias OneTask = Reference<Scheduling.Task>

private func makeTask(_ identity: UInt32, _ priority: UInt8) -> OneTask {
  let place = UnsafeMutablePointer<Scheduling.Task>.allocate(capacity: 1)
  place.initialize(
    to: Scheduling.Task(
      identity: TaskIdentity(identity), mode: .user, priority: priority, isThread: false, owner: 0))
  return Reference(place)
}

private func makeQueue() -> RunQueue {
  RunQueue(in: UnsafeMutablePointer<RunQueueStorage>.allocate(capacity: 1))
}

private func judge(_ name: String, _ complaint: String?) {
  print(complaint.map { "WRONG: \(name): \($0)" } ?? "RIGHT: \(name)")
}

/// Chooses again and again; each chosen task is ready again at once.
private func choose(_ times: Int, from queue: inout RunQueue) -> [UInt32] {
  (0..<times).compactMap { _ in
    guard let task = queue.pickNext(at: 0) else { return nil }
    queue.add(task, at: 0)
    return task.value.identity.value
  }
}

/// Tasks of several priorities: nobody starves, and the most urgent still get most.
private func starvation(_ random: inout Generator) {
  var queue = makeQueue()
  let priorities = (0..<32).map { UInt8($0) }.shuffled(using: &random).prefix(4)
  var tasks: [OneTask] = []
  for priority in priorities {
    for _ in 0..<Int.random(in: 1...3, using: &random) { tasks.append(makeTask(UInt32(tasks.count + 1), priority)) }
  }
  for task in tasks.shuffled(using: &random) { queue.add(task, at: 0) }
  let bound = 64 * tasks.count
  let chosen = choose(bound * 4, from: &queue)
  let top = priorities.max() ?? 0
  var complaint: String?
  for task in tasks {
    let own = task.value.identity.value
    var last = -1
    for (index, identity) in (chosen + [own]).enumerated() where identity == own {
      if index - last > bound {
        complaint =
          "among tasks of the priorities \(priorities.sorted()) one of \(task.value.priority) is not chosen \(index - last - 1)"
          + " times in a row; it is to be chosen at least once in \(bound)"
      }
      last = index
    }
  }
  judge("nobody starves", complaint)
  let urgent = Set(tasks.filter { $0.value.priority == top }.map { $0.value.identity.value })
  let share = chosen.count { urgent.contains($0) } * 100 / max(chosen.count, 1)
  judge(
    "the most urgent get most",
    share >= 75
      ? nil : "tasks of priority \(top), the highest, are chosen \(share) times in 100; it is to be 75 or more")
}

/// Tasks of one priority take turns.
private func turns(_ random: inout Generator) {
  var queue = makeQueue()
  let count = Int.random(in: 3...7, using: &random)
  for index in 1...count { queue.add(makeTask(UInt32(index), 9), at: 0) }
  let chosen = choose(count * 10, from: &queue)
  let expected = (0..<count * 10).map { UInt32($0 % count + 1) }
  judge(
    "tasks of one priority take turns",
    chosen == expected ? nil : "\(count) tasks of priority 9 are chosen in the order \(chosen.prefix(2 * count))")
}

/// Nothing is lost, and nothing that was taken out is chosen.
private func books(_ random: inout Generator) {
  var queue = makeQueue()
  var inside: [OneTask] = []
  var outside = (1...40).map { makeTask(UInt32($0), UInt8.random(in: 0..<32, using: &random)) }
  var complaint: String?
  for _ in 0..<20_000 where complaint == nil {
    switch Int.random(in: 0..<3, using: &random) {
    case 0 where !outside.isEmpty:
      let task = outside.remove(at: Int.random(in: 0..<outside.count, using: &random))
      queue.add(task, at: 0)
      inside.append(task)
    case 1 where !inside.isEmpty:
      let task = inside.remove(at: Int.random(in: 0..<inside.count, using: &random))
      queue.remove(task)
      outside.append(task)
    default:
      let task = queue.pickNext(at: 0)
      if let task, let place = inside.firstIndex(of: task) {
        inside.remove(at: place)
        outside.append(task)
      } else if task != nil || !inside.isEmpty {
        complaint =
          task == nil ? "\(inside.count) tasks are ready and none is chosen" : "a task is chosen that is not ready"
      }
    }
    if queue.isEmpty != inside.isEmpty {
      complaint = complaint ?? "isEmpty is \(queue.isEmpty) with \(inside.count) tasks ready"
    }
  }
  judge("no task is lost", complaint)
}

@main
enum Policy {
  static func main() {
    var random = Generator(state: UInt64(CommandLine.arguments.dropFirst().first ?? "") ?? 1)
    starvation(&random)
    turns(&random)
    books(&random)
  }
}
