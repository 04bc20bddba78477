// Taking a module out: no new call enters, those inside come back, the module stops, and all it held is given back.

import ABI
import Consoles
import DeviceClaims
import Devices
import Diagnostics
import IPC
import Messages
import Modules
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ModuleUnloading {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Takes the module of this name out.
  ///
  /// - Parameter waits: waits for the calls inside; else they are a reason to refuse.
  package func unload(_ name: Name, waits: Bool, explain: inout TextBuffer) throws(SystemError) {
    guard let number = context.modules.value.registry.find(name.text),
      let module = context.modules.value.record(number)
    else { throw .notFound }
    let errand: ModuleErrand
    do throws(RegistryError) {
      errand = try context.modules.value.registry.beginUnloading(number, waits: waits)
    } catch {
      error.describe(to: &explain, registry: context.modules.value.registry)
      if case .threadsInside = error { writeThreads(inside: module, to: &explain) }
      throw .busy
    }
    module.updateDoors()
    try ModuleLife(context).carryOut(errand, &explain)
  }

  /// Waits until somebody tells that no call is inside, or until the task is to end.
  func waitForCalls(of module: Reference<LinkedModule>) throws(SystemError) {
    if context.scheduler.block(.waitingForReply, on: reference(to: &module.value.drainers)) == .cancelled {
      throw .cancelled
    }
  }

  /// Its names stay known to who opened them; calls fail until somebody serves them again.
  private func withdrawServices(of module: Reference<LinkedModule>) {
    while module.value.serviceCount > 0 {
      module.value.serviceCount -= 1
      guard let offered = module.value.services[module.value.serviceCount] else { continue }
      Services(context).withdraw(offered.service, because: UInt32(module.address))
      Services(context).release(offered.service)
    }
  }

  /// Takes its services away, and runs the stop function and the finalizers, the last first. What faults there has been
  /// explained.
  func stop(_ module: Reference<LinkedModule>, runsFunctions: Bool) {
    withdrawServices(of: module)
    guard runsFunctions else { return }
    do throws(SystemError) {
      if let function = module.value.plan.manifest.stop {
        _ = try ModuleCall(context).run(module.value.base &+ function, of: module)
      }
      let memory = module.memory
      var index = module.value.plan.finalizerCount
      while index > 0 {
        index -= 1
        guard let function = module.value.plan.finalizer(index, in: memory.span, base: module.value.base) else {
          continue
        }
        _ = try ModuleCall(context).run(function, of: module)
      }
    } catch {}
  }

  /// Gives back all that the module held, and its record.
  func destroy(_ module: Reference<LinkedModule>) {
    DevicePorts(context).releaseAll(of: .module(slot: module.value.slot))
    ModuleWaits(context).releaseAll(of: module)
    context.scheduler.preemptionPoint()
    var left = LeftMemory(owner: module.value.name, context)
    ModuleHeap(context).freeAll(from: module) {
      left.add($0)
    } _: {
      ModuleHeap(context).write($0, of: module)
    }
    left.write()
    withdrawServices(of: module)
    context.scheduler.preemptionPoint()
    KernelMemory(context).unmapAndRelease(module.value.base, pages: module.value.pageCount)
    context.modules.value.remove(module)
    unsafe module.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(module.unsafePointer)
  }

  /// Names the tasks that are inside.
  private func writeThreads(inside module: Reference<LinkedModule>, to output: inout TextBuffer) {
    var last = TaskIdentity.none
    var isFirst = true
    while let task = context.scheduler.tasks.next(after: last) {
      last = task.value.identity
      guard ModuleCall(context).module(of: task) == module else { continue }
      output.write(isFirst ? ": task " : ", ")
      isFirst = false
      output.write(decimal: task.value.identity.value)
    }
  }
}

/// The pieces of memory that a module left: those that are alike and follow each other get one line.
private struct LeftMemory {
  let owner: ShortText
  private let context: Context
  private var last: ModuleAllocation?
  private var count: UInt32 = 0

  init(owner: ShortText, _ context: Context) {
    self.owner = owner
    self.context = context
  }

  mutating func add(_ piece: ModuleAllocation) {
    if last?.size != piece.size || last?.callers.0 != piece.callers.0 {
      write()
      count = 0
    }
    last = piece
    count += 1
  }

  func write() {
    guard let last else { return }
    var output = KernelOutput(context)
    output.write("module ")
    owner.write(to: &output)
    output.write(" left ")
    if count > 1 {
      output.write(decimal: count)
      output.write(" times ")
    }
    output.write(decimal: last.size)
    output.write(" bytes")
    last.writeCallers(to: &output, context)
    output.write("\n")
  }
}

extension Name {
  /// The bytes before the padding.
  var text: Span<UInt8> {
    @_lifetime(borrow self) borrowing get {
      var count = 0
      while count < 32 && bytes[count] != 0 { count += 1 }
      return bytes.span.extracting(first: count)
    }
  }
}
