// System calls of services: publishing, opening, calling, receiving, answering.

import ABI
import IPC
import LinkedModules
import Memory
import Messages
import Objects
import Platform
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
    record.value.form = .message
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

  /// A request that travels in registers. Of the reply the first word is the result, or with the form `registers` the result
  /// tells whether three words are all of it.
  @inline(never)
  func callWithWords(_ form: CallForm, _ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let service = context.currentProcess.service(of: arguments.first) else { throw .badHandle }
    // Registers have no place for a handle.
    guard arguments.second & Message.passesHandle == 0 else { throw .badArgument }
    let record = try Services(context).record(of: context.scheduler.current)
    takeWords(form, arguments, record)
    let result = try exchangeWords(service, record, arguments)
    if form == .registers, result >= 0 { unsafe Calls(context).put(record, in: arguments.registers) }
    return result
  }

  /// Brings a request to the record.
  func takeWords(_ form: CallForm, _ arguments: Arguments, _ record: Reference<CallRecord>) {
    record.value.form = form
    // A reply that came before is none of this service's business.
    record.value.message.setReply(arguments.third, arguments.fourth, arguments.fifth)
    record.value.message.operation = arguments.second
    record.value.message.bufferCapacity = 0
  }

  private func exchangeWords(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ arguments: Arguments
  ) throws(SystemError) -> Int32 {
    let mark = record.value.form == .registers ? unsafe Calls(context).mark(arguments.registers) : .woken
    if let server = service.queues.directServer(for: context.scheduler.current),
      context.scheduler.canSwitchDirectly(to: server)
    {
      return DirectCalls(context).exchange(service, record, server, mark: mark)
    }
    Services(context).retain(service)
    defer { Services(context).release(service) }
    return try Calls(context).send(to: service, deadline: nil, mark: mark)
  }

  /// Goes on with a call that the fast path began (ipc.S), and that something else than an answer by it has ended.
  func resumeCall(_ service: Reference<Service>, _ registers: CallRegisters) -> Int32 {
    let task = context.scheduler.current
    let record = task.value.call
    let reason = task.value.wakeReason
    defer { Services(context).release(service) }
    if record.value.form == .message {
      return unsafe resumeCallByMessage(service, record, reason, Arguments(registers, context))
    }
    var result = record.value.result
    if reason == .timedOut || reason == .cancelled || result == CallRecord.retry {
      // It is withdrawn, or sent again. What was in registers alone is still there.
      unsafe takeWords(.registers, Arguments(registers, context), record)
      result = Calls(context).resume(after: reason, service)
    }
    if result >= 0 { unsafe Calls(context).put(record, in: registers) }
    return result
  }

  private func resumeCallByMessage(
    _ service: Reference<Service>, _ record: Reference<CallRecord>, _ reason: WakeReason, _ arguments: Arguments
  ) -> Int32 {
    defer { PageLending(context).end(record) }
    if reason == .timedOut || reason == .cancelled { return Calls(context).resume(after: reason, service) }
    do throws(SystemError) {
      // The service moved: the request goes to the new server.
      if record.value.result == CallRecord.retry { return try callByMessage(service, record, arguments) }
      guard record.value.result == 0 else { return record.value.result }
      try Calls(context).takeInlineData(record)
      record.value.message.dataAddress = record.value.dataAddress
      try MessageCopy(context).write(record, to: arguments.second, words: MessageCopy.reply)
      return 0
    } catch { return error.rawValue }
  }

  /// Goes on with a wait for a request that the fast path began.
  func resumeReceive(_ service: Reference<Service>, epoch: UInt32, _ registers: CallRegisters) -> Int32 {
    let task = context.scheduler.current
    defer { Services(context).release(service) }
    let delivery = Calls.Delivery(message: task.value.receivedMessage, room: nil, registers: registers)
    return DirectCalls(context).goOn(service, epoch: epoch, delivery, task.value.wakeReason)
  }

  @inline(never)
  func receiveInRegisters(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    // Who would find out that it cannot be used only when a large request comes, could not tell why.
    _ = try Calls(context).room(in: arguments.second)
    context.scheduler.current.value.receivedMessage = arguments.second
    return try receiveInRegisters(endpoint, arguments)
  }

  private func receiveInRegisters(
    _ endpoint: (service: Reference<Service>, epoch: UInt32), _ arguments: Arguments, answered: Reference<Task>? = nil
  ) throws(SystemError) -> Int32 {
    // Another thread may close the endpoint meanwhile.
    Services(context).retain(endpoint.service)
    defer { Services(context).release(endpoint.service) }
    return try Calls(context).receive(
      from: endpoint.service, epoch: endpoint.epoch, delivery(arguments), answered: answered)
  }

  private func delivery(_ arguments: Arguments) -> Calls.Delivery {
    Calls.Delivery(
      message: context.scheduler.current.value.receivedMessage, room: nil, registers: unsafe arguments.registers)
  }

  @inline(never)
  func replyAndReceiveInRegisters(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    let words = (arguments.third, arguments.fourth, arguments.fifth)
    if let number = DirectCalls(context).replyAndReceive(
      endpoint.service, epoch: endpoint.epoch, number: arguments.second, words, delivery(arguments))
    {
      return number
    }
    return try answer(.words(words.0, words.1, words.2), endpoint, arguments)
  }

  @inline(never)
  func replyMessageAndReceive(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let endpoint = try endpoint(arguments.first)
    if let number = DirectCalls(context).replyAndReceive(
      endpoint.service, epoch: endpoint.epoch, number: arguments.second, message: arguments.third,
      delivery(arguments))
    {
      return number
    }
    return try answer(.message(arguments.third), endpoint, arguments)
  }

  private func answer(
    _ reply: Calls.Reply, _ endpoint: (service: Reference<Service>, epoch: UInt32), _ arguments: Arguments
  ) throws(SystemError) -> Int32 {
    var caller: Reference<Task>?
    do throws(SystemError) {
      caller = try Calls(context).answer(arguments.second, of: endpoint.service, reply).caller
    } catch {
      // A caller that is gone needs no answer.
      if error != .peerGone { throw error }
    }
    return try receiveInRegisters(endpoint, arguments, answered: caller)
  }

  @inline(never)
  func requestSender(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let caller = context.scheduler.current.callerServed(number: arguments.first, of: nil) else { throw .peerGone }
    unsafe arguments.registers.pointee.edx = Calls(context).sender(of: caller.value.call)
    unsafe arguments.registers.pointee.esi = caller.value.process.value.rights.rawValue
    return 0
  }

  /// The reply of a call in registers that has more than three words stays in the record until the next call.
  @inline(never)
  func replyRest(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    guard task.value.callRecord != 0, task.value.call.value.form == .registers else { throw .notFound }
    try MessageCopy(context).write(task.value.call, to: arguments.first, words: MessageCopy.reply)
    return 0
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
      from: endpoint.service, epoch: endpoint.epoch,
      Calls.Delivery(message: arguments.second, room: Calls(context).room(in: arguments.second)))
  }

  @inline(never)
  func reply(_ arguments: Arguments) throws(SystemError) -> Int32 {
    guard let caller = try Calls(context).answer(arguments.first, of: nil, .message(arguments.second)).caller else {
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
      answer = try Calls(context).answer(arguments.second, of: endpoint.service, .message(arguments.third))
    } catch {
      // A caller that is gone needs no answer; a bad message is the server's own mistake.
      if error != .peerGone { throw error }
      answer = (nil, try Calls(context).room(in: arguments.third))
    }
    Services(context).retain(endpoint.service)
    defer { Services(context).release(endpoint.service) }
    return try Calls(context).receive(
      from: endpoint.service, epoch: endpoint.epoch, Calls.Delivery(message: arguments.third, room: answer.room),
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
