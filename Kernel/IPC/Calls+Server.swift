// Serving: taking requests, into memory or registers, and answering them.
//
// Invariant: an error goes to the side that caused it (Calls.swift). A request stays with the server's task until it is answered, put
// back, or taken back by its caller.

import ABI
import MachineSupport
import Memory
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

extension Calls {
  /// Where a server takes a request's data.
  package struct Room: BitwiseCopyable {
    var address: UInt32
    var capacity: UInt32
  }

  /// Where a server takes a request.
  @safe package struct Delivery {
    /// The address of a message in its memory.
    let message: UInt32
    /// What the message says of the room for data; nil: it is looked up when data come.
    let room: Room?
    /// Where its registers are saved, which get a request that fits; nil: it goes to the message.
    let registers: CallRegisters?

    @safe package init(message: UInt32, room: Room?, registers: CallRegisters? = nil) {
      self.message = message
      self.room = room
      unsafe self.registers = unsafe registers
    }

    /// How a server waits for it: nothing but its registers is needed where those are at the end of its kernel stack, and the
    /// processor alone tells what it may write.
    @inline(__always)
    func mark(_ context: Context) -> WakeReason {
      guard let registers = unsafe registers, !context.processor.isGuarded else { return .woken }
      return unsafe Calls(context).mark(registers)
    }
  }

  /// How a task waits in a call that ends with new contents of the registers that were saved there: where the entry
  /// (module_door.S) did that at the end of its kernel stack, nothing else is needed.
  @inline(__always)
  package func mark(_ registers: CallRegisters) -> WakeReason {
    #if arch(i386)
      let task = context.scheduler.current
      let end = UInt32(UInt(bitPattern: registers)) &+ UInt32(CALL_REGISTERS_SIZE)
      // A direct entry has the task's own stack pointer behind them.
      let place = task.value.mode.isRing0 ? end &+ 4 : end
      return place == task.value.kernelStackEnd ? .inRegisters : .woken
    #else
      return .woken
    #endif
  }

  /// Brings a request that the fast path has handed on in registers alone to the caller's record: it may be sent again.
  package func refill(_ caller: Reference<Task>) {
    #if arch(i386)
      let record = caller.value.call
      guard record.value.form == .registers, caller.value.wakeReason == .inRegisters else { return }
      let end = caller.value.kernelStackEnd &- (caller.value.mode.isRing0 ? 4 : 0)
      let registers = unsafe DirectMap.pointer(end &- UInt32(CALL_REGISTERS_SIZE), as: saved_registers.self)
      unsafe record.value.message.setReply(registers.pointee.edx, registers.pointee.esi, registers.pointee.edi)
      record.value.message.operation = unsafe registers.pointee.ecx
      record.value.message.bufferCapacity = 0
    #endif
  }

  /// Puts the words of a request or a reply into registers.
  @inline(__always)
  package func put(_ record: Reference<CallRecord>, in registers: CallRegisters) {
    unsafe registers.pointee.edx = record.value.message.words[0]
    unsafe registers.pointee.esi = record.value.message.words[1]
    unsafe registers.pointee.edi = record.value.message.words[2]
  }

  /// The room that a message in the server's memory names.
  package func room(in message: UInt32) throws(SystemError) -> Room {
    guard MessageCopy(context).isInside(message) else { throw .badAddress }
    var room = Room(address: 0, capacity: 0)
    // Two words of it say that.
    try UserBuffer(address: message &+ MessageCopy.placeOfRoom, length: 0, in: context).read(into: &room)
    return room
  }

  /// Takes the next request. Returns the number to answer it by.
  ///
  /// - Parameter answered: a caller that has its answer and is to be woken: where there is nothing to do for the server
  ///   meanwhile, it runs at once.
  @inline(__always)
  package func receive(
    from service: Reference<Service>, epoch: UInt32, _ delivery: Delivery, answered: Reference<Task>? = nil
  ) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    var answered = answered
    while true {
      let next = service.queues.next(for: task, epoch: epoch, CallWaits(context))
      if case .wait = next {
        let reason: WakeReason
        if let caller = answered {
          answered = nil
          reason = context.scheduler.blockAndRun(
            caller, .waitingForMessage, on: service.queues.receivers, mark: delivery.mark(context))
        } else {
          reason = context.scheduler.block(
            .waitingForMessage, on: service.queues.receivers, mark: delivery.mark(context))
        }
        if reason == .cancelled { throw .cancelled }
        if reason == .handed, let caller = task.value.servedCallers.last,
          let number = try begin(caller, of: service, delivery)
        {
          return number
        }
        continue
      }
      if let caller = answered {
        answered = nil
        context.scheduler.wakeAtHead(caller)
      }
      switch next {
      case .take(let caller):
        if let number = try begin(caller, of: service, delivery) { return number }
      case .waitAsFormer:
        if context.scheduler.block(.waitingForMessage, on: service.queues.formerReceivers) == .cancelled {
          throw .cancelled
        }
      case .wait: break
      case .over: throw .peerGone
      }
    }
  }

  /// Brings the request of a caller over that this task has taken. Returns its number; nil where that failed because of
  /// the caller, who has been told.
  @inline(never)
  func begin(
    _ caller: Reference<Task>, of service: Reference<Service>, _ delivery: Delivery
  ) throws(SystemError) -> Int32? {
    do throws(CopyFailure) {
      try bring(caller, delivery)
      return Int32(bitPattern: caller.value.call.value.number)
    } catch {
      try report(caller, of: service, because: error)
      return nil
    }
  }

  /// Slow path of `receive`: the wait ended without a request on the fast one.
  @inline(never)
  func receiveOn(
    _ service: Reference<Service>, epoch: UInt32, _ delivery: Delivery, _ reason: WakeReason
  ) -> Int32 {
    do throws(SystemError) {
      if reason == .cancelled { throw .cancelled }
      return try receive(from: service, epoch: epoch, delivery)
    } catch { return error.rawValue }
  }

  /// Slow path of `receive`: the request came on the fast one, and its data could not be copied.
  @inline(never)
  func receiveAfter(
    _ failure: CopyFailure, _ caller: Reference<Task>, _ service: Reference<Service>, epoch: UInt32,
    _ delivery: Delivery
  ) -> Int32 {
    do throws(SystemError) { try report(caller, of: service, because: failure) } catch { return error.rawValue }
    return receiveOn(service, epoch: epoch, delivery, .woken)
  }

  /// A request's data could not be copied: reports the error to the side that caused it.
  @inline(never)
  private func report(
    _ caller: Reference<Task>, of service: Reference<Service>, because failure: CopyFailure
  ) throws(SystemError) {
    switch failure {
    case .ofPeer(let error): service.queues.fail(caller, error, CallWaits(context))
    case .own(let error):
      service.queues.putBack(caller, from: context.scheduler.current, CallWaits(context))
      throw error
    }
  }

  /// Brings a caller's request over to the current task.
  @inline(__always)
  func bring(_ caller: Reference<Task>, _ delivery: Delivery) throws(CopyFailure) {
    let record = caller.value.call
    if let registers = unsafe delivery.registers {
      if record.value.fitsRegisters {
        unsafe registers.pointee.ebx = record.value.message.operation
        return unsafe put(record, in: registers)
      }
      unsafe registers.pointee.ebx = Message.isInMemory
    }
    let room = try self.room(of: delivery)
    var address = room.address
    if record.value.message.dataLength > 0 {
      if record.value.isLending {
        address = try PageLending(context).bring(caller, room)
      } else {
        try copy(caller, room)
      }
    }
    record.value.message.dataAddress = address
    record.value.message.bufferAddress = room.address
    // `bufferCapacity` stays: how much the reply may carry.
    if HandleTransfer(context).isWanted(by: record) { return try bringWithHandle(caller, record, to: delivery.message) }
    do throws(SystemError) {
      try MessageCopy(context).write(record, to: delivery.message, words: MessageCopy.all)
    } catch { throw .own(error) }
  }

  @inline(__always)
  private func room(of delivery: Delivery) throws(CopyFailure) -> Room {
    if let room = delivery.room { return room }
    do throws(SystemError) { return try room(in: delivery.message) } catch { throw .own(error) }
  }

  @inline(never)
  private func bringWithHandle(
    _ caller: Reference<Task>, _ record: Reference<CallRecord>, to message: UInt32
  ) throws(CopyFailure) {
    let server = context.currentProcess
    let handle: UInt32
    do throws(SystemError) {
      handle = try HandleTransfer(context).transfer(record, from: caller.value.process, to: server)
    } catch { throw .ofPeer(error) }
    do throws(SystemError) {
      try MessageCopy(context).write(record, to: message, words: MessageCopy.all)
    } catch {
      HandleTransfer(context).abort(record, handle, of: server)
      throw .own(error)
    }
  }

  /// Copies the bytes of the one request that the current task has taken to the room that its message names. Returns false where
  /// that did not simply succeed.
  package func takeRequestData() -> Bool {
    let task = context.scheduler.current
    guard let caller = task.value.servedCallers.first else { return false }
    let record = caller.value.call
    do throws(CopyFailure) {
      let room = try room(of: Delivery(message: task.value.receivedMessage, room: nil))
      if record.value.isLending {
        record.value.message.dataAddress = try PageLending(context).bring(caller, room)
      } else {
        try copy(caller, room)
        record.value.message.dataAddress = room.address
      }
      record.value.message.bufferAddress = room.address
      return true
    } catch { return false }
  }

  /// Copies a request's bytes to the current task's room.
  @inline(__always)
  func copy(_ caller: Reference<Task>, _ room: Room) throws(CopyFailure) {
    let length = caller.value.call.value.message.dataLength
    guard length <= room.capacity else { throw .ofPeer(.tooLarge) }
    try pull(UserBuffer(address: room.address, length: length, in: context), from: caller)
  }

  @inline(never)
  private func pull(_ buffer: UserBuffer, from caller: Reference<Task>) throws(CopyFailure) {
    let record = caller.value.call
    if record.value.dataIsOfKernel {
      do throws(SystemError) {
        return try unsafe buffer.copyOut(from: DirectMap.pointer(record.value.dataAddress), count: buffer.length)
      } catch { throw .own(error) }
    }
    try SpaceCopy(context).pull(from: caller.value.space, at: caller.value.call.value.dataAddress, to: buffer)
  }

  /// Brings a reply's short data from the current task's record to its memory.
  package func takeInlineData(_ record: Reference<CallRecord>) throws(SystemError) {
    let length = record.value.inlineLength
    guard length > 0 else { return }
    record.value.inlineLength = 0
    let data = unsafe UnsafeRawPointer(reference(to: &record.value.inlineData).unsafePointer)
    try unsafe UserBuffer(address: record.value.bufferAddress, length: length, in: context).copyOut(
      from: data, count: length)
  }

  /// Brings the data of the reply in a caller's record over. Returns false where that did not simply succeed.
  @inline(__always)
  func deliver(_ record: Reference<CallRecord>, to caller: Reference<Task>, _ capacity: UInt32) -> Bool {
    if HandleTransfer(context).isWanted(by: record) { return false }
    let length = record.value.message.dataLength
    guard length > 0 else { return true }
    guard length <= capacity else { return false }
    do throws(CopyFailure) {
      try push(UserBuffer(address: record.value.message.dataAddress, length: length, in: context), to: caller)
      return true
    } catch { return false }
  }

  @inline(never)
  private func push(_ data: UserBuffer, to caller: Reference<Task>) throws(CopyFailure) {
    let record = caller.value.call
    if record.value.roomIsOfKernel {
      do throws(SystemError) {
        return try unsafe data.copyIn(to: DirectMap.pointer(record.value.bufferAddress), count: data.length)
      } catch { throw .own(error) }
    }
    try SpaceCopy(context).push(data, to: caller.value.space, at: caller.value.call.value.bufferAddress)
  }

  /// What a server answers.
  package enum Reply {
    /// A message in its memory.
    case message(UInt32)
    case words(UInt32, UInt32, UInt32)
  }

  /// Answers a request of the current task's. Returns the caller, to be woken (nil where the answer could not be
  /// brought over because of the caller, who has been told), and the room that the answer names for the next request.
  @inline(__always)
  package func answer(
    _ number: UInt32, of service: Reference<Service>?, _ reply: Reply
  ) throws(SystemError) -> (caller: Reference<Task>?, room: Room) {
    guard let caller = context.scheduler.current.callerServed(number: number, of: service?.queues) else {
      throw .peerGone
    }
    return try answer(caller, reply)
  }

  /// The same for the caller itself, whose request the server has.
  @inline(__always)
  package func answer(
    _ caller: Reference<Task>, _ reply: Reply
  ) throws(SystemError) -> (caller: Reference<Task>?, room: Room) {
    let record = caller.value.call
    let capacity = record.value.message.bufferCapacity
    var isDelivered = true
    do throws(SystemError) {
      // The request's words have been taken, so the reply's go into their place.
      switch reply {
      case .message(let message): try MessageCopy(context).read(into: record, from: message)
      case .words(let first, let second, let third): record.value.message.setReply(first, second, third)
      }
      let length = record.value.message.dataLength
      if length > 0 {
        guard length <= capacity else { throw .tooLarge }
        isDelivered = try take(
          UserBuffer(address: record.value.message.dataAddress, length: length, in: context), to: caller)
      }
      if isDelivered && HandleTransfer(context).isWanted(by: record) {
        // Who called in registers has no place for it.
        guard record.value.form == .message, !record.value.isOfKernel else { throw .unsupported }
        _ = try HandleTransfer(context).transfer(record, from: context.currentProcess, to: caller.value.process)
      }
    } catch {
      // The server may answer anew.
      record.value.message.bufferCapacity = capacity
      throw error
    }
    let room = Room(address: record.value.message.bufferAddress, capacity: record.value.message.bufferCapacity)
    guard isDelivered else { return (nil, room) }
    caller.finishCall(result: record.value.resultOfReply, CallWaits(context))
    return (caller, room)
  }

  /// Brings a reply's data over to a caller. Returns false where the caller's memory does not take them; it has been
  /// told.
  @inline(never)
  private func take(_ data: UserBuffer, to caller: Reference<Task>) throws(SystemError) -> Bool {
    do throws(CopyFailure) {
      try push(data, to: caller)
      return true
    } catch {
      switch error {
      case .own(let error): throw error
      case .ofPeer(let error):
        caller.finishCall(result: error.rawValue, CallWaits(context))
        context.scheduler.wake(caller)
        return false
      }
    }
  }
}
