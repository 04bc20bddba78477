// Taking a module out: no new call enters, those inside come back, the module stops, and all it held is given back.

import ABI
import DeviceClaims
import Diagnostics
import Machine
import MachineSupport
import Modules
import Primitives
import Scheduling

enum ModuleUnloading {
  /// Takes the module of this name out.
  ///
  /// - Parameter waits: waits for the calls inside; else they are a reason to refuse.
  static func unload(_ name: Name, waits: Bool, explain: inout TextBuffer) throws(SystemError) {
    guard let number = kernel.modules.value.registry.find(name.text),
      let module = kernel.modules.value.record(number)
    else { throw .notFound }
    let errand: ModuleErrand
    do throws(RegistryError) {
      errand = try kernel.modules.value.registry.beginUnloading(number, waits: waits)
    } catch {
      error.describe(to: &explain, registry: kernel.modules.value.registry)
      if case .threadsInside = error { writeThreads(inside: module, to: &explain) }
      throw .busy
    }
    module.updateDoors()
    try ModuleLife.carryOut(errand, &explain)
  }

  /// Waits until somebody tells that no call is inside, or until the task is to end.
  static func waitForCalls(of module: Reference<LinkedModule>) throws(SystemError) {
    if kernel.scheduler.block(.waitingForReply, on: reference(to: &module.value.drainers)) == .cancelled {
      throw .cancelled
    }
  }

  /// Its names stay known to who opened them; calls fail until somebody serves them again.
  private static func withdrawServices(of module: Reference<LinkedModule>) {
    while module.value.serviceCount > 0 {
      module.value.serviceCount -= 1
      guard let offered = module.value.services[module.value.serviceCount] else { continue }
      Services.withdraw(offered.service, because: module)
      Services.release(offered.service)
    }
  }

  /// Takes its services away, and runs the stop function and the finalizers, the last first. What faults there has been
  /// explained.
  static func stop(_ module: Reference<LinkedModule>, runsFunctions: Bool) {
    withdrawServices(of: module)
    guard runsFunctions else { return }
    do throws(SystemError) {
      if let function = module.value.plan.manifest.stop {
        _ = try ModuleCall.run(module.value.base &+ function, of: module)
      }
      let memory = module.memory
      var index = module.value.plan.finalizerCount
      while index > 0 {
        index -= 1
        guard let function = module.value.plan.finalizer(index, in: memory.span, base: module.value.base) else {
          continue
        }
        _ = try ModuleCall.run(function, of: module)
      }
    } catch {}
  }

  /// Gives back all that the module held, and its record.
  static func takeBack(_ module: Reference<LinkedModule>) {
    DevicePorts.releaseAll(of: .module(slot: module.value.slot))
    var left = LeftMemory(owner: module.value.name)
    ModuleHeap.takeBack(from: module) {
      left.add($0)
    } _: {
      ModuleHeap.write($0, of: module)
    }
    left.write()
    withdrawServices(of: module)
    KernelMemory.unmapAndRelease(module.value.base, pages: module.value.pageCount)
    kernel.modules.value.remove(module)
    module.unsafePointer.deinitialize(count: 1)
    KernelHeapMemory.free(module.unsafePointer)
  }

  /// Names the tasks that are inside.
  private static func writeThreads(inside module: Reference<LinkedModule>, to output: inout TextBuffer) {
    var last = TaskIdentity.none
    var isFirst = true
    while let task = kernel.scheduler.tasks.next(after: last) {
      last = task.value.identity
      guard ModuleCall.module(of: task) == module else { continue }
      output.write(isFirst ? ": task " : ", ")
      isFirst = false
      output.write(decimal: task.value.identity.value)
    }
  }
}

/// The pieces of memory that a module left: those that are alike and follow each other get one line.
private struct LeftMemory {
  let owner: Diagnostics.ShortText
  private var last: ModuleAllocation?
  private var count: UInt32 = 0

  init(owner: Diagnostics.ShortText) { self.owner = owner }

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
    var output = KernelOutput()
    output.write("module ")
    owner.write(to: &output)
    output.write(" left ")
    if count > 1 {
      output.write(decimal: count)
      output.write(" times ")
    }
    output.write(decimal: last.size)
    output.write(" bytes")
    last.writeCallers(to: &output)
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
