// Running a function of a module, on the caller's own thread and in its address space.

import ABI
import Machine
import MachineSupport
import Messages
import Modules
import Primitives
import Tasks

enum ModuleCall {
  /// Runs a function of the module and returns its result.
  ///
  /// - Throws: `serviceFaulted` where the module faulted or ran too long; that has been explained then. `outOfMemory` or
  ///   `limitReached` where there is no stack for the call.
  static func run(
    _ function: UInt32, argument: UInt32, of module: Reference<LinkedModule>
  ) throws(SystemError) -> Int32 {
    module.value.door.module = UInt32(module.address)
    module.value.door.resume = address_of_module_call_cut()
    // All modules' together, so that the numbers stay apart when a module's record lies where another one was.
    kernel.modules.value.callCount &+= 1
    module.value.door.calls = kernel.modules.value.callCount
    let task = Scheduler.current
    let stack = try ModuleStack.take()
    defer { stack.giveBack(by: task) }
    let result = module_call(function, argument, &module.value.door, stack.end)
    guard result &>> 32 == 0 else { throw .serviceFaulted }
    return Int32(truncatingIfNeeded: result)
  }

  /// The door by which the call of a task came, which is inside a module.
  static func door(of task: Reference<Task>) -> Reference<module_door> {
    Reference(DirectMap.pointer(task.value.moduleDoor, as: module_door.self))
  }

  /// The module that a task is inside of, or nil.
  static func module(of task: Reference<Task>) -> Reference<LinkedModule>? {
    guard task.value.moduleEdge != 0 else { return nil }
    return Reference(DirectMap.pointer(door(of: task).value.module, as: LinkedModule.self))
  }

  /// A task ended inside a call, which does not come back: the module has failed.
  static func taskEnded(_ task: Reference<Task>) {
    guard let module = module(of: task) else { return }
    task.value.moduleEdge = 0
    Modules.fail(module)
    if kernel.modules.value.registry.leave(module.value.number) { module.wakeDrainers() }
  }
}

enum ModuleServices {
  /// Calls a service of a module with the request in the caller's record, whose words become the reply's.
  static func call(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    record.value.isShort
      ? try callShort(module, function, record: record)
      : try callWithData(module, function, record: record)
  }

  /// The same for a request that came in registers.
  @inline(__always)
  static func callShort(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    begin(record)
    let result = try enterAndRun(function, UInt32(record.address), module)
    if result < 0 { throw SystemError(rawValue: result) ?? .serviceFaulted }
    return record.value.resultOfReply
  }

  @inline(__always)
  private static func begin(_ record: Reference<CallRecord>) {
    record.value.message.sender = record.value.sender.value
    record.value.replyLength = 0
  }

  /// The bytes of a request are copied to kernel memory once, and those of the reply back once.
  private static func callWithData(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    begin(record)
    // A module has no handles.
    guard !HandlePassing.isWanted(by: record) else { throw .unsupported }
    // A server that could not take the request may have left its own addresses.
    record.value.message.dataAddress = record.value.dataAddress
    record.value.message.bufferAddress = record.value.bufferAddress
    let asked = record.value.message
    let transfer = try Transfer(dataLength: asked.dataLength, capacity: asked.bufferCapacity)
    // Nothing is known of the reply until the call has come back well.
    var written = asked.bufferCapacity
    defer { transfer.end(written: written) }
    if asked.dataLength > 0 {
      try UserBuffer(address: asked.dataAddress, length: asked.dataLength).copyIn(
        to: DirectMap.pointer(transfer.data), count: asked.dataLength)
    }
    record.value.message.dataAddress = asked.dataLength > 0 ? transfer.data : 0
    record.value.message.bufferAddress = asked.bufferCapacity > 0 ? transfer.reply : 0
    defer {
      // The caller's own addresses go back to it, never the kernel's.
      record.value.message.dataAddress = asked.dataAddress
      record.value.message.bufferAddress = asked.bufferAddress
      record.value.message.bufferCapacity = asked.bufferCapacity
      record.value.message.dataLength = record.value.replyLength
    }
    let result = try enterAndRun(function, UInt32(record.address), module)
    let length = min(record.value.replyLength, asked.bufferCapacity)
    record.value.replyLength = length
    if result < 0 { throw SystemError(rawValue: result) ?? .serviceFaulted }
    written = length
    if length > 0 {
      try UserBuffer(address: asked.bufferAddress, length: length).copyOut(
        from: DirectMap.pointer(transfer.reply), count: length)
    }
    return 0
  }

  @inline(__always)
  private static func enterAndRun(
    _ function: UInt32, _ request: UInt32, _ module: Reference<LinkedModule>
  ) throws(SystemError) -> Int32 {
    do throws(RegistryError) {
      try kernel.modules.value.registry.enter(module.value.number)
    } catch {
      if case .notReady(_, .failed) = error { throw .serviceFaulted }
      throw .peerGone
    }
    defer { leave(module) }
    return try ModuleCall.run(function, argument: request, of: module)
  }

  @inline(__always)
  private static func leave(_ module: Reference<LinkedModule>) {
    if kernel.modules.value.registry.leave(module.value.number) { module.wakeDrainers() }
  }
}

/// Kernel memory for the data of a call and for its reply.
///
/// Invariant: the room for the reply is all zeroes at first, so that what a module counts as its reply and has not written
/// is nobody's secret. Two pages are kept for calls with little data; one call at a time has them, and leaves the second
/// as it was.
struct Transfer {
  /// Where the request's data is, and where the reply's goes.
  let data: UInt32
  let reply: UInt32
  private let isShared: Bool

  static func makeShared() -> UInt32 {
    let memory = KernelMemory.permanent(Int(2 * pageSize))
    zero_words(memory, 2 * pageSize / 4)
    return memory
  }

  @inline(__always)
  init(dataLength: UInt32, capacity: UInt32) throws(SystemError) {
    isShared = dataLength <= pageSize && capacity <= pageSize && kernel.modules.value.transferMemory != 0
    if isShared {
      data = kernel.modules.value.transferMemory
      reply = data &+ pageSize
      kernel.modules.value.transferMemory = 0
    } else {
      data = try Self.allocate(dataLength, capacity)
      reply = data &+ Self.aligned(dataLength)
    }
  }

  private static func aligned(_ length: UInt32) -> UInt32 { (length &+ 15) & ~15 }

  @inline(never)
  private static func allocate(_ dataLength: UInt32, _ capacity: UInt32) throws(SystemError) -> UInt32 {
    let size = aligned(dataLength) &+ aligned(capacity)
    guard size > 0 else { return 0 }
    guard let memory = KernelHeapMemory.allocateBytes(Int(size), alignment: 16, tag: .module) else {
      throw .outOfMemory
    }
    let start = UInt32(UInt(bitPattern: memory))
    zero_words(start, size &>> 2)
    return start
  }

  /// - Parameter written: how much of the reply's room may not be zeroes any more.
  @inline(__always)
  func end(written: UInt32) {
    if isShared {
      if written > 0 { zero_words(reply, (written &+ 3) &>> 2) }
      kernel.modules.value.transferMemory = data
    } else {
      KernelHeapMemory.free(UnsafeMutableRawPointer(bitPattern: UInt(data)))
    }
  }
}

/// A service function returned an error: the number that the caller gets.
@c(module_refused) func moduleRefused(_ result: Int32) -> Int32 {
  (SystemError(rawValue: result) ?? .serviceFaulted).rawValue
}

/// A call has come back from a module whose last call somebody waits for.
@c(module_left) func moduleLeft(_ door: UnsafeMutablePointer<module_door>) {
  let inside = Reference(DirectMap.pointer(door.pointee.inside, as: ModuleInside.self))
  guard inside.value.takeDrained() else { return }
  Reference(DirectMap.pointer(door.pointee.module, as: LinkedModule.self)).wakeDrainers()
}
