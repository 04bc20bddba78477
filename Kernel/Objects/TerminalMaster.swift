// The master of a pseudo-terminal: types by writing, and reads what is shown.
//
// Invariant: what the master writes is typed byte by byte, so a key that is a signal acts although nobody reads what was typed
// before it.

import ABI
import Platform
import Primitives
import Scheduling
import Terminals
import VirtualMemory

extension Terminals {
  static func enterMaster(into kinds: inout ObjectTable) {
    var master = ObjectOperations()
    master.isStream = true
    master.retain = { context, target in Terminals(context).record(target).value.master.handles &+= 1 }
    master.close = { context, target, _ in
      let terminals = Terminals(context)
      let terminal = terminals.record(target)
      terminals.closeMaster(of: terminal)
      terminals.freeIfUnused(terminal)
    }
    master.read = { (context, target, buffer) throws(SystemError) in
      let terminals = Terminals(context)
      return try terminals.readMaster(of: terminals.record(target), into: buffer)
    }
    master.write = { (context, target, buffer) throws(SystemError) in
      let terminals = Terminals(context)
      return try terminals.type(buffer, at: terminals.record(target))
    }
    master.states = { context, target in Terminals(context).masterStates(of: Terminals(context).record(target)) }
    master.listeners = { context, target in Terminals(context).masterListeners(of: Terminals(context).record(target)) }
    kinds.enter(.terminalMaster, master)
  }

  // MARK: Life

  /// One handle of the master less. With the last, the terminal is hung up.
  func closeMaster(of terminal: Reference<Terminal>) {
    terminal.value.master.handles &-= 1
    guard terminal.value.isHungUp else { return }
    raise(.hungUp, at: terminal)
    inputChanged(at: terminal)
    outputChanged(at: terminal)
  }

  // MARK: Waking

  /// Something is shown, or the terminal's side is gone.
  func wakeMaster(of terminal: Reference<Terminal>) {
    context.scheduler.wakeAll(reference(to: &terminal.value.master.readers))
    wakeMasterForRoom(of: terminal)
  }

  /// There may be room for what is typed.
  func wakeMasterForRoom(of terminal: Reference<Terminal>) {
    context.scheduler.wakeAll(reference(to: &terminal.value.master.writers))
    context.scheduler.wakeListeners(terminal.value.master.listeners)
  }

  private func masterListeners(of terminal: Reference<Terminal>) -> Reference<ListenerList> {
    reference(to: &terminal.value.master.listeners)
  }

  private func masterStates(of terminal: Reference<Terminal>) -> PollStates {
    if terminal.value.handles == 0 { return [.readable, .writable, .hungUp] }
    var states: PollStates = []
    if !terminal.value.master.output.isEmpty { states.insert(.readable) }
    if terminal.value.discipline.hasRoom { states.insert(.writable) }
    return states
  }

  // MARK: Bytes

  private func readMaster(of terminal: Reference<Terminal>, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    if buffer.length == 0 { return 0 }
    terminal.value.waiting &+= 1
    defer {
      terminal.value.waiting &-= 1
      freeIfUnused(terminal)
    }
    while terminal.value.master.output.isEmpty {
      if terminal.value.handles == 0 { return 0 }
      let reason = context.scheduler.block(
        .waitingForPipe, on: reference(to: &terminal.value.master.readers))
      if reason == .cancelled { throw .cancelled }
    }
    var done: UInt32 = 0
    while done < buffer.length {
      let count: UInt32
      do throws(SystemError) {
        count = try unsafe terminal.value.master.output.withFirstPiece(limit: Int(clamping: buffer.length - done)) {
          bytes throws(SystemError) -> UInt32 in
          if let start = bytes.baseAddress, bytes.count > 0 {
            try unsafe buffer.copyOut(from: start, offset: done, count: UInt32(bytes.count))
          }
          return UInt32(bytes.count)
        }
      } catch {
        if done == 0 { throw error }
        break
      }
      if count == 0 { break }
      terminal.value.master.output.removeFirst(Int(count))
      done &+= count
    }
    outputChanged(at: terminal)
    // Who reads may have waited for room to show what was typed.
    inputChanged(at: terminal)
    return done
  }

  /// Types what is in a buffer, as much as there is room for.
  private func type(_ buffer: UserBuffer, at terminal: Reference<Terminal>) throws(SystemError) -> UInt32 {
    guard terminal.value.handles > 0 else { throw .peerGone }
    if buffer.length == 0 { return 0 }
    terminal.value.waiting &+= 1
    defer {
      terminal.value.waiting &-= 1
      freeIfUnused(terminal)
    }
    var done: UInt32 = 0
    while done < min(buffer.length, TerminalLimits.capacity) {
      var byte: UInt8 = 0
      do throws(SystemError) {
        try unsafe withUnsafeMutablePointer(to: &byte) { pointer throws(SystemError) in
          try unsafe buffer.copyIn(to: pointer, offset: done, count: 1)
        }
      } catch {
        if done == 0 { throw error }
        break
      }
      if arrive(byte, at: terminal) {
        done &+= 1
      } else {
        if done > 0 { break }
        let reason = context.scheduler.block(
          .waitingForPipe, on: reference(to: &terminal.value.master.writers))
        if reason == .cancelled { throw .cancelled }
        guard terminal.value.handles > 0 else { throw .peerGone }
      }
    }
    if done > 0 { inputChanged(at: terminal) }
    return done
  }
}
