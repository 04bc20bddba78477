// One fault in one task: starts the task, waits for its end, and compares that with what was expected.

import ABI
import Primitives
import SDK

struct Experiment {
  /// How long a fault may take. The watchdog for tasks that turn interrupts off is faster.
  private static var patience: UInt32 { 5000 }
  /// How long an endless loop is watched before it is killed.
  private static var loopTime: UInt32 { 300 }
  private static var pollInterval: UInt32 { 10 }

  private let fault: Fault
  /// Whether a thread of this process commits the fault.
  private var isThread = false
  /// Whether a server commits it, on a request of this process.
  private var isServer = false
  private var options = StartOptions()

  /// Nil where the program's arguments are not understood.
  init?(_ fault: Fault, argumentsFrom first: Int) {
    self.fault = fault
    var index = first
    while index < ProgramInformation.argumentCount {
      let option = ProgramInformation.argument(index)
      let value =
        index + 1 < ProgramInformation.argumentCount ? ProgramInformation.argument(index + 1) : Bytes("")
      if option == "--ring0" {
        options.flags.insert(.ring0)
      } else if option == "--guarded" {
        options.flags.formUnion([.ring0, .guarded])
      } else if option == "--thread" {
        isThread = true
      } else if option == "--server" {
        isServer = true
      } else if option == "--ring0-thread" {
        isThread = true
        options.flags.insert(.ring0)
      } else if option == "--stack", value == "shared" {
        options.flags.formUnion([.ring0, .sharedStack])
        index += 1
      } else if option == "--stack", value == "separate" {
        index += 1
      } else {
        return nil
      }
      index += 1
    }
    if isThread && isServer { return nil }
  }

  /// Whether the fault is to come to something. What is not promised may stop the machine.
  var isPromised: Bool {
    if case .notPromised = fault.expectation(in: place) { return false }
    // A server goes on, and its client runs meanwhile.
    return !(isServer && place.ring == 0 && fault.staysUntilTheEnd)
  }

  private var place: Circumstances {
    Circumstances(
      ring: options.flags.contains(.ring0) ? 0 : 3, isGuarded: options.flags.contains(.guarded),
      isShared: options.flags.contains(.sharedStack))
  }

  func run() -> Int32 {
    do throws(SystemError) {
      guard let task = try start() else { return 1 }
      let client = isServer ? try FaultServer.call() : nil
      let outcome = try wait(for: task)
      // Whoever asked a server that ended is told so; one that went on has answered.
      let isAnswered = try client.map { thread throws(SystemError) in try thread.join() == .exited(status: 0) }
      let isExpected = matches(outcome) && (isAnswered == nil || isAnswered == (outcome == .exited(status: 0)))
      Console.write {
        writeTitle(to: &$0)
        $0.write("task ")
        $0.write(decimal: task.number)
        $0.write(" ")
        outcome.describe(to: &$0)
        $0.write(isExpected ? verdict(outcome) : ", which was NOT expected")
        $0.write("\n")
      }
      return isExpected ? 0 : 1
    } catch {
      Console.write {
        writeTitle(to: &$0)
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }

  private func start() throws(SystemError) -> TaskIdentity? {
    if isThread {
      let fault = self.fault
      return try Thread.start(options) {
        fault.commit()
        return 0
      }.task
    }
    var arguments = WordList()
    arguments.append("crash")
    arguments.append(isServer ? "--serve" : "--commit")
    arguments.append(fault.name)
    do throws(Refusal) {
      return try Process.start(Bytes("/bin/crash"), arguments: arguments, options: options)
    } catch {
      Console.write {
        writeTitle(to: &$0)
        error.describe(to: &$0)
        $0.write("\n")
      }
      return nil
    }
  }

  /// Waits for the end of the task; kills one that goes on for ever.
  private func wait(for task: TaskIdentity) throws(SystemError) -> Outcome {
    var limit = Self.patience
    if case .endless = fault.expectation(in: place) { limit = Self.loopTime }
    var waited: UInt32 = 0
    while waited < limit {
      if let outcome = try task.outcomeIfEnded() { return outcome }
      Thread.sleep(milliseconds: Self.pollInterval)
      waited += Self.pollInterval
    }
    try task.kill(status: 137)
    return try task.wait()
  }

  private func matches(_ outcome: Outcome) -> Bool {
    switch fault.expectation(in: place) {
    case .check: outcome == .checkFailed
    case .exception(let one, let other):
      outcome == .faulted(vector: one) || outcome == .faulted(vector: other)
        || other == 6 && outcome == .checkFailed
    case .endless: outcome == .killed(status: 137)
    case .stuck: outcome == .stuck
    case .legal: outcome == .exited(status: 0)
    case .notPromised: true
    }
  }

  private func verdict(_ outcome: Outcome) -> StaticString {
    if case .exited = outcome {
      if case .notPromised = fault.expectation(in: place) { return ": nothing stopped it" }
      return ": it is legal there"
    }
    if isServer { return "; its client was told, and the system goes on" }
    return isThread ? "; its process goes on" : "; the system goes on"
  }

  private func writeTitle(to output: inout ConsoleLine) {
    output.write("crash: ")
    output.write(fault.name)
    output.write(place.ring == 0 ? " in Ring 0" : " in Ring 3")
    if options.flags.contains(.guarded) { output.write(", guarded") }
    if options.flags.contains(.sharedStack) { output.write(", shared stack") }
    output.write(isThread ? ", thread: " : isServer ? ", server: " : ": ")
  }
}
