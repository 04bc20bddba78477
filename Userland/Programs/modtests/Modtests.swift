// Tests of linked modules from programs: loading, failing, unloading, calls from both rings, and what is left behind.
// Prints a line for each test; the exit status is 0 where all passed.
//
//     modtests [ROUNDS]   how often the tests that repeat do so; 100 where it is not said

import ABI
import Primitives
import SDK
import ServiceSupport

@main
struct Modtests: Program {
  static func run() -> Int32 {
    var rounds: UInt32 = 100
    if ProgramInformation.argumentCount > 1 { rounds = ProgramInformation.argument(1).number ?? rounds }
    var report = TestReport(program: "modtests")
    report.run("bad files and bad parameters are refused, and nothing is left", LoadingTests.refusals)
    report.run("a module that fails while it starts leaves nothing", LoadingTests.failingStart)
    report.run("starts that each take a while are calls of their own", LoadingTests.longStarts)
    report.run("a module that faults while it stops is taken out", LoadingTests.failingStop)
    report.run("the same module twice is refused", LoadingTests.twice)
    report.run("loading and unloading again and again leaves nothing") { LoadingTests.again(rounds) }
    report.run("sixteen modules live at once, each importing from another", LoadingTests.chain)
    report.run("what a module forgets is taken back", LoadingTests.leak)
    report.run("sectors of the RAM disk are read as they were written", CallTests.disk)
    report.run("bytes travel to a module and back", CallTests.bytes)
    report.run("a bad address is the caller's error", CallTests.badAddress)
    report.run("a reply goes straight to the caller's memory, whose faults are the caller's", PlaceTests.rooms)
    report.run("pages that are lent are read where they are", PlaceTests.lending)
    report.run("a module that misuses what is lent or replies from nowhere fails", PlaceTests.mistakes)
    report.run("pages stay lent while a request sleeps in a module", PlaceTests.sleepers)
    report.run("tasks of all kinds call a module, also one that faults", CallTests.kinds)
    report.run("a table of any size on a module's stack ends at most its own call", StackTests.frames)
    report.run("a call that asks for the time for ever is cut short", CallTests.endlessExport)
    report.run("unloading refuses, or waits, while a task sleeps inside", CallTests.sleeper)
    report.run("a module is used, called and taken out while it starts and fails", RaceTests.useWhileItStarts)
    report.run("a module is used once it has started", RaceTests.useAfterItStarted)
    report.run("two take a module out that sleeps while it stops", RaceTests.twoTakeItOutWhileItStops)
    report.run("two take a module out and wait for one call", RaceTests.twoWaitForACall)
    report.run("who takes a module out, and who loads one, is killed", RaceTests.killed)
    report.run("tasks load, call, take out and are killed as it comes") { RaceTests.storm(rounds) }
    report.run("mistakes with memory end the call", MistakeTests.memory)
    report.run("a system call from inside a module ends the call", MistakeTests.systemCalls)
    report.run("a module's function that ends with a jump to an export", MistakeTests.jump)
    report.run("unloading under load") { CallTests.unloadUnderLoad(rounds) }
    return report.finish()
  }
}

/// The module `lab`, as the tests use it.
enum Lab {
  static var path: StaticString { "/lib/modules/lab.so" }
  static var name: StaticString { "lab" }

  /// The faults that the tests have it commit, by number.
  enum Fault {
    static var divide: UInt32 { 3 }
    static var stack: UInt32 { 8 }
    static var loop: UInt32 { 19 }
  }

  /// Loads it. Returns nil, or why it was refused.
  static func load(_ parameter: StaticString? = nil, path: StaticString = Lab.path) -> Refusal? {
    load(parameter.map { [$0] } ?? [], path: path)
  }

  static func load(_ parameters: [StaticString], path: StaticString = Lab.path) -> Refusal? {
    var words = WordList()
    for parameter in parameters { words.append(parameter) }
    do throws(Refusal) {
      try Modules.load(Bytes(path), parameters: words)
      return nil
    } catch { return error }
  }

  static func unload(_ name: StaticString = Lab.name, _ flags: WaitFlags = []) -> Refusal? {
    do throws(Refusal) {
      try Modules.unload(Bytes(name), flags)
      return nil
    } catch { return error }
  }

  /// Calls it. Returns the reply's first word, or the error.
  static func call(
    _ operation: UInt32, _ word: UInt32 = 0, _ name: StaticString = Lab.name
  ) -> Result<UInt32, SystemError> {
    do throws(SystemError) {
      let client = try ServiceClient(name)
      defer { client.close() }
      return .success(try client.callShort(operation, word))
    } catch { return .failure(error) }
  }

  static func isWorking() -> Bool { call(LabOperation.echo.rawValue, 77) == .success(77) }

  /// The free pages, once idle memory is counted as free.
  static func freePages() -> UInt32 { (try? Machine.memory())?.free ?? 0 }

  /// What the kernel knows of the module; nil where it is not loaded.
  static func information() -> ModuleInformation? { Modules.information(named: Bytes(name)) }
}
