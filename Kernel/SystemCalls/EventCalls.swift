// System calls about events.

import ABI
import Messages
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct EventCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  func wait(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let kinds = EventKinds(rawValue: arguments.first)
    guard !kinds.isEmpty, kinds.isSubset(of: .all) else { throw .badArgument }
    let time = Arguments.wide(arguments.third, arguments.fourth)
    let target = UserBuffer(address: arguments.second, length: UInt32(MemoryLayout<Event>.size), in: context)
    // An event that cannot be delivered must not be taken: see that the place is writable first.
    try target.write(Event())
    let pending: PendingEvent
    do throws(WaitFailure) {
      pending = try context.scheduler.waitForEvent(
        UInt8(kinds.rawValue), noWait: time == 0, deadline: arguments.deadline(arguments.third, arguments.fourth))
    } catch { throw SystemError(error) }
    var event = Event()
    event.kind = UInt32(pending.kind.rawValue)
    event.count = pending.count
    event.task = pending.subject.value
    event.time = WordPair(pending.time)
    try target.write(event)
    return 0
  }

  func send(_ arguments: Arguments) throws(SystemError) -> Int32 {
    var kind: TaskEvent?
    switch EventKind(rawValue: arguments.second) {
    case .yieldAsked: kind = .yieldAsked
    case .stopAsked: kind = .stopAsked
    case .told: kind = nil
    case .childEnded, .timer, nil: throw .badArgument
    }
    let task = try TaskCalls(context).find(arguments.first)
    try TaskCalls(context).checkRight(over: task)
    guard task.value.state != .ended else { throw .noSuchTask }
    guard let kind else { return try tell(task, arguments) }
    context.scheduler.post(kind, to: task, subject: context.scheduler.current.value.identity)
    return 0
  }

  private func tell(_ task: Reference<Task>, _ arguments: Arguments) throws(SystemError) -> Int32 {
    let keys = TerminalSignals(rawValue: arguments.third)
    guard !task.value.isThread, keys.isSubset(of: .all) else { throw .badArgument }
    let process = task.value.process
    guard process.value.personality.kind != .none else { throw .unsupported }
    process.value.told.keys |= keys.rawValue
    process.value.told.low |= arguments.fourth
    process.value.told.high |= arguments.fifth
    context.scheduler.notice(task)
    return 0
  }

  func timer(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let period = Arguments.wide(arguments.third, arguments.fourth)
    guard period == 0 || period >= Scheduler.shortestPeriod else { throw .badArgument }
    context.scheduler.setEventTimer(after: Arguments.wide(arguments.first, arguments.second), period: period)
    return 0
  }
}
