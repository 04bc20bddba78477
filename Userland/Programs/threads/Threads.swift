// Tests what threads wait for each other with, between threads of both rings: mutex, condition, semaphore, once, join
// and detached threads. Prints a line for each test; the exit status is 0 where all passed.

import ABI
import Primitives
import SDK

@main
struct Threads: Program {
  static func run() -> Int32 {
    var report = TestReport(program: "threads")
    report.run("mutex keeps increments apart", mutexTest)
    report.run("condition hands every item over once", conditionTest)
    report.run("semaphore lets so many in", semaphoreTest)
    report.run("once is done once", onceTest)
    report.run("join returns the status", joinTest)
    report.run("a detached thread runs and cannot be joined", detachedTest)
    report.run("two sleepers are awake in the order of their times", sleepTest)
    return report.finish()
  }

  private static var threadCount: UInt32 { 6 }

  /// Every other thread runs in Ring 0, where this process may start such threads.
  private static func options(_ index: UInt32) -> StartOptions {
    let mayUseRing0 = (try? TaskIdentity.current.information())?.rights.contains(.ring0) ?? false
    return StartOptions(flags: index % 2 == 1 && mayUseRing0 ? .ring0 : [])
  }

  /// Starts threads that run `body` with their number and waits for all. Returns whether each ended with status 0.
  private static func runThreads(_ body: @escaping (UInt32) -> Int32) -> Bool {
    var threads: [Thread] = []
    for index in 0..<threadCount {
      guard let thread = try? Thread.start(options(index), body: { body(index) }) else { return false }
      threads.append(thread)
    }
    var allSucceeded = true
    for thread in threads where (try? thread.join()) != .exited(status: 0) { allSucceeded = false }
    return allSucceeded
  }

  private static func mutexTest() -> Bool {
    let counter = Mutex<UInt32>(0)
    let succeeded = runThreads { index in
      for round in 0..<500 {
        counter.withLock { value in
          let seen = value
          // Somebody else would come in here now and then, were it not for the lock.
          if round % 16 == 0 { Thread.yield() }
          value = seen + 1
        }
      }
      return 0
    }
    return succeeded && counter.withLock { $0 } == threadCount * 500
  }

  private static func conditionTest() -> Bool {
    struct Box {
      var item: UInt32 = 0
      var sum: UInt32 = 0
      var taken: UInt32 = 0
    }
    let box = Mutex(Box())
    let isFull = Condition()
    let isEmpty = Condition()
    let perThread: UInt32 = 100
    let succeeded = runThreads { index in
      for number in 1...perThread {
        if index < threadCount / 2 {
          box.wait(isEmpty, until: { $0.item == 0 }) { $0.item = number }
          isFull.signal()
        } else {
          box.wait(isFull, until: { $0.item != 0 }) {
            $0.sum += $0.item
            $0.taken += 1
            $0.item = 0
          }
          isEmpty.signal()
        }
      }
      return 0
    }
    let producers = threadCount / 2
    let result = box.withLock { $0 }
    return succeeded && result.taken == producers * perThread
      && result.sum == producers * (perThread * (perThread + 1) / 2)
  }

  private static func semaphoreTest() -> Bool {
    let places = Semaphore(2)
    let inside = Mutex<(now: UInt32, most: UInt32)>((0, 0))
    let succeeded = runThreads { _ in
      for _ in 0..<20 {
        places.take()
        inside.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        Thread.yield()
        inside.withLock { $0.now -= 1 }
        places.give()
      }
      return 0
    }
    let result = inside.withLock { $0 }
    return succeeded && result.now == 0 && result.most <= 2 && places.takeIfThere() && places.takeIfThere()
      && !places.takeIfThere()
  }

  private static func onceTest() -> Bool {
    let once = Once()
    let count = Mutex<UInt32>(0)
    let succeeded = runThreads { _ in
      once.run {
        Thread.sleep(milliseconds: 5)
        count.withLock { $0 += 1 }
      }
      // Whoever comes out finds it done.
      return count.withLock { $0 } == 1 ? 0 : 1
    }
    return succeeded && count.withLock { $0 } == 1
  }

  private static func joinTest() -> Bool {
    for status in [0, 1, 77, -5] as [Int32] {
      guard let thread = try? Thread.start(body: { status }), (try? thread.join()) == .exited(status: status)
      else { return false }
      // It can be waited for once only.
      if (try? thread.join()) != nil { return false }
    }
    return true
  }

  private static func detachedTest() -> Bool {
    let ran = Semaphore(0)
    let options = StartOptions(flags: .detached)
    guard
      let thread = try? Thread.start(
        options,
        body: {
          ran.give()
          return 0
        })
    else { return false }
    ran.take()
    return (try? thread.join()) == nil
  }

  private static func sleepTest() -> Bool {
    let order = Mutex<[UInt32]>([])
    let succeeded = runThreads { index in
      Thread.sleep(milliseconds: (threadCount - index) * 20)
      order.withLock { $0.append(index) }
      return 0
    }
    let result = order.withLock { $0 }
    guard succeeded, result.count == Int(threadCount) else { return false }
    for index in result.indices where result[index] != threadCount - 1 - UInt32(index) { return false }
    return true
  }
}
