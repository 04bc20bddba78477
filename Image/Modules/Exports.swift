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
  /// Returns the module that calls.
  @inline(__always) static func enter() -> Reference<LinkedModule> { ModuleExports(context).enter() }
}

@c @implementation public func megha_allocate(
  _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>!, _ alignment: UInt32, _ size: UInt32
) -> Int32 {
  ModuleExports(context).allocate(result, alignment, size, for: Export.enter())
}

@c @implementation public func megha_free(_ memory: UnsafeMutableRawPointer!) {
  ModuleExports(context).free(memory, of: Export.enter())
}

@c @implementation public func megha_log(_ text: UnsafePointer<UInt8>!, _ length: UInt32) {
  ModuleExports(context).log(text, length, of: Export.enter())
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

@c @implementation public func megha_keep(_ woken: UnsafeRawPointer!) -> UInt64 {
  ModuleWaits(context).keep(UInt32(UInt(bitPattern: woken)), by: Export.enter())
}

@c @implementation public func megha_answer(
  _ request: UInt64, _ words: UnsafePointer<UInt32>!, _ bytes: UnsafeRawPointer!, _ length: UInt32
) -> Int32 {
  let (words, bytes) = (UInt32(UInt(bitPattern: words)), UInt32(UInt(bitPattern: bytes)))
  return ModuleWaits(context).answer(request, words: words, bytes: bytes, length: length, by: Export.enter())
}

@c @implementation public func megha_wake_at(_ moment: UInt64) {
  ModuleWaits(context).wake(Export.enter(), at: moment)
}

@c @implementation public func megha_line_claim(_ line: UInt32) -> Int32 {
  ModuleWaits(context).claim(line, for: Export.enter())
}

@c @implementation public func megha_line_release(_ line: UInt32) {
  ModuleWaits(context).release(line, of: Export.enter())
}

@c @implementation public func megha_line_acknowledge(_ line: UInt32) {
  ModuleWaits(context).acknowledge(line, of: Export.enter())
}

@c @implementation public func megha_line_wait(_ nanoseconds: UInt64) -> Int32 {
  ModuleWaits(context).waitForLine(of: Export.enter(), nanoseconds: nanoseconds)
}

@c @implementation public func megha_turn_wait() -> Int32 { ModuleWaits(context).waitForTurn(in: Export.enter()) }
@c @implementation public func megha_turn_wake() { ModuleWaits(context).wakeTurn(in: Export.enter()) }

@c @implementation public func megha_caller() -> UInt32 { ModuleExports(context).caller(of: Export.enter()) }

@c @implementation public func megha_caller_rights() -> UInt32 {
  ModuleExports(context).callerRights(of: Export.enter())
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
