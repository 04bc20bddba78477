// What the exports to modules have in common, and those of them that are more than a line (Image/Modules/Exports.swift).
//
// Invariant: a pointer from a module is followed only by copying through `user_copy`, whose faults come back as errors.

import ABI
import Consoles
import Diagnostics
import Executables
import FaultReports
import MachineSupport
import Objects
import Platform
import Primitives
import Scheduling

package struct ModuleExports {
  let context: Context

  @inline(__always)
  package init(_ context: Context) { self.context = context }

  /// The stack that the kernel needs for the deepest export, in bytes.
  private static var stackNeeded: UInt32 { 3072 }

  /// Returns the module that calls.
  @inline(__always)
  package func enter() -> Reference<LinkedModule> {
    let edge = context.scheduler.current.value.moduleEdge
    let floor = ModuleFaults(context).stackFloor(of: context.scheduler.current)
    if edge < floor &+ Self.stackNeeded { ModuleFaults(context).cutShort(.stackExhausted(bytesLeft: edge &- floor)) }
    if context.modules.value.isOverdue { ModuleFaults(context).cutShortIfOverdue() }
    // The entry that it was linked to says who it is; what lies on its stack may be anything.
    guard let module = context.modules.value.records[Int(export_place()) & 63] else {
      panic("an export was called by no module")
    }
    return module
  }

  /// The addresses in modules that the calls which led here go back to, innermost first; 0 where there are no more.
  private func callers() -> (UInt32, UInt32, UInt32) {
    let surroundings = KernelFaultContext(process: nil, in: context)
    let first = memory_read32(export_stack_pointer())
    // A module's function that ends with a jump to an export goes back to the kernel.
    guard ModuleDirectory(context).module(containing: first) != nil else { return (0, 0, 0) }
    let frame = export_frame_pointer()
    guard let second = surroundings.word(at: frame &+ 4), let outer = surroundings.word(at: frame) else {
      return (first, 0, 0)
    }
    return (first, second, surroundings.word(at: outer &+ 4) ?? 0)
  }

  package func allocate(
    _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ alignment: UInt32, _ size: UInt32,
    for module: Reference<LinkedModule>
  ) -> Int32 {
    if let mistake = ModuleHeap(context).inspect(module) { ModuleFaults(context).cutShort(.moduleMistake(mistake)) }
    do throws(ModuleMistake) {
      guard let address = try ModuleHeap(context).allocate(size, alignment: alignment, for: module, callers: callers())
      else { return 12 }
      guard unsafe withUnsafePointer(to: address, { unsafe user_copy(result, $0, 4) }) == 0 else {
        try ModuleHeap(context).remove(address)
        return 14
      }
      return 0
    } catch { ModuleFaults(context).cutShort(.moduleMistake(error)) }
  }

  package func free(_ memory: UnsafeMutableRawPointer?, of module: Reference<LinkedModule>) {
    guard let memory = unsafe memory else { return }
    let mistake =
      ModuleHeap(context).free(UInt32(UInt(bitPattern: memory)), of: module)
      ?? ModuleHeap(context).inspect(module)
    if let mistake { ModuleFaults(context).cutShort(.moduleMistake(mistake)) }
  }

  package func log(_ text: UnsafePointer<UInt8>?, _ length: UInt32, of module: Reference<LinkedModule>) {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    let count = min(length, 256)
    guard unsafe withUnsafeMutablePointer(to: &bytes, { unsafe count == 0 || user_copy($0, text, count) == 0 }) else {
      return
    }
    var output = KernelOutput(context)
    module.value.name.write(to: &output)
    output.write(": ")
    output.write(bytes.span.extracting(first: Int(count)))
    output.write("\n")
  }

  /// The process for which a module runs, and what it may do.
  package func caller(of module: Reference<LinkedModule>) -> UInt32 { context.currentProcess.value.identity.value }
  package func callerRights(of module: Reference<LinkedModule>) -> UInt32 {
    context.currentProcess.value.rights.rawValue
  }
}
