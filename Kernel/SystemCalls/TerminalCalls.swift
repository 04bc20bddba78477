// System calls on terminals, and the wait for several things.

import ABI
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

struct TerminalCalls {
  let context: Context

  init(_ context: Context) { self.context = context }

  private func target(_ handle: UInt32) throws(SystemError) -> HandleTarget {
    try context.currentProcess.value.handles.target(of: handle)
  }

  @inline(never)
  func information(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let information = try Terminals(context).information(of: target(arguments.first))
    try UserBuffer(address: arguments.second, length: 0, in: context).write(information)
    return 0
  }

  @inline(never)
  func change(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try target(arguments.first)
    let changes = TerminalChanges(rawValue: arguments.second)
    guard changes.isSubset(of: .all) else { throw .badArgument }
    var information = TerminalInformation()
    try UserBuffer(address: arguments.third, length: 0, in: context).read(into: &information)
    try Terminals(context).change(target, changes, to: information)
    return 0
  }

  @inline(never)
  func create(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let place = try HandleCalls(context).placeOfPair(arguments.first)
    let sides = try Terminals(context).make(for: context.currentProcess.value.job)
    return try HandleCalls(context).addPair(sides.master, sides.terminal, at: place) { Terminals(context).abort($0) }
  }

  @inline(never)
  func give(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try target(arguments.first)
    let task = arguments.second == 0 ? context.scheduler.current : try TaskCalls(context).find(arguments.second)
    try Terminals(context).give(target, to: task.value.process)
    return 0
  }

  @inline(never)
  func watch(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let target = try target(arguments.first)
    guard target.kind == .terminal else { throw .unsupported }
    let notification = try HandleCalls(context).notification(of: arguments.second, needed: .write)
    let signals = TerminalSignals(rawValue: arguments.third)
    guard signals.isSubset(of: .all) else { throw .badArgument }
    try Terminals(context).watch(Terminals(context).checked(target), by: notification, for: signals)
    return 0
  }

  @inline(never)
  func poll(_ arguments: Arguments) throws(SystemError) -> Int32 {
    let kinds = EventKinds(rawValue: arguments.third)
    guard kinds.isSubset(of: .all) else { throw .badArgument }
    var poll = try Poll(arguments.first, count: arguments.second, in: context)
    return try poll.wait(
      for: kinds, deadline: arguments.deadline(arguments.fourth, arguments.fifth),
      waits: arguments.fourth | arguments.fifth != 0)
  }
}
