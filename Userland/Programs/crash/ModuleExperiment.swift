// One fault inside a linked module: has the module `lab` commit it in a call, and checks that the call failed, that the
// module is marked as failed, and that it works again once it was taken out and loaded anew.

import ABI
import Primitives
import SDK
import ServiceSupport

struct ModuleExperiment {
  private static var path: StaticString { "/lib/modules/lab.so" }
  private static var lab: StaticString { "lab" }

  /// What modules alone can do wrong, which the kernel finds and not the processor.
  static func forEachMistake(_ body: (_ name: StaticString, _ summary: StaticString, LabOperation) -> Void) {
    body("overrun", "writes past the end of memory from the kernel; modules only", .overrun)
    body("records", "writes over what the kernel keeps between pieces of its memory; modules only", .longOverrun)
    body("books", "writes over the kernel's books in front of all its memory; modules only", .underrun)
    body("overrun-far", "writes on and on past the end of memory from the kernel; modules only", .endlessOverrun)
    body("overrun-request", "writes on and on past the end of its request; modules only", .requestOverrun)
    body("stray-stack", "faults with its stack pointer in memory from the kernel; modules only", .strayStack)
    body("stray-jump", "goes on in the middle of an instruction of the kernel's; modules only", .strayJump)
    body("wild-free", "gives back memory that it does not have; modules only", .wildFree)
    body("second-free", "gives memory back twice; modules only", .secondFree)
    body("system-call", "makes a system call inside the kernel; modules only", .systemCall)
  }

  private let name: StaticString
  private let operation: UInt32
  /// Nil: a mistake of modules.
  private let fault: Fault?

  init(_ fault: Fault) {
    name = fault.name
    operation = UInt32(fault.rawValue)
    self.fault = fault
  }

  init(_ name: StaticString, _ operation: LabOperation) {
    self.name = name
    self.operation = operation.rawValue
    fault = nil
  }

  init?(mistakeNamed text: Bytes) {
    var found: ModuleExperiment?
    Self.forEachMistake { name, _, operation in
      if text == name { found = ModuleExperiment(name, operation) }
    }
    guard let found else { return nil }
    self = found
  }

  func run() -> Int32 {
    do throws(Refusal) {
      try load()
      defer { try? Modules.unload(Bytes(Self.lab)) }
      let failure = fault?.endsCaller == true ? commitInThread() : commit()
      guard isExpected(failure) else {
        report(failure?.sentence ?? "The call came back.", ", which was NOT expected")
        return 1
      }
      guard failure != nil else {
        report("The call came back: ", "nothing stops that in the kernel")
        return isWorking ? 0 : 1
      }
      guard isMarkedFailed else {
        report("The module is not marked as failed", ", which was NOT expected")
        return 1
      }
      try Modules.unload(Bytes(Self.lab))
      try load()
      guard isWorking else {
        report("The module does not work again", " after it was loaded anew")
        return 1
      }
      report("the call failed, the module was taken out", " and works again; the system goes on")
      return 0
    } catch {
      Console.write {
        $0.write("crash: ")
        error.describe(to: &$0)
        $0.write("\n")
      }
      return 1
    }
  }

  private func load() throws(Refusal) {
    do throws(Refusal) {
      try Modules.load(Bytes(Self.path), parameters: WordList())
    } catch {
      // One that is there already serves as well, unless it has failed.
      if error.error != .alreadyExists || isMarkedFailed { throw error }
    }
  }

  /// Has the lab commit the fault. Returns the error that the call ended with, nil where it came back.
  private func commit() -> SystemError? {
    do throws(SystemError) {
      let lab = try ServiceClient(Self.lab)
      defer { lab.close() }
      _ = try lab.callShort(operation)
      return nil
    } catch { return error }
  }

  /// The same in a thread, which ends with the call.
  private func commitInThread() -> SystemError? {
    let experiment = self
    guard let thread = try? Thread.start(StartOptions(), body: { experiment.commit() == nil ? 0 : 1 }),
      case .faulted = try? thread.join()
    else { return nil }
    return .serviceFaulted
  }

  private func isExpected(_ failure: SystemError?) -> Bool {
    switch fault {
    // Legal in the kernel, and what nothing stops there.
    case .port, .kernelRead, .timerStop: failure == nil
    case .kernelWrite, .kernelFault: true
    default: failure == .serviceFaulted
    }
  }

  private var isMarkedFailed: Bool {
    guard let module = Modules.information(named: Bytes(Self.lab)) else { return false }
    return module.hasFailed && module.faults > 0
  }

  private var isWorking: Bool {
    do throws(SystemError) {
      let lab = try ServiceClient(Self.lab)
      defer { lab.close() }
      return try lab.callShort(LabOperation.echo.rawValue, 77) == 77
    } catch { return false }
  }

  private func report(_ text: StaticString, _ rest: StaticString) {
    Console.write {
      $0.write("crash: ")
      $0.write(name)
      $0.write(" in a linked module: ")
      $0.write(text)
      $0.write(rest)
      $0.write("\n")
    }
  }
}
