// System calls of services: publishing, opening, calling, receiving, answering.

import ABI
import IPC
import LinkedModules
import Memory
import Messages
import Objects
@_spi(Entry) import Platform
import Primitives
import Scheduling
import VirtualMemory

struct MessageCalls {
  package let context: Context

  package init(_ context: Context) { self.context = context }

  @inline(never)
  func serviceOpen(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let name = try Services(context).name(at: arguments.first, length: arguments.second)
    guard let service = Services(context).find(name) else { throw .notFound }
    let handle = try context.currentProcess.value.handles.add(.service(service))
    Services(context).retain(service)
    return handle
  }

  @inline(never)
  func servicePublish(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    guard process.value.rights.contains(.services) else { throw .notPermitted }
    let name = try Services(context).name(at: arguments.first, length: arguments.second)
    let service = try Services(context).findOrMake(name)
    Services(context).retain(service)
    do throws(SystemError) {
      let handle = try process.value.handles.add(.endpoint(service, epoch: service.value.queues.nextEpoch))
      do throws(SystemError) {
        try Services(context).install(.process(process), in: service, by: process)
        return handle
      } catch {
        process.value.handles.replace(UInt32(bitPattern: handle), with: .none)
        throw error
      }
    } catch {
      Services(context).release(service)
      throw error
    }
  }

  @inline(__always)
  func call(_ service: Reference<Service>?, _ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    guard let service else { throw .badHandle }
    let record = try Services(context).record(of: task)
    if arguments.third & arguments.fourth == .max,
      let result = DirectCalls(context).call(service, arguments.second, record)
    {
      return result
    }
    return try callByMessage(service, record, arguments)
  }

  /// - Parameter isKept: the module that serves has had the request, and keeps it.
  @inline(never)
  func callByMessage(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ arguments: Arguments, isKept: Bool = false
  ) throws(SystemError) -> Int32 {
    try MessageCopy(context).read(into: record, from: arguments.second)
    record.value.isShort = false
    record.value.dataAddress = record.value.message.dataAddress
    record.value.bufferAddress = record.value.message.bufferAddress
    if record.value.message.dataLength & Message.lendsPages != 0 {
      try PageLending(context).begin(record)
    }
    defer { PageLending(context).end(record) }
    if !isKept, record.value.isLending, arguments.third & arguments.fourth == .max,
      let result = PageLending(context).callDirectly(service, arguments.second, record)
    {
      return result
    }
    guard record.value.message.dataLength <= Calls.dataLimit,
      record.value.message.bufferCapacity <= Calls.dataLimit
    else { throw .tooLarge }
    let time = Arguments.wide(arguments.third, arguments.fourth)
    Services(context).retain(service)
    defer { Services(context).release(service) }
    let deadline = time == .max ? nil : context.scheduler.deadline(after: time)
    let result =
      isKept
      ? try Calls(context).sendKept(to: service, deadline: deadline)
      : try Calls(context).send(to: service, deadline: deadline)
    record.value.message.dataAddress = record.value.dataAddress
    try MessageCopy(context).write(record, to: arguments.second, words: MessageCopy.reply)
    return result
  }

  @inline(__always)
  func callShort(_ service: Reference<Service>?, _ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    guard let service else { throw .badHandle }
    // Registers have no place for a handle.
    guard arguments.second & Message.passesHandle == 0 else { throw .badArgument }
    let record = try Services(context).record(of: task)
    fill(record, arguments)
    if let server = service.queues.directServer(for: task), context.scheduler.canSwitchDirectly(to: server) {
      return DirectCalls(context).exchange(service, record, server)
    }
    if case .module(let server) = service.value.server, !service.value.queues.isHeld {
      return try callModule(server, service, record)
    }
    return try sendShort(to: service)
  }

  /// Makes a request of the registers.
  @inline(__always)
  func fill(_ record: Reference<CallRecord>, _ arguments: Arguments) {
    record.value.isShort = true
    record.value.message.operation = arguments.second
    record.value.message.words[0] = arguments.third
    record.value.message.words[1] = arguments.fourth
    record.value.message.words[2] = arguments.fifth
    // A reply that came before is none of this service's business.
    for index in 3..<6 { record.value.message.words[index] = 0 }
    record.value.message.dataLength = 0
    record.value.message.bufferCapacity = 0
  }

  @inline(never)
  private func callModule(
    _ server: LinkedServer, _ service: Reference<Service>, _ record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    Services(context).retain(service)
    defer { Services(context).release(service) }
    service.value.queues.calls &+= 1
    let result = try ModuleServices(context).callShort(server.record, server.function, record: record)
    return result == CallRecord.kept ? try Calls(context).sendKept(to: service, deadline: nil) : result
  }

  @inline(never)
  private func sendShort(to service: Reference<Service>) throws(SystemError) -> Int32 {
    Services(context).retain(service)
    defer { Services(context).release(service) }
    return try Calls(context).send(to: service, deadline: nil)
  }

  @inline(never)
  func lendingWindow() throws(SystemError) -> Int32 {
    Int32(bitPattern: try PageLending(context).window() >> 12)
  }

  @inline(never)
  func receive(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    // Another thread may close the endpoint meanwhile.
    Services(context).retain(endpoint.service)
    defer { Services(context).release(endpoint.service) }
    return try Calls(context).receive(
      from: endpoint.service, epoch: endpoint.epoch, message: arguments.second,
      room: Calls(context).room(in: arguments.second))
  }

  @inline(never)
  func reply(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let caller = try Calls(context).answer(arguments.first, of: nil, message: arguments.second).caller else {
      throw .peerGone
    }
    context.scheduler.wake(caller)
    return 0
  }

  @inline(__always)
  package func replyAndReceive(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    if let number = DirectCalls(context).replyAndReceive(
      endpoint.service, epoch: endpoint.epoch, number: arguments.second, message: arguments.third)
    {
      return number
    }
    return try answerAndReceive(endpoint, arguments)
  }

  @inline(never)
  private func answerAndReceive(
    _ endpoint: (service: Reference<Service>, epoch: UInt32), _ arguments: Arguments
  ) throws(SystemError) -> Int32 {
    let answer: (caller: Reference<Task>?, room: Calls.Room)
    do throws(SystemError) {
      answer = try Calls(context).answer(arguments.second, of: endpoint.service, message: arguments.third)
    } catch {
      // A caller that is gone needs no answer; a bad message is the server's own mistake.
      if error != .peerGone { throw error }
      answer = (nil, try Calls(context).room(in: arguments.third))
    }
    Services(context).retain(endpoint.service)
    defer { Services(context).release(endpoint.service) }
    return try Calls(context).receive(
      from: endpoint.service, epoch: endpoint.epoch, message: arguments.third, room: answer.room,
      answered: answer.caller)
  }

  @inline(never)
  func serviceControl(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = context.currentProcess
    guard process.value.rights.contains(.services) else { throw .notPermitted }
    guard let action = ServiceAction(rawValue: arguments.third) else { throw .badArgument }
    let name = try Services(context).name(at: arguments.first, length: arguments.second)
    guard let service = Services(context).find(name) else { throw .notFound }
    switch action {
    case .hold: try ServiceMoves(context).hold(service, by: process)
    case .release: try ServiceMoves(context).release(service, by: process)
    case .retire: try ServiceMoves(context).retire(service, by: process)
    }
    return 0
  }

  @inline(never)
  func serviceInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.first < UInt32(ServiceTable.capacity),
      let service = Services(context).service(at: Int(arguments.first))
    else { throw .notFound }
    var information = ServiceInformation()
    information.name = service.value.name
    information.calls = service.callCount
    information.faults = service.value.queues.faults
    information.waiting = UInt32(service.value.queues.callers.count)
    information.inside = service.value.queues.inside
    information.state = 1
    switch service.value.server {
    case .nobody: information.state = 0
    case .process(let server):
      information.owner = server.value.identity.value
      information.placement =
        (server.value.mainTask.value.mode.isRing0 ? ServicePlacement.ring0Server : .server).rawValue
    case .module(let server):
      let module = server.record
      information.owner = module.value.slot
      information.placement = ServicePlacement.linked.rawValue
      information.inside = module.threadsInside
    }
    if service.value.queues.isHeld { information.state = 2 }
    try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
    return 0
  }

  @inline(__always)
  private func endpoint(_ handle: UInt32) throws(SystemError) -> (service: Reference<Service>, epoch: UInt32) {
    // An endpoint has one handle, which allows everything.
    guard let endpoint = context.currentProcess.endpoint(of: handle) else { throw .badHandle }
    return endpoint
  }
}

// The calls that make up a conversation store their results themselves, so that the entry (module_door.S) can come here
// directly. A service's address is 0 where the handle opens none for calls.

@c(answer_call) @inline(never)
func answerCall(_ registers: CallRegisters, _ service: UInt32) {
  let context = Context()
  unsafe registers.pointee.eax = result { () throws(SystemError) in
    unsafe try MessageCalls(context).call(serviceOfDoor(service), Arguments(registers, context))
  }
}

@inline(__always)
private func serviceOfDoor(_ address: UInt32) -> Reference<Service>? {
  address == 0 ? nil : unsafe Reference(DirectMap.pointer(address))
}

/// Where no door into a module is open.
@c(answer_call_short) @inline(never)
func answerCallShort(_ registers: CallRegisters, _ service: UInt32) {
  let context = Context()
  unsafe registers.pointee.eax = result { () throws(SystemError) in
    unsafe try MessageCalls(context).callShort(serviceOfDoor(service), Arguments(registers, context))
  }
}

@c(answer_reply_and_receive) @inline(never)
func answerReplyAndReceive(_ registers: CallRegisters) {
  let context = Context()
  unsafe registers.pointee.eax = result { () throws(SystemError) in
    unsafe try MessageCalls(context).replyAndReceive(Arguments(registers, context))
  }
}

@inline(__always)
private func result(_ body: () throws(SystemError) -> Int32) -> UInt32 {
  do throws(SystemError) { return UInt32(bitPattern: try body()) } catch { return UInt32(bitPattern: error.rawValue) }
}
