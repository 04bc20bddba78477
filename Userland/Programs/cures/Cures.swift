// The scenarios in which a kernel that works on a Ring-0 task's own stack fails, unless it is cured: system calls in the
// middle of which an address space changes. The program lets Ring-0 processes play them.
//
//     cures separate|shared process|thread|kill|yield|all
//
// Each scenario also compares every byte of a piece of stack that nobody should touch.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Cures: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 3 else { return usage() }
    let first = ProgramInformation.argument(1)
    let scenario = ProgramInformation.argument(2)
    if first == "--play" { return play(scenario) ? 0 : 1 }
    guard first == "separate" || first == "shared" else { return usage() }
    let flags: StartFlags = first == "shared" ? [.ring0, .sharedStack] : .ring0

    var checks = Checklist("cures")
    let isAll = scenario == "all"
    if isAll || scenario == "process" {
      checks.check(start("process", flags) == .exited(status: 0), "a Ring-0 process starts a process")
    }
    if isAll || scenario == "thread" {
      checks.check(start("thread", flags) == .exited(status: 0), "a Ring-0 process starts a thread")
    }
    if isAll || scenario == "kill" {
      checks.check(start("kill", flags) == .killed(status: 41), "a Ring-0 process kills itself")
    }
    if isAll || scenario == "yield" {
      checks.check(yields(flags), "two Ring-0 processes yield to each other and leave each other's stacks alone")
    }
    return checks.conclude()
  }

  private static func usage() -> Int32 {
    Console.complain("usage: cures separate|shared process|thread|kill|yield|all\n")
    return 2
  }

  private static func start(_ part: StaticString, _ flags: StartFlags) -> Outcome? {
    guard let task = startTask(part, flags) else { return nil }
    return try? task.wait()
  }

  private static func startTask(_ part: StaticString, _ flags: StartFlags) -> TaskIdentity? {
    var words = WordList()
    words.append("cures")
    words.append("--play")
    words.append(part)
    return try? Process.start(Bytes("/bin/cures"), arguments: words, options: StartOptions(flags: flags))
  }

  /// Two processes with the same addresses on their stacks take turns. One is deeper in its stack: what the other would
  /// push on the wrong stack lands where this one keeps a pattern.
  private static func yields(_ flags: StartFlags) -> Bool {
    guard let one = startTask("shallow", flags), let other = startTask("deep", flags) else { return false }
    let areWhole = (try? one.wait()) == .exited(status: 0)
    return (try? other.wait()) == .exited(status: 0) && areWhole
  }

  /// What a Ring-0 process does in a scenario.
  private static func play(_ part: Bytes) -> Bool {
    let flags = ((try? TaskIdentity.current.information())?.flags ?? []).intersection([.ring0, .sharedStack])
    if part == "nothing" { return true }
    guard flags.contains(.ring0) else { return false }
    if part == "process" { return StackPattern.shallow { start("nothing", flags) == .exited(status: 0) } }
    if part == "thread" { return StackPattern.shallow { thread(flags) == .exited(status: 3) } }
    if part == "kill" {
      try? TaskIdentity(current_task()).kill(status: 41)
      return false
    }
    if part == "shallow" { return StackPattern.shallow(takeTurns) }
    return part == "deep" && StackPattern.deep(takeTurns)
  }

  private static func thread(_ flags: StartFlags) -> Outcome? {
    guard let thread = try? Thread.start(StartOptions(flags: flags), body: { 3 }) else { return nil }
    return try? thread.join()
  }

  private static func takeTurns() -> Bool {
    for _ in 0..<1_000 { Thread.yield() }
    return true
  }
}

/// A piece of the caller's stack filled with a pattern that is compared afterwards.
enum StackPattern {
  /// Runs `body` below 512 bytes of pattern.
  static func shallow(_ body: () -> Bool) -> Bool {
    var words = InlineArray<128, UInt32>(repeating: 0)
    return unsafe withUnsafeMutablePointer(to: &words) { pattern in
      unsafe pattern.withMemoryRebound(to: UInt32.self, capacity: 128) { words in
        unsafe around(words, 128, body)
      }
    }
  }

  /// Runs `body` below 12 KiB of pattern, which reaches below the stack pointer of a task that is shallow.
  static func deep(_ body: () -> Bool) -> Bool {
    var words = InlineArray<3072, UInt32>(repeating: 0)
    return unsafe withUnsafeMutablePointer(to: &words) { pattern in
      unsafe pattern.withMemoryRebound(to: UInt32.self, capacity: 3072) { words in
        unsafe around(words, 3072, body)
      }
    }
  }

  @inline(never)
  private static func around(_ words: UnsafeMutablePointer<UInt32>, _ count: UInt32, _ body: () -> Bool) -> Bool {
    let seed = current_task() &* 0x9e37_79b9
    for index in 0..<count { unsafe words[Int(index)] = seed ^ index }
    var isRight = body()
    for index in 0..<count where unsafe words[Int(index)] != seed ^ index { isRight = false }
    return isRight
  }
}
