// The parent's side: starts children that call, ends those that got stuck, counts, and has the kernel prove its memory.
//
// Invariant: only calls that a child has told of in its exit status are counted. A child that ends by a fault, or has
// to be killed, counts for nothing.

import ABI
import Primitives
import SDK

struct Campaign {
  /// How many calls a child makes.
  private static var share: UInt32 { 500 }
  /// After how many calls the kernel proves its memory.
  private static var interval: UInt32 { 10_000 }
  /// How long a child may take, in nanoseconds; one that waits for what never comes is killed then.
  private static var patience: UInt64 { 100_000_000 }
  /// How many pages may be missing at the end: what the kernel's heap keeps for the next objects of a size.
  private static var tolerance: UInt32 { 16 }

  private let flags: StartFlags
  private let count: UInt32
  private let seed: UInt32

  private var calls: UInt32 = 0
  private var children: UInt32 = 0
  private var faulted: UInt32 = 0
  private var killed: UInt32 = 0
  private var failures: UInt32 = 0

  init(flags: StartFlags, count: UInt32, seed: UInt32) {
    self.flags = flags
    self.count = count
    self.seed = seed
  }

  mutating func run() -> Int32 {
    // The first children are not counted: what stays for good is there after them.
    for _ in 0..<4 { runChild() }
    calls = 0
    let freeBefore = (try? Machine.memory())?.free ?? 0
    var proven: UInt32 = 0
    while calls < count {
      runChild()
      if children > 50, calls / children < 5 {
        fail("the children do not get on")
        break
      }
      if calls - proven >= Self.interval {
        proven = calls
        proveMemory()
      }
    }
    proveMemory()
    let freeAfter = settledFreePages(wanted: freeBefore)
    if freeAfter + Self.tolerance < freeBefore { fail("memory is missing") }
    conclude(freeBefore, freeAfter)
    return failures == 0 ? 0 : 1
  }

  /// Children mount and unmount what they like: each begins with the same name space.
  private let mounts = KnownMounts()

  private mutating func runChild() {
    children += 1
    mounts.restore()
    do throws(Refusal) {
      let task = try startChild()
      do throws(SystemError) {
        guard let outcome = try self.outcome(of: task) else {
          try task.kill(status: 0)
          killed += 1
          _ = try task.wait()
          return
        }
        switch outcome {
        case .exited(let status), .killed(let status):
          calls &+= UInt32(bitPattern: max(0, min(status, Int32(Self.share))))
        case .faulted, .checkFailed, .outOfMemory, .stuck: faulted += 1
        }
      } catch { fail("a child was lost") }
    } catch { fail("a child could not be started") }
  }

  private func startChild() throws(Refusal) -> TaskIdentity {
    var arguments = WordList()
    arguments.append("fuzz")
    arguments.append("--child")
    for number in [seed, children, Self.share, (try? TaskIdentity.current.information())?.task ?? 1] {
      var digits = ByteWriter()
      digits.write(decimal: number)
      arguments.append(digits.bytes)
    }
    return try Process.start(Bytes("/bin/fuzz"), arguments: arguments, options: StartOptions(flags: flags))
  }

  /// Waits for a child; nil where it takes too long.
  private func outcome(of task: TaskIdentity) throws(SystemError) -> Outcome? {
    while true {
      if let outcome = try task.outcomeIfEnded() { return outcome }
      guard try Events.next(.childEnded, within: Self.patience) != nil else { return try task.outcomeIfEnded() }
    }
  }

  private mutating func proveMemory() {
    guard let memory = try? Machine.memory(.check) else { return fail("the memory cannot be proven") }
    if memory.discrepancies > 0 { fail("the kernel's memory is not in order") }
    Console.write {
      $0.write("fuzz: ")
      $0.write(decimal: calls)
      $0.write(" calls, ")
      $0.write(decimal: memory.free)
      $0.write(" pages free, ")
      $0.write(decimal: memory.discrepancies)
      $0.write(" discrepancies\n")
    }
  }

  /// The free pages, once what the children left running has ended; at the most after a second.
  private func settledFreePages(wanted: UInt32) -> UInt32 {
    var free: UInt32 = 0
    for _ in 0..<50 {
      free = (try? Machine.memory())?.free ?? 0
      if free >= wanted { break }
      Thread.sleep(milliseconds: 20)
    }
    return free
  }

  private mutating func fail(_ what: StaticString) {
    failures += 1
    Console.write {
      $0.write("fuzz: FAIL ")
      $0.write(what)
      $0.write("\n")
    }
  }

  private func conclude(_ freeBefore: UInt32, _ freeAfter: UInt32) {
    Console.write {
      $0.write("fuzz: ")
      $0.write(decimal: calls)
      $0.write(" calls in Ring ")
      $0.write(flags.contains(.ring0) ? "0" : "3")
      if flags.contains(.sharedStack) { $0.write(", shared stack") }
      if flags.contains(.guarded) { $0.write(", guarded") }
      $0.write(", seed ")
      $0.write(decimal: seed)
      $0.write(", by ")
      $0.write(decimal: children)
      $0.write(" processes: ")
      $0.write(decimal: faulted)
      $0.write(" faulted, ")
      $0.write(decimal: killed)
      $0.write(" waited for ever and were killed\nfuzz: ")
      $0.write(decimal: freeBefore)
      $0.write(" pages free before, ")
      $0.write(decimal: freeAfter)
      $0.write(failures == 0 ? " after; all is well\n" : " after; there were FAILURES\n")
    }
  }
}
