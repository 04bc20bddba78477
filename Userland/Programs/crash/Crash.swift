// Commits a fault on purpose, in a task of its own, and tells how that task ended.
//
//     crash list
//     crash NAME|all [--thread|--server] [--ring0] [--guarded] [--stack separate|shared]
//     crash NAME|all --module
//
// The fault happens in a child process, which is this program again. With --thread it happens in a thread of this process, which
// must outlive it; with --server in a child that serves, on the request of a thread of this process, which must be told; with
// --module in a linked module that this process calls. The exit status is 0 where the fault came to what it was expected to; of
// `all`, how many did not.

import ABI
import Primitives
import SDK
import ServiceSupport

@main
struct Crash: Program {
  static func run() -> Int32 {
    let count = ProgramInformation.argumentCount
    guard count > 1 else { return list() }
    let first = ProgramInformation.argument(1)
    if first == "list" { return list() }
    if first == "--commit", count == 3, let fault = Fault(named: ProgramInformation.argument(2)) {
      fault.commit()
      return 0
    }
    if first == "--serve", count == 3, let fault = Fault(named: ProgramInformation.argument(2)) {
      return FaultServer.run(fault)
    }
    let isInModule = count == 3 && ProgramInformation.argument(2) == "--module"
    if first == "all" { return isInModule ? inModule() : inTasks() }
    if let mistake = ModuleExperiment(mistakeNamed: first) {
      if isInModule { return mistake.run() }
      Console.write {
        $0.write("crash: ")
        $0.write(first)
        $0.write(" is for modules: crash ")
        $0.write(first)
        $0.write(" --module\n")
      }
      return 2
    }
    guard let fault = Fault(named: first) else {
      Console.complain {
        $0.write("crash: there is no fault ")
        $0.write(first)
        $0.write("; crash list shows them\n")
      }
      return 2
    }
    if isInModule { return ModuleExperiment(fault).run() }
    guard let experiment = Experiment(fault, argumentsFrom: 2) else {
      return reportUsage()
    }
    return experiment.run()
  }

  private static func reportUsage() -> Int32 {
    Console.write(
      "usage: crash NAME|all [--thread|--server] [--ring0] [--guarded] [--stack separate|shared] | --module\n")
    return 2
  }

  /// Every fault that something is promised for, one after the other, each in a task of its own.
  private static func inTasks() -> Int32 {
    guard Experiment(.null, argumentsFrom: 2) != nil else { return reportUsage() }
    var failures: Int32 = 0
    Fault.forEach { fault in
      guard let experiment = Experiment(fault, argumentsFrom: 2), experiment.isPromised else { return }
      if experiment.run() != 0 { failures += 1 }
    }
    return failures
  }

  /// Every fault, one after the other, in a module. Returns how many did not come to what they should.
  private static func inModule() -> Int32 {
    var failures: Int32 = 0
    Fault.forEach { fault in
      if fault.isForModules && ModuleExperiment(fault).run() != 0 { failures += 1 }
    }
    ModuleExperiment.forEachMistake { name, _, operation in
      if ModuleExperiment(name, operation).run() != 0 { failures += 1 }
    }
    return failures
  }

  private static func list() -> Int32 {
    Fault.forEach { write($0.name, $0.summary) }
    ModuleExperiment.forEachMistake { name, summary, _ in write(name, summary) }
    return 0
  }

  private static func write(_ name: StaticString, _ summary: StaticString) {
    Console.write {
      $0.write(name, width: 16)
      $0.write(summary)
      $0.write("\n")
    }
  }
}
