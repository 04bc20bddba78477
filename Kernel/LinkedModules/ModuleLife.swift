// What loading a module and taking it out have in common: the steps that the registry names (Kernel/Modules/ModuleErrand)
// are done one after the other, on the stack of the task that asked.
//
// Invariant: across a step that waits only the module's number is kept. Its record is looked up again for each step.

import ABI
import Diagnostics
import Modules
import Platform
import Primitives
import Processes
import VirtualMemory

struct ModuleLife {
  let context: Context

  init(_ context: Context) { self.context = context }

  /// Does what is left of an errand. Its frame is small: start and stop functions have what is left of the stack.
  ///
  /// - Parameter failure: why the step before did not end well.
  /// - Throws: the first failure, after all that came of it was done.
  @inline(never)
  func carryOut(
    _ begun: ModuleErrand, after failure: SystemError? = nil, _ explain: inout TextBuffer
  ) throws(SystemError) {
    var errand = begun
    var failure = failure
    while errand.step != .nothing {
      var isDone = true
      do throws(SystemError) { try perform(errand, &explain) } catch {
        isDone = false
        failure = failure ?? error
      }
      context.modules.value.registry.advance(&errand, isDone: isDone)
      // The ways to its services follow its state.
      context.modules.value.record(errand.module)?.updateDoors()
    }
    if let failure { throw failure }
  }

  private func perform(_ errand: ModuleErrand, _ explain: inout TextBuffer) throws(SystemError) {
    guard let module = context.modules.value.record(errand.module) else {
      // It was refused before it got a record.
      guard errand.step == .destroy else { panic("a module lost its record") }
      return
    }
    switch errand.step {
    case .start: try ModuleLoading(context).start(module, &explain)
    case .publish: try ModuleLoading(context).publish(module, &explain)
    case .wait: try ModuleUnloading(context).waitForCalls(of: module)
    case .stop(let runsFunctions): ModuleUnloading(context).stop(module, runsFunctions: runsFunctions)
    case .destroy: ModuleUnloading(context).destroy(module)
    case .link, .nothing: break
    }
  }
}
