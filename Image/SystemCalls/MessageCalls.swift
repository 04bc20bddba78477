// System calls of services: publishing, opening, calling, receiving, answering.

import ABI
import MachineSupport
import Messages
import Primitives
import Scheduling

enum MessageCalls {
  @inline(never)
  static func serviceOpen(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let name = try Services.name(at: arguments.first, length: arguments.second)
    guard let service = Services.find(name) else { throw .notFound }
    let handle = try kernel.scheduler.current.value.process.value.handles.add(.service(service))
    Services.retain(service)
    return handle
  }

  @inline(never)
  static func servicePublish(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    guard process.value.rights.contains(.services) else { throw .notPermitted }
    let name = try Services.name(at: arguments.first, length: arguments.second)
    let service = try Services.findOrMake(name)
    Services.retain(service)
    do throws(SystemError) {
      let handle = try process.value.handles.add(.endpoint(service, term: service.value.queues.nextTerm))
      do throws(SystemError) {
        try Services.install(.process(process), in: service, by: process)
        return handle
      } catch {
        process.value.handles.replace(UInt32(bitPattern: handle), with: .none)
        throw error
      }
    } catch {
      Services.release(service)
      throw error
    }
  }

  @inline(__always)
  fileprivate static func call(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = kernel.scheduler.current
    guard case .service(let service) = try task.value.process.value.handles.target(of: arguments.first, needed: .call)
    else { throw .badHandle }
    let record = try Services.record(of: task)
    if arguments.third & arguments.fourth == .max,
      let result = DirectCalls.call(service, arguments.second, record)
    {
      return result
    }
    return try callByMessage(service, record, arguments)
  }

  @inline(never)
  private static func callByMessage(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ arguments: Arguments
  ) throws(SystemError) -> Int32 {
    try MessageCopy.read(into: record, from: arguments.second)
    record.value.isShort = false
    record.value.dataAddress = record.value.message.dataAddress
    record.value.bufferAddress = record.value.message.bufferAddress
    if record.value.message.dataLength & Message.lendsPages != 0 {
      try PageLending.begin(record)
    }
    defer { PageLending.end(record) }
    if record.value.isLending, arguments.third & arguments.fourth == .max,
      let result = PageLending.callDirectly(service, arguments.second, record)
    {
      return result
    }
    guard record.value.message.dataLength <= Calls.dataLimit,
      record.value.message.bufferCapacity <= Calls.dataLimit
    else { throw .tooLarge }
    let time = Arguments.wide(arguments.third, arguments.fourth)
    Services.retain(service)
    defer { Services.release(service) }
    let result = try Calls.send(to: service, deadline: time == .max ? nil : kernel.scheduler.deadline(after: time))
    record.value.message.dataAddress = record.value.dataAddress
    try MessageCopy.write(record, to: arguments.second, words: MessageCopy.reply)
    return result
  }

  @inline(__always)
  fileprivate static func callShort(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = kernel.scheduler.current
    guard case .service(let service) = try task.value.process.value.handles.target(of: arguments.first, needed: .call)
    else { throw .badHandle }
    // Registers have no place for a handle.
    guard arguments.second & Message.passesHandle == 0 else { throw .badArgument }
    let record = try Services.record(of: task)
    record.value.isShort = true
    record.value.message.operation = arguments.second
    record.value.message.words[0] = arguments.third
    record.value.message.words[1] = arguments.fourth
    record.value.message.words[2] = arguments.fifth
    // A reply that came before is none of this service's business.
    for index in 3..<6 { record.value.message.words[index] = 0 }
    record.value.message.dataLength = 0
    record.value.message.bufferCapacity = 0
    if let server = service.queues.directServer(for: task), kernel.scheduler.canSwitchDirectly(to: server) {
      return DirectCalls.exchange(service, record, server)
    }
    if case .module(let module, let function) = service.value.server, !service.value.queues.isHeld {
      return try callModule(module, function, service, record)
    }
    return try sendShort(to: service)
  }

  @inline(never)
  private static func callModule(
    _ module: Reference<LinkedModule>, _ function: UInt32, _ service: Reference<Service>,
    _ record: Reference<CallRecord>
  ) throws(SystemError) -> Int32 {
    Services.retain(service)
    defer { Services.release(service) }
    service.value.queues.calls &+= 1
    return try ModuleServices.callShort(module, function, record: record)
  }

  @inline(never)
  private static func sendShort(to service: Reference<Service>) throws(SystemError) -> Int32 {
    Services.retain(service)
    defer { Services.release(service) }
    return try Calls.send(to: service, deadline: nil)
  }

  @inline(never)
  static func lendingWindow() throws(SystemError) -> Int32 {
    Int32(bitPattern: try PageLending.window() >> 12)
  }

  @inline(never)
  static func receive(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    // Another thread may close the endpoint meanwhile.
    Services.retain(endpoint.service)
    defer { Services.release(endpoint.service) }
    return try Calls.receive(
      from: endpoint.service, term: endpoint.term, message: arguments.second, room: Calls.room(in: arguments.second))
  }

  @inline(never)
  static func reply(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let caller = try Calls.answer(arguments.first, of: nil, message: arguments.second).caller else {
      throw .peerGone
    }
    kernel.scheduler.wake(caller)
    return 0
  }

  @inline(__always)
  fileprivate static func replyAndReceive(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    if let number = DirectCalls.replyAndReceive(
      endpoint.service, term: endpoint.term, number: arguments.second, message: arguments.third)
    {
      return number
    }
    return try answerAndReceive(endpoint, arguments)
  }

  @inline(never)
  private static func answerAndReceive(
    _ endpoint: (service: Reference<Service>, term: UInt32), _ arguments: Arguments
  ) throws(SystemError) -> Int32 {
    let answer: (caller: Reference<Task>?, room: Calls.Room)
    do throws(SystemError) {
      answer = try Calls.answer(arguments.second, of: endpoint.service, message: arguments.third)
    } catch {
      // A caller that is gone needs no answer; a bad message is the server's own mistake.
      if error != .peerGone { throw error }
      answer = (nil, try Calls.room(in: arguments.third))
    }
    Services.retain(endpoint.service)
    defer { Services.release(endpoint.service) }
    return try Calls.receive(
      from: endpoint.service, term: endpoint.term, message: arguments.third, room: answer.room,
      answered: answer.caller)
  }

  @inline(never)
  static func serviceControl(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let process = kernel.scheduler.current.value.process
    guard process.value.rights.contains(.services) else { throw .notPermitted }
    guard let action = ServiceAction(rawValue: arguments.third) else { throw .badArgument }
    let name = try Services.name(at: arguments.first, length: arguments.second)
    guard let service = Services.find(name) else { throw .notFound }
    switch action {
    case .hold: try ServiceMoves.hold(service, by: process)
    case .release: try ServiceMoves.release(service, by: process)
    case .retire: try ServiceMoves.retire(service, by: process)
    }
    return 0
  }

  @inline(never)
  static func serviceInformation(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard arguments.first < UInt32(ServiceTable.capacity),
      let service = Services.service(at: Int(arguments.first))
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
    case .module(let module, _):
      information.owner = module.value.slot
      information.placement = ServicePlacement.linked.rawValue
      information.inside = module.threadsInside
    }
    if service.value.queues.isHeld { information.state = 2 }
    try UserBuffer(address: arguments.second, length: 0).write(information)
    return 0
  }

  @inline(__always)
  private static func endpoint(_ handle: UInt32) throws(SystemError) -> (service: Reference<Service>, term: UInt32) {
    // An endpoint has one handle, which allows everything.
    guard
      case .endpoint(let service, let term) = try kernel.scheduler.current.value.process.value.handles.target(
        of: handle)
    else { throw .badHandle }
    return (service, term)
  }
}

// The calls that make up a conversation store their results themselves, so that the entry (module_call.S) can come here
// directly.

@c(answer_call) @inline(never)
func answerCall(_ registers: CallRegisters) {
  registers.pointee.eax = result { () throws(SystemError) in try MessageCalls.call(Arguments(registers)) }
}

/// Where no door into a module is open.
@c(answer_call_short) @inline(never)
func answerCallShort(_ registers: CallRegisters) {
  registers.pointee.eax = result { () throws(SystemError) in try MessageCalls.callShort(Arguments(registers)) }
}

@c(answer_reply_and_receive) @inline(never)
func answerReplyAndReceive(_ registers: CallRegisters) {
  registers.pointee.eax = result { () throws(SystemError) in try MessageCalls.replyAndReceive(Arguments(registers)) }
}

@inline(__always)
private func result(_ body: () throws(SystemError) -> Int32) -> UInt32 {
  do throws(SystemError) { return UInt32(bitPattern: try body()) } catch { return UInt32(bitPattern: error.rawValue) }
}
