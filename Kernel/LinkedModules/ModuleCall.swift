// Running a function of a module, on the caller's own thread and in its address space.

import ABI
import IPC
import MachineSupport
import Messages
import Modules
import Platform
import Primitives
import Scheduling
import VirtualMemory

/// `struct service_request`: what a service function is called with, and leaves its reply in.
struct ModuleRequest {
  var message: Message
  var replyLength: UInt32
}

package struct ModuleCall {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Runs a function of the module that takes no argument, and returns its result.
  ///
  /// - Throws: `serviceFaulted` where the module faulted or ran too long; that has been explained then. `outOfMemory` or
  ///   `limitReached` where there is no stack for the call.
  func run(_ function: UInt32, of module: Reference<LinkedModule>) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    let stack = try ModuleStack.take(context)
    defer { stack.release(by: task) }
    return try run(function, argument: 0, of: module, on: stack.end)
  }

  /// Runs a service function, whose request lies at the end of the module's stack while the call lasts, and nowhere else in
  /// reach of the module. Throws like `run`.
  ///
  /// - Parameters:
  ///   - prepare: writes the request.
  ///   - finish: gets it with the reply in it, where the function came back.
  @inline(__always)
  func serve(
    _ function: UInt32, of module: Reference<LinkedModule>, prepare: (UnsafeMutablePointer<ModuleRequest>) -> Void,
    finish: (UnsafeMutablePointer<ModuleRequest>) -> Void
  ) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    let stack = try ModuleStack.take(context)
    defer { stack.release(by: task) }
    let place = stack.end &- UInt32(MemoryLayout<ModuleRequest>.size)
    let request = unsafe DirectMap.pointer(place, as: ModuleRequest.self)
    unsafe prepare(request)
    let result = try run(function, argument: place, of: module, on: place)
    // A request that is kept may be sent again, so it stays as it was.
    if result != CallRecord.kept { unsafe finish(request) }
    return result
  }

  @inline(__always)
  private func run(
    _ function: UInt32, argument: UInt32, of module: Reference<LinkedModule>, on stackEnd: UInt32
  ) throws(SystemError) -> Int32 {
    module.value.door.module = UInt32(module.address)
    module.value.door.resume = address_of_module_call_cut()
    // All modules' together, so that the numbers stay apart when a module's record lies where another one was.
    context.modules.value.callCount &+= 1
    module.value.door.calls = context.modules.value.callCount
    let result = unsafe module_call(function, argument, &module.value.door, stackEnd)
    guard result &>> 32 == 0 else { throw .serviceFaulted }
    return Int32(truncatingIfNeeded: result)
  }

  /// The door by which the call of a task came, which is inside a module.
  func door(of task: Reference<Task>) -> Reference<module_door> {
    unsafe Reference(DirectMap.pointer(task.value.moduleDoor, as: module_door.self))
  }

  /// The module that a task is inside of, or nil.
  func module(of task: Reference<Task>) -> Reference<LinkedModule>? {
    guard task.value.moduleEdge != 0 else { return nil }
    return unsafe Reference(DirectMap.pointer(door(of: task).value.module, as: LinkedModule.self))
  }

  /// A task ended inside a call, which does not come back: the module has failed.
  package func taskEnded(_ task: Reference<Task>) {
    guard let module = module(of: task) else { return }
    if ModuleStacks(context).isProcessors(of: task) { ModuleWindow(context).close() }
    task.value.moduleEdge = 0
    ModuleDirectory(context).fail(module)
    if context.modules.value.registry.leave(module.value.number) { module.wakeDrainers() }
  }
}

package struct ModuleServices {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// Calls a service of a module with the request in the caller's record, whose words become the reply's.
  func call(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    record.value.form != .message
      ? try callWithWords(module, function, record: record)
      : try callWithData(module, function, record: record)
  }

  /// The same for a request that came in registers.
  @inline(__always)
  private func callWithWords(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    let result = unsafe try enterAndServe(function, record, module) { _ in
    } finish: { _ in
    }
    if result == CallRecord.kept { return result }
    if result < 0 { throw SystemError(rawValue: result) ?? .serviceFaulted }
    return record.value.resultOfReply
  }

  /// The bytes of a request are copied to kernel memory once, and those of the reply back once.
  private func callWithData(
    _ module: Reference<LinkedModule>, _ function: UInt32, record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    // A module has no handles.
    guard !HandleTransfer(context).isWanted(by: record) else { throw .unsupported }
    let length = record.value.message.dataLength
    let goesStraight = writesStraight(record)
    let capacity = goesStraight ? 0 : record.value.message.bufferCapacity
    let transfer = try Transfer(dataLength: length, capacity: capacity, of: module)
    // Nothing is known of the reply until the call has come back well.
    var written = capacity
    defer { transfer.end(written: written, of: module) }
    // What counts is where the request came from: a server that could not take it may have left its own addresses.
    if length > 0 { try copyData(of: record, length, to: transfer.data) }
    var replyLength: UInt32 = 0
    let result = unsafe try enterAndServe(function, record, module) {
      unsafe $0.pointee.message.dataAddress = length > 0 ? transfer.data : 0
      unsafe $0.pointee.message.bufferAddress =
        goesStraight ? record.value.bufferAddress : capacity > 0 ? transfer.reply : 0
    } finish: {
      replyLength = unsafe $0.pointee.replyLength
    }
    if result == CallRecord.kept { return result }
    if goesStraight {
      written = 0
      // What `megha_reply` leaves where the caller's memory could not be written.
      if replyLength == .max { throw UserBuffer.copyFailure(context) }
      record.value.message.dataLength = min(replyLength, record.value.message.bufferCapacity)
      if result < 0 { throw SystemError(rawValue: result) ?? .serviceFaulted }
      return 0
    }
    replyLength = min(replyLength, capacity)
    record.value.message.dataLength = replyLength
    if result < 0 { throw SystemError(rawValue: result) ?? .serviceFaulted }
    written = replyLength
    if replyLength > 0 { try copyReply(to: record, replyLength, from: transfer.reply) }
    return 0
  }

  /// Whether the reply's bytes go to the caller's memory without a copy: the processor alone tells what the caller may write.
  private func writesStraight(_ record: Reference<CallRecord>) -> Bool {
    let capacity = record.value.message.bufferCapacity
    return capacity > 0 && !record.value.roomIsOfKernel && !context.scheduler.protection.checksCopies
      && UserBuffer(address: record.value.bufferAddress, length: capacity, in: context).isInside
  }

  private func copyData(of record: Reference<CallRecord>, _ length: UInt32, to place: UInt32) throws(SystemError) {
    if record.value.dataIsOfKernel {
      return unsafe DirectMap.pointer(place, as: UInt8.self).update(
        from: DirectMap.pointer(record.value.dataAddress), count: Int(length))
    }
    unsafe try UserBuffer(address: record.value.dataAddress, length: length, in: context).copyIn(
      to: DirectMap.pointer(place), count: length)
  }

  private func copyReply(to record: Reference<CallRecord>, _ length: UInt32, from place: UInt32) throws(SystemError) {
    if record.value.roomIsOfKernel {
      return unsafe DirectMap.pointer(record.value.bufferAddress, as: UInt8.self).update(
        from: DirectMap.pointer(place), count: Int(length))
    }
    unsafe try UserBuffer(address: record.value.bufferAddress, length: length, in: context).copyOut(
      from: DirectMap.pointer(place), count: length)
  }

  /// Has the module serve the request in the record, which gets operation and words of the reply.
  ///
  /// - Parameters:
  ///   - prepare: adds to the module's copy of the request, which is the record's so far.
  ///   - finish: takes more out of the reply.
  @inline(__always)
  private func enterAndServe(
    _ function: UInt32, _ record: Reference<CallRecord>, _ module: Reference<LinkedModule>,
    prepare: (UnsafeMutablePointer<ModuleRequest>) -> Void, finish: (UnsafeMutablePointer<ModuleRequest>) -> Void
  ) throws(SystemError) -> Int32 {
    do throws(RegistryError) {
      try context.modules.value.registry.enter(module.value.number)
    } catch {
      if case .notReady(_, .failed) = error { throw .serviceFaulted }
      throw .peerGone
    }
    defer { leave(module) }
    return unsafe try ModuleCall(context).serve(function, of: module) {
      unsafe $0.initialize(to: ModuleRequest(message: record.value.message, replyLength: 0))
      unsafe prepare($0)
    } finish: {
      record.value.message.operation = unsafe $0.pointee.message.operation
      record.value.message.words = unsafe $0.pointee.message.words
      unsafe finish($0)
    }
  }

  @inline(__always)
  private func leave(_ module: Reference<LinkedModule>) {
    if context.modules.value.registry.leave(module.value.number) { module.wakeDrainers() }
  }
}

/// Kernel memory for the data of a call and for its reply, where modules have theirs: what runs past it faults, or changes
/// what is the module's own.
///
/// Invariant: the room for the reply is all zeroes at first, so that what a module counts as its reply and has not written
/// is nobody's secret. Two pages are kept for calls with little data: the call on the processor's stack has them, and leaves the
/// second as it was.
struct Transfer {
  /// Where the request's data is, and where the reply's goes.
  let data: UInt32
  let reply: UInt32
  private let isShared: Bool
  private let context: Context

  static func makeShared(_ context: Context) {
    guard let memory = context.memory.moduleHeapArea.map(2, for: ModuleHeapArea.noModule) else {
      panic("no memory for the data of calls into modules")
    }
    zero_words(memory, 2 * pageSize / 4)
    write_module_data(memory)
  }

  @inline(__always)
  init(dataLength: UInt32, capacity: UInt32, of module: Reference<LinkedModule>) throws(SystemError) {
    let context = module.value.context
    self.context = context
    // Nobody else comes in before this call takes the stack.
    isShared = dataLength <= pageSize && capacity <= pageSize && ModuleStacks(context).isProcessorsFree
    if isShared {
      data = read_module_data()
      reply = data &+ pageSize
    } else {
      data = try Self.allocate(dataLength, capacity, module)
      reply = data &+ Self.aligned(dataLength)
    }
  }

  private static func aligned(_ length: UInt32) -> UInt32 { (length &+ 15) & ~15 }

  @inline(never)
  private static func allocate(
    _ dataLength: UInt32, _ capacity: UInt32, _ module: Reference<LinkedModule>
  ) throws(SystemError) -> UInt32 {
    let size = aligned(dataLength) &+ aligned(capacity)
    guard size > 0 else { return 0 }
    guard let start = ModuleHeap(module.value.context).allocateTransfer(size, of: module) else { throw .outOfMemory }
    zero_words(start, size &>> 2)
    return start
  }

  /// - Parameter written: how much of the reply's room may not be zeroes any more.
  @inline(__always)
  func end(written: UInt32, of module: Reference<LinkedModule>) {
    if isShared {
      if written > 0 { zero_words(reply, (written &+ 3) &>> 2) }
    } else if data != 0 {
      ModuleHeap(context).freeTransfer(data, of: module)
    }
  }
}

extension LinkedServer {
  /// The record of the module.
  package var record: Reference<LinkedModule> { unsafe Reference(DirectMap.pointer(module)) }
}

extension LinkedServers {
  /// What this library does for services whose server is a module.
  package static var entered: LinkedServers {
    LinkedServers(
      serve: { (context, server, record) throws(SystemError) in
        try ModuleServices(context).call(server.record, server.function, record: record)
      },
      wait: { (context, server, service, deadline) throws(SystemError) in
        try ModuleWaits(context).wait(server, for: service, deadline: deadline)
      }, wakeKept: { context, server in ModuleWaits(context).wakeKept(server.record) },
      isLive: { _, server in server.record.isLive }, inside: { _, server in server.record.inside })
  }
}
