// The tasks that live now, and the operations on them.
//
// Invariant: `members` are the tasks that were started and not yet waited for; every one of them has an outcome sooner
// or later, and it is taken once.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

struct Population {
  private struct Member {
    let task: TaskIdentity
    let isThread: Bool
    let endsByItself: Bool
    var isToldToEnd = false
  }

  /// More are not started.
  private static var limit: Int { 120 }

  private var random: UInt64
  private var members: [Member] = []
  private var started: UInt32 = 0
  private var waitedFor: UInt32 = 0
  private var killed: UInt32 = 0
  private var most = 0
  /// Outcomes that do not fit what was done to the task.
  private(set) var surprises: UInt32 = 0

  init(seed: UInt64) { random = seed &* 2 | 1 }

  var areAllWaitedFor: Bool { members.isEmpty && started == waitedFor }

  /// Xorshift: the same numbers for the same seed.
  private mutating func next(_ limit: UInt32) -> UInt32 {
    random ^= random &<< 13
    random ^= random &>> 7
    random ^= random &<< 17
    return UInt32(truncatingIfNeeded: random &>> 16) % limit
  }

  mutating func operate() {
    switch next(16) {
    case 0...5: start()
    case 6, 7: kill()
    case 8, 9: waitForOne()
    case 10: takeAnyChild()
    case 11: ask()
    case 12: changePriority()
    case 13: _ = SystemCalls.sleep(next(200_000), 0)
    default: _ = SystemCalls.yield()
    }
  }

  private mutating func start() {
    guard members.count < Self.limit else { return kill() }
    let word = next(.max)
    let flags: StartFlags = [[], .ring0, [.ring0, .sharedStack], [.ring0, .guarded]][Int(next(4))]
    let isThread = next(3) != 0
    let task = isThread ? startThread(word, flags) : startProcess(word, flags)
    guard let task else { return }
    members.append(Member(task: task, isThread: isThread, endsByItself: Worker.ends(word)))
    started += 1
    most = max(most, members.count)
  }

  private mutating func startThread(_ word: UInt32, _ flags: StartFlags) -> TaskIdentity? {
    var request = ThreadRequest()
    let entry: @convention(c) (UInt32) -> Int32 = stressThread
    request.entry = unsafe UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    request.argument = word
    request.flags = flags
    request.stackSize = 16384
    request.priority = 10 + next(6)
    let result = unsafe SystemCalls.threadStart(&request, UInt32(MemoryLayout<ThreadRequest>.size))
    return result > 0 ? TaskIdentity(UInt32(result)) : nil
  }

  private mutating func startProcess(_ word: UInt32, _ flags: StartFlags) -> TaskIdentity? {
    var words = WordList()
    words.append("stress")
    words.append("--worker")
    var digits = ByteWriter()
    digits.write(decimal: word)
    words.append(digits.bytes)
    var options = StartOptions(flags: flags)
    options.priority = 10 + next(6)
    return try? Process.start(Bytes("/bin/stress"), arguments: words, options: options)
  }

  private mutating func kill() {
    guard let index = anyIndex() else { return }
    try? members[index].task.kill(status: 99)
    members[index].isToldToEnd = true
    killed += 1
  }

  private mutating func anyIndex() -> Int? { members.isEmpty ? nil : Int(next(UInt32(members.count))) }

  /// Waits for a random task, which is killed first where it would not end.
  private mutating func waitForOne() {
    guard let index = anyIndex() else { return }
    if !members[index].endsByItself && !members[index].isToldToEnd {
      try? members[index].task.kill(status: 99)
      members[index].isToldToEnd = true
    }
    if let outcome = try? members[index].task.wait() {
      take(index, outcome)
    } else {
      surprises += 1
    }
  }

  private mutating func takeAnyChild() {
    guard let child = try? TaskIdentity.waitForAnyChild(.noWait) else { return }
    guard let index = members.firstIndex(where: { $0.task == child.task }) else {
      surprises += 1
      return
    }
    take(index, child.outcome)
  }

  private mutating func take(_ index: Int, _ outcome: Outcome) {
    let member = members[index]
    let isExpected = outcome == .exited(status: 0) || (member.isToldToEnd && outcome == .killed(status: 99))
    if !isExpected {
      surprises += 1
      Console.write {
        $0.write("stress: task ")
        $0.write(decimal: member.task.number)
        $0.write(" ")
        outcome.describe(to: &$0)
        $0.write("\n")
      }
    }
    members[index] = members[members.count - 1]
    members.removeLast()
    waitedFor += 1
  }

  private mutating func ask() {
    guard let index = anyIndex() else { return }
    if next(2) == 0 { try? members[index].task.askToStop() } else { try? members[index].task.askToYield() }
  }

  private mutating func changePriority() {
    guard let index = anyIndex() else { return }
    try? members[index].task.setPriority(10 + next(6))
  }

  mutating func endAll() {
    for index in members.indices {
      try? members[index].task.kill(status: 99)
      members[index].isToldToEnd = true
    }
    while let last = members.indices.last {
      guard let outcome = try? members[last].task.wait() else {
        surprises += 1
        return
      }
      take(last, outcome)
    }
  }

  func report(operations: UInt32, milliseconds: UInt64) {
    Console.write {
      $0.write("stress: ")
      $0.write(decimal: operations)
      $0.write(" operations in ")
      $0.write(decimal: milliseconds)
      $0.write(" ms: ")
      $0.write(decimal: started)
      $0.write(" tasks started, ")
      $0.write(decimal: killed)
      $0.write(" killed, at most ")
      $0.write(decimal: most)
      $0.write(" at once\n")
    }
  }
}
