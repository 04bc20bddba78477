// The functions that modules may call. They are declared in ABI/Definition/ModuleInterface.swift; the compiler checks
// each against the C declaration that comes from there.
//
// Invariants:
// - A pointer from a module is followed only by copying through `user_copy`, whose faults come back as errors.
// - An export begins with `enter`, which cuts the call short where it has had its time, before anything is changed.
// - An export runs below the edge of the call, on the stack that the kernel works on for the task (module_call.S). Where too
//   little of that is left, the call is cut short.
// - A mistake with the module's memory that is found ends the call, too: the memory is in order by then.

// The names are those of C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import ABI
import Consoles
import DeviceClaims
import Devices
import Diagnostics
import Executables
import FaultReports
import LinkedModules
import MachineSupport
import Messages
import ModuleInterface
import Objects
@_spi(Entry) import Platform
import Primitives
import Scheduling
import SystemCalls

/// Each export is an entry of the kernel.
private var context: Context { @inline(__always) get { Context() } }

private enum Export {
  /// The stack that the kernel needs for the deepest export, in bytes.
  static var stackNeeded: UInt32 { 3072 }

  /// Returns the module that calls.
  @inline(__always)
  static func enter() -> Reference<LinkedModule> {
    let edge = context.scheduler.current.value.moduleEdge
    let floor = ModuleFaults(context).stackFloor(of: context.scheduler.current)
    if edge < floor &+ stackNeeded { ModuleFaults(context).cutShort(.stackExhausted(bytesLeft: edge &- floor)) }
    if context.modules.value.isOverdue { ModuleFaults(context).cutShortIfOverdue() }
    // The entry that it was linked to says who it is; what lies on its stack may be anything.
    guard let module = context.modules.value.records[Int(export_place()) & 63] else {
      panic("an export was called by no module")
    }
    return module
  }

  /// The addresses in modules that the calls which led here go back to, innermost first; 0 where there are no more.
  static func callers() -> (UInt32, UInt32, UInt32) {
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
}

@c @implementation public func megha_allocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ alignment: UInt32, _ size: UInt32
) -> Int32 {
  let module = Export.enter()
  if let mistake = ModuleHeap(context).inspect(module) { ModuleFaults(context).cutShort(.moduleMistake(mistake)) }
  do throws(ModuleMistake) {
    guard
      let address = try ModuleHeap(context).allocate(size, alignment: alignment, for: module, callers: Export.callers())
    else {
      return 12
    }
    guard withUnsafePointer(to: address, { user_copy(result, $0, 4) }) == 0 else {
      try ModuleHeap(context).remove(address)
      return 14
    }
    return 0
  } catch { ModuleFaults(context).cutShort(.moduleMistake(error)) }
}

@c @implementation public func megha_free(_ memory: UnsafeMutableRawPointer!) {
  let module = Export.enter()
  guard let memory else { return }
  let mistake =
    ModuleHeap(context).free(UInt32(UInt(bitPattern: memory)), of: module) ?? ModuleHeap(context).inspect(module)
  if let mistake { ModuleFaults(context).cutShort(.moduleMistake(mistake)) }
}

@c @implementation public func megha_log(_ text: UnsafePointer<UInt8>!, _ length: UInt32) {
  let module = Export.enter()
  var bytes = InlineArray<256, UInt8>(repeating: 0)
  let count = min(length, 256)
  guard withUnsafeMutablePointer(to: &bytes, { count == 0 || user_copy($0, text, count) == 0 }) else { return }
  var output = KernelOutput(context)
  module.value.name.write(to: &output)
  output.write(": ")
  output.write(bytes.span.extracting(first: Int(count)))
  output.write("\n")
}

@c @implementation public func megha_clock() -> UInt64 {
  _ = Export.enter()
  return context.clock.now
}

@c @implementation public func megha_boot_time() -> UInt64 {
  _ = Export.enter()
  return context.clock.bootTime
}

@c @implementation public func megha_sleep(_ nanoseconds: UInt64) -> Int32 {
  _ = Export.enter()
  let reason = context.scheduler.block(.sleeping, deadline: context.scheduler.deadline(after: nanoseconds))
  return reason == .cancelled ? SystemError.cancelled.rawValue : 0
}

@c @implementation public func megha_caller() -> UInt32 {
  _ = Export.enter()
  return context.currentProcess.value.identity.value
}

@c @implementation public func megha_process_lives(_ process: UInt32) -> UInt32 {
  _ = Export.enter()
  guard process != 0, let task = context.scheduler.tasks.find(TaskIdentity(process)) else { return 0 }
  return task.value.process.value.hasEnded ? 0 : 1
}

@c @implementation public func megha_ports_claim(_ first: UInt32, _ count: UInt32) -> Int32 {
  let module = Export.enter()
  do throws(SystemError) {
    try DevicePorts(context).claim(first, count, for: .module(slot: module.value.slot))
    return 0
  } catch { return error.rawValue }
}

@c @implementation public func megha_ports_release(_ first: UInt32, _ count: UInt32) {
  let module = Export.enter()
  DevicePorts(context).release(first, count, of: .module(slot: module.value.slot))
}
