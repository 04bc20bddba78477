// Who is told of what happens at a terminal, and whose input it is.
//
// Keys that are signals go to one watcher: to the one that came last of those in whose job the foreground lies. So a shell that was
// started from a shell has them while it lives, and one that was interrupted by the attention key has not.
//
// Invariants:
// - A watcher's notification and job are counted while it is in the list. It is taken out when its process ends, where that has a
//   handle of the terminal then, and else by the next one that comes.
// - The foreground has tasks: where its last one has ended, the job around it is the foreground.

import ABI
import Jobs
import Messages
import Platform
import Primitives
import Scheduling
import Terminals
import VirtualMemory

struct TerminalWatcher {
  let notification: Reference<NotificationRecord>
  let signals: TerminalSignals
  let job: Reference<Job>
}

/// The watchers in the order in which they came.
struct TerminalWatchers: ~Copyable {
  static var limit: Int { 8 }
  private var list = InlineArray<8, TerminalWatcher?>(repeating: nil)
  private(set) var count = 0

  subscript(index: Int) -> TerminalWatcher? { index >= 0 && index < count ? list[index] : nil }

  /// Adds a watcher where there is room.
  mutating func append(_ watcher: TerminalWatcher) {
    guard count < Self.limit else { return }
    list[count] = watcher
    count += 1
  }

  /// Takes out and returns the first for which `condition` holds.
  mutating func removeFirst(where condition: (TerminalWatcher) -> Bool) -> TerminalWatcher? {
    for index in 0..<count {
      guard let watcher = list[index], condition(watcher) else { continue }
      var place = index
      while place + 1 < count {
        list[place] = list[place + 1]
        place += 1
      }
      count -= 1
      list[count] = nil
      return watcher
    }
    return nil
  }
}

extension Terminals {
  // MARK: Watchers

  /// The caller's process watches for signals, by a notification of its own; none: it stops.
  package func watch(
    _ terminal: Reference<Terminal>, by notification: Reference<NotificationRecord>, for signals: TerminalSignals
  ) throws(SystemError) {
    let process = context.currentProcess
    guard notification.value.owner == process.value.identity, notification.value.isAlive else { throw .badArgument }
    removeWatchers(at: terminal) { $0.notification == notification || !$0.notification.value.isAlive }
    if signals.isEmpty { return }
    let job = process.value.job
    if let foreground = foreground(of: terminal), !foreground.isInside(job) { throw .notPermitted }
    guard terminal.value.watchers.count < TerminalWatchers.limit else { throw .limitReached }
    Notifications(context).retain(notification)
    JobRecords(context).retain(job)
    terminal.value.watchers.append(TerminalWatcher(notification: notification, signals: signals, job: job))
    if terminal.value.isHungUp, signals.contains(.hungUp) { tell(.hungUp, notification) }
  }

  func endWatches(of process: Reference<Process>, at terminal: Reference<Terminal>) {
    removeWatchers(at: terminal) { $0.notification.value.owner == process.value.identity }
  }

  func endAllWatches(at terminal: Reference<Terminal>) { removeWatchers(at: terminal) { _ in true } }

  private func removeWatchers(at terminal: Reference<Terminal>, where condition: (TerminalWatcher) -> Bool) {
    while let watcher = terminal.value.watchers.removeFirst(where: condition) {
      Notifications(context).release(watcher.notification)
      JobRecords(context).release(watcher.job)
    }
  }

  // MARK: Signals

  /// A byte is typed. Returns false where there is no room for it.
  func arrive(_ byte: UInt8, at terminal: Reference<Terminal>) -> Bool {
    let wasStopped = terminal.value.discipline.isOutputStopped
    let arrival = terminal.value.discipline.arrive(byte, heard: heard(at: terminal))
    if wasStopped, !terminal.value.discipline.isOutputStopped { outputChanged(at: terminal) }
    if case .signal(let signal) = arrival {
      raise(signal, at: terminal)
      wakeMasterForRoom(of: terminal)
    }
    return arrival != .refused
  }

  /// The keys that somebody would be told of.
  func heard(at terminal: Reference<Terminal>) -> TerminalSignals {
    var heard: TerminalSignals = []
    if watcher(of: .interrupt, at: terminal) != nil { heard.insert(.interrupt) }
    if watcher(of: .quit, at: terminal) != nil { heard.insert(.quit) }
    if watcher(of: .suspend, at: terminal) != nil { heard.insert(.suspend) }
    return heard
  }

  /// Tells those who watch for a signal; also from an interrupt.
  func raise(_ signal: TerminalSignals, at terminal: Reference<Terminal>) {
    guard signal == .resized || signal == .hungUp else {
      if let watcher = watcher(of: signal, at: terminal) { tell(signal, watcher.notification) }
      return
    }
    for index in 0..<terminal.value.watchers.count {
      guard let watcher = terminal.value.watchers[index], watcher.signals.contains(signal) else { continue }
      tell(signal, watcher.notification)
    }
  }

  private func tell(_ signal: TerminalSignals, _ notification: Reference<NotificationRecord>) {
    if notification.value.isAlive { Notifications(context).signal(notification, signal.rawValue) }
  }

  /// The one watcher that a key goes to.
  private func watcher(of signal: TerminalSignals, at terminal: Reference<Terminal>) -> TerminalWatcher? {
    let foreground = foreground(of: terminal)
    var index = terminal.value.watchers.count - 1
    while let watcher = terminal.value.watchers[index] {
      index -= 1
      guard watcher.signals.contains(signal), watcher.notification.value.isAlive,
        foreground?.isInside(watcher.job) ?? true
      else { continue }
      return watcher
    }
    return nil
  }

  // MARK: The foreground

  /// The job that reads what is typed; nil: whoever has a handle does. Where the one that was has no tasks any more it is the
  /// one around it.
  func foreground(of terminal: Reference<Terminal>) -> Reference<Job>? {
    if terminal.value.isConsole { return ConsoleInput(context).owner }
    while let present = terminal.value.foreground, present.value.used.tasks == 0 {
      replaceForeground(of: terminal, with: present.value.parent)
    }
    return terminal.value.foreground
  }

  func isForeground(_ process: Reference<Process>, of terminal: Reference<Terminal>) -> Bool {
    guard let foreground = foreground(of: terminal) else { return true }
    return foreground == process.value.job
  }

  func replaceForeground(of terminal: Reference<Terminal>, with job: Reference<Job>?) {
    if let job { JobRecords(context).retain(job) }
    let former = terminal.value.foreground
    terminal.value.foreground = job
    if let former { JobRecords(context).release(former) }
  }

  /// Gives the input to the job of a process.
  package func give(_ target: HandleTarget, to process: Reference<Process>) throws(SystemError) {
    let terminal = try checked(target)
    let giver = context.currentProcess.value.job
    guard foreground(of: terminal)?.isInside(giver) ?? true, process.value.job.isInside(giver) else {
      throw .notPermitted
    }
    replaceForeground(of: terminal, with: process.value.job)
    inputChanged(at: terminal)
  }

  /// Waits until the foreground is the caller's job or lies inside it.
  func waitForForeground(of terminal: Reference<Terminal>) throws(SystemError) {
    terminal.value.waiting &+= 1
    defer {
      terminal.value.waiting &-= 1
      freeIfUnused(terminal)
    }
    while !(foreground(of: terminal)?.isInside(context.currentProcess.value.job) ?? true) {
      let reason = context.scheduler.block(.waitingForInput, on: reference(to: &terminal.value.readers))
      if reason == .cancelled { throw .cancelled }
    }
  }
}
