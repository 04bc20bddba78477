// What a module waits for, and who waits for a module: requests that it keeps, interrupt lines, moments, and turns.
//
// A request that a module keeps waits outside of it: its task has left the module, and waits as a waiter of the module's
// notification, which the lines signal. Whoever is woken by a line, or by the moment that the module has set, runs the module's
// function for that, as a call of its own, and then waits on. So a module needs no task: what it has to do for those
// who wait, they do.
//
// Invariants:
// - Who keeps a request is said by the record (`keeper`, `number`), not by a queue: a waiter that was woken and has not run yet is
//   answered like one that waits.
// - A waiter goes by the epoch in which its request was kept. After that, and while the calls are held, it sends it again.
// - Bits that nobody is left to see to stay in the notification for the next one who waits.

import ABI
import Devices
import IPC
import Messages
import Modules
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ModuleWaits {
  let context: Context

  package init(_ context: Context) { self.context = context }

  private func waiters(_ signals: Reference<NotificationRecord>) -> Reference<TaskQueue> {
    reference(to: &signals.value.waiters)
  }

  private func signals(of module: Reference<LinkedModule>) throws(SystemError) -> Reference<NotificationRecord> {
    if let signals = module.value.signals { return signals }
    let signals = try Notifications(context).makeForKernel()
    module.value.signals = signals
    return signals
  }

  // MARK: Requests that are kept

  /// The service function is about to keep the request of the current task. Returns what names it, or 0.
  package func keep(_ function: UInt32, by module: Reference<LinkedModule>) -> UInt64 {
    guard function >= module.value.base, function < module.value.end else { return 0 }
    let task = context.scheduler.current
    do throws(SystemError) {
      let record = try Services(context).record(of: task)
      _ = try signals(of: module)
      context.modules.value.keptCount = context.modules.value.keptCount &+ 1 & 0x7fff_ffff
      record.value.number = context.modules.value.keptCount
      record.value.keeper = UInt32(module.address)
      record.value.continuation = function
      return UInt64(task.value.identity.value) &<< 32 | UInt64(record.value.number)
    } catch { return 0 }
  }

  /// Answers a request that the module keeps.
  package func answer(
    _ request: UInt64, words: UInt32, bytes: UInt32, length: UInt32, by module: Reference<LinkedModule>
  ) -> Int32 {
    guard let signals = module.value.signals,
      let caller = context.scheduler.tasks.find(TaskIdentity(UInt32(truncatingIfNeeded: request &>> 32))),
      caller.value.callRecord != 0, !caller.value.isEnding
    else { return SystemError.peerGone.rawValue }
    let record = caller.value.call
    guard record.value.place == .kept, record.value.keeper == UInt32(module.address),
      record.value.number == UInt32(truncatingIfNeeded: request)
    else { return SystemError.peerGone.rawValue }
    var result: Int32 = 0
    do throws(SystemError) {
      try KeptAnswers(context).answer(caller, words: words, bytes: bytes, length: length)
    } catch { result = error.rawValue }
    // It may be the task that runs here, or one that was woken already.
    if record.value.place == .nowhere, caller.value.queue == waiters(signals) { context.scheduler.wake(caller) }
    return result
  }

  /// Waits for the answer to the current task's request, which the module of `server` keeps.
  func wait(
    _ server: LinkedServer, for service: Reference<Service>, deadline: UInt64?
  ) throws(SystemError) -> Int32 {
    let task = context.scheduler.current
    let record = task.value.call
    let module = server.record
    // A module that says so must have asked for it.
    guard record.value.keeper == server.module, let signals = module.value.signals else { throw .serviceFaulted }
    defer { record.value.keeper = 0 }
    Notifications(context).retain(signals)
    defer { Notifications(context).release(signals) }
    let epoch = service.value.queues.epoch
    service.queues.keep(task, number: record.value.number)
    while record.value.place == .kept {
      guard service.value.queues.epoch == epoch, service.value.queues.admits(record.value.sender) else {
        giveUp(task, service, signals)
        return CallRecord.retry
      }
      do throws(SystemError) {
        if try goOn(module, signals) { continue }
      } catch {
        giveUp(task, service, signals)
        throw error
      }
      let end = min(deadline ?? .max, module.value.wakeMoment)
      let reason = context.scheduler.block(
        .waitingForReply, on: waiters(signals), deadline: end == .max ? nil : end)
      let isLate = reason == .timedOut && (deadline ?? .max) <= context.scheduler.now
      if record.value.place == .kept && (reason == .cancelled || isLate) {
        giveUp(task, service, signals)
        throw reason == .cancelled ? .cancelled : .timedOut
      }
    }
    let result = record.value.result
    if result < 0 { throw SystemError(rawValue: result) ?? .peerGone }
    return result
  }

  /// The current task waits no more. What it was woken for is the next one's.
  private func giveUp(
    _ task: Reference<Task>, _ service: Reference<Service>, _ signals: Reference<NotificationRecord>
  ) {
    service.queues.forget(task)
    if signals.value.pending != 0, let next = signals.value.waiters.first { context.scheduler.wake(next) }
  }

  /// Runs the module's function for what has come. Returns false where nothing has.
  private func goOn(
    _ module: Reference<LinkedModule>, _ signals: Reference<NotificationRecord>
  ) throws(SystemError) -> Bool {
    let state = context.modules.value.registry.state(of: module.value.number)
    guard state != .failed else { throw .serviceFaulted }
    guard state == .live, signals.value.pending != 0 || module.value.wakeMoment <= context.scheduler.now else {
      return false
    }
    do throws(RegistryError) { try context.modules.value.registry.enter(module.value.number) } catch { return false }
    defer { if context.modules.value.registry.leave(module.value.number) { module.wakeDrainers() } }
    let function = context.scheduler.current.value.call.value.continuation
    let (bits, moment) = (signals.value.take() ?? 0, module.value.wakeMoment)
    module.value.wakeMoment = .max
    do throws(SystemError) {
      if try ModuleCall(context).run(function, of: module) == 0 { return true }
      giveBack(bits, moment, module, signals)
      return false
    } catch {
      giveBack(bits, moment, module, signals)
      throw error
    }
  }

  /// The function was not run to its end: what it was for is somebody else's.
  private func giveBack(
    _ bits: UInt32, _ moment: UInt64, _ module: Reference<LinkedModule>, _ signals: Reference<NotificationRecord>
  ) {
    if bits != 0 { Notifications(context).signal(signals, bits) }
    if moment < module.value.wakeMoment { wake(module, at: moment) }
  }

  /// Those who wait look whether the module still serves them.
  func wakeKept(_ module: Reference<LinkedModule>) {
    if let signals = module.value.signals { context.scheduler.wakeAll(waiters(signals)) }
  }

  /// Sets the moment at which those who wait go on by themselves.
  package func wake(_ module: Reference<LinkedModule>, at moment: UInt64) {
    let isEarlier = moment < module.value.wakeMoment
    module.value.wakeMoment = moment
    // They have set their alarms for a later one.
    if isEarlier { wakeKept(module) }
  }

  // MARK: Lines

  package func claim(_ line: UInt32, for module: Reference<LinkedModule>) -> Int32 {
    do throws(SystemError) {
      guard line < 16 else { throw .badArgument }
      try DeviceInterrupts(context).claim(line, signals(of: module), 1 &<< line)
      module.value.lines |= 1 &<< line
      return 0
    } catch { return error.rawValue }
  }

  private func has(_ line: UInt32, _ module: Reference<LinkedModule>) -> Bool {
    line < 16 && module.value.lines &>> line & 1 != 0
  }

  package func acknowledge(_ line: UInt32, of module: Reference<LinkedModule>) {
    if has(line, module) { DeviceInterrupts(context).acknowledge(line) }
  }

  package func release(_ line: UInt32, of module: Reference<LinkedModule>) {
    guard has(line, module) else { return }
    module.value.lines &= ~(1 &<< line)
    DeviceInterrupts(context).release(line)
  }

  /// Waits inside of the module for one of its lines.
  package func waitForLine(of module: Reference<LinkedModule>, nanoseconds: UInt64) -> Int32 {
    guard let signals = module.value.signals else { return SystemError.badHandle.rawValue }
    let deadline = context.scheduler.deadline(after: nanoseconds)
    while true {
      if let bits = signals.value.take() { return Int32(bitPattern: bits) }
      guard signals.value.waiters.isEmpty else { return SystemError.busy.rawValue }
      let reason = context.scheduler.block(
        .waitingForNotification, on: reference(to: &signals.value.waiters), deadline: deadline)
      switch reason {
      case .cancelled: return SystemError.cancelled.rawValue
      case .timedOut: return SystemError.timedOut.rawValue
      case .woken, .handed, .inRegisters: break
      }
    }
  }

  // MARK: Turns

  package func waitForTurn(in module: Reference<LinkedModule>) -> Int32 {
    let reason = context.scheduler.block(.waitingForMessage, on: reference(to: &module.value.turns))
    if reason == .cancelled { return SystemError.cancelled.rawValue }
    let state = context.modules.value.registry.state(of: module.value.number)
    return state == .failed ? SystemError.serviceFaulted.rawValue : 0
  }

  package func wakeTurn(in module: Reference<LinkedModule>) {
    if let next = module.value.turns.first { context.scheduler.wake(next) }
  }

  // MARK: Ends

  /// Who waits for the module waits for nothing.
  func moduleFailed(_ module: Reference<LinkedModule>) {
    wakeKept(module)
    context.scheduler.wakeAll(reference(to: &module.value.turns))
  }

  /// The module is taken out: gives back its lines.
  func releaseAll(of module: Reference<LinkedModule>) {
    for line in 0..<16 as Range<UInt32> { release(line, of: module) }
    guard let signals = module.value.signals else { return }
    module.value.signals = nil
    context.scheduler.wakeAll(waiters(signals))
    Notifications(context).release(signals)
  }
}
