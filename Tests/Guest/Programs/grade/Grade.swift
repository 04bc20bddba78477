// The hands of the labs' graders inside the guest: starts a program, calls a service, and says what came of it in lines that
// begin with a tag, which the grader on the host chose and nobody else knows.
//
//     grade TAG run MODE MILLISECONDS PROGRAM [WORD...]   MODE: ring3, ring0, shared, guarded
//     grade TAG start MODE PROGRAM [WORD...]              leaves it running
//     grade TAG call SERVICE OPERATION WORD... [: HEXADECIMAL]
//     grade TAG await SERVICE                             until somebody serves that name
//     grade TAG stop SERVICE                              ends the process that serves it
//     grade TAG measure SERVICE LENGTH COUNT              the median of what calls cost, in instructions
//
// Each writes `TAG begin` and then one of `TAG exited STATUS`, `TAG ended SENTENCE`, `TAG limit`, `TAG reply WORDS : BYTES`,
// `TAG refused SENTENCE`, `TAG done NUMBER`. A limit in milliseconds is one in instructions where the emulator counts those.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Grade: Program {
  static func run() -> Int32 {
    guard ProgramInformation.argumentCount > 3 else { return usage() }
    let tag = Tag(name: ProgramInformation.argument(1))
    let action = ProgramInformation.argument(2)
    tag.say("begin")
    if action == "run" { return runProgram(tag) }
    if action == "start" { return start(tag) }
    if action == "call" { return call(tag) }
    if action == "await" { return wait(tag) }
    if action == "stop" { return stop(tag) }
    if action == "measure" { return measure(tag) }
    return usage()
  }

  static func usage() -> Int32 {
    Console.complain("usage: grade TAG run|start|call|await|stop|measure ...\n")
    return 2
  }

  private static func flags(_ mode: Bytes) -> StartFlags? {
    if mode == "ring3" { return [] }
    if mode == "ring0" { return .ring0 }
    if mode == "shared" { return [.ring0, .sharedStack] }
    if mode == "guarded" { return [.ring0, .guarded] }
    return nil
  }

  private static func words(from first: Int) -> WordList {
    var list = WordList()
    for index in first..<ProgramInformation.argumentCount { list.append(ProgramInformation.argument(index)) }
    return list
  }

  /// Starts the program whose path and words begin at argument `first`.
  private static func startProgram(_ tag: Tag, mode: Int, first: Int) -> TaskIdentity? {
    guard ProgramInformation.argumentCount > first, let flags = flags(ProgramInformation.argument(mode)) else {
      _ = usage()
      return nil
    }
    do throws(Refusal) {
      return try Process.start(
        named: ProgramInformation.argument(first), arguments: words(from: first), options: StartOptions(flags: flags))
    } catch {
      tag.say("refused") { error.describe(to: &$0) }
      return nil
    }
  }

  private static func runProgram(_ tag: Tag) -> Int32 {
    guard let limit = ProgramInformation.argument(min(4, ProgramInformation.argumentCount - 1)).number,
      let task = startProgram(tag, mode: 3, first: 5)
    else { return 1 }
    let end = Clock.sinceBoot &+ UInt64(limit) &* 1_000_000
    do throws(SystemError) {
      while true {
        if let outcome = try task.outcomeIfEnded() {
          tag.report(outcome)
          return 0
        }
        guard Clock.sinceBoot < end else { break }
        Thread.sleep(milliseconds: 1)
      }
      try task.kill(status: 1)
      _ = try task.wait()
      tag.say("limit")
    } catch { tag.say("refused") { $0.write(error.sentence) } }
    return 1
  }

  private static func start(_ tag: Tag) -> Int32 {
    guard let task = startProgram(tag, mode: 3, first: 4) else { return 1 }
    tag.say("done") { $0.write(decimal: task.number) }
    return 0
  }

  /// A service that has crashed, moves or is just beginning is there again after some milliseconds.
  private static func wait(_ tag: Tag) -> Int32 {
    let name = ProgramInformation.argument(3)
    for _ in 0..<1000 {
      if let service = ServiceList.find(name), service.state == 1 {
        tag.say("done") { $0.write(decimal: service.owner) }
        return 0
      }
      Thread.sleep(milliseconds: 1)
    }
    tag.say("limit")
    return 1
  }

  private static func stop(_ tag: Tag) -> Int32 {
    guard let service = ServiceList.find(ProgramInformation.argument(3)), service.state == 1 else {
      tag.say("refused") { $0.write("nobody serves that name") }
      return 1
    }
    do throws(SystemError) {
      try TaskIdentity(service.owner).kill(status: 0)
      tag.say("done") { $0.write(decimal: service.owner) }
      return 0
    } catch {
      tag.say("refused") { $0.write(error.sentence) }
      return 1
    }
  }
}

/// What the lines for the host begin with.
struct Tag {
  let name: Bytes

  func say(_ word: StaticString, _ rest: (inout ConsoleLine) -> Void = { _ in }) {
    Console.write {
      // What a program wrote before may lack its line end.
      $0.write("\n")
      $0.write(name)
      $0.write(" ")
      $0.write(word)
      $0.write(" ")
      rest(&$0)
      $0.write("\n")
    }
  }

  func report(_ outcome: Outcome) {
    if case .exited(let status) = outcome {
      say("exited") { $0.write(decimal: Int(status)) }
    } else {
      say("ended") { outcome.describe(to: &$0) }
    }
  }
}
