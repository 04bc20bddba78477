// Reading from a terminal and writing to it.
//
// Invariants:
// - Who reads treats what was typed (LineDiscipline), a few bytes at a time, between which interrupts come and others run. What is
//   there is looked at behind the last of those places, so that nothing that came meanwhile is slept over.
// - A long text is written in pieces, between which interrupts come, and cut short where somebody else is due.

import ABI
import Consoles
import MachineSupport
import Platform
import Primitives
import Scheduling
import Terminals
import VirtualMemory

extension Terminals {
  // MARK: Reading

  func read(_ terminal: Reference<Terminal>, into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    if buffer.length == 0 { return 0 }
    // Input that cannot be delivered must not be taken: try the buffer's first byte before.
    var probe: UInt8 = 0
    unsafe try withUnsafeMutablePointer(to: &probe) { pointer throws(SystemError) in
      unsafe try buffer.copyIn(to: pointer, count: 1)
      unsafe try buffer.copyOut(from: pointer, count: 1)
    }
    terminal.value.waiting &+= 1
    defer {
      terminal.value.waiting &-= 1
      freeIfUnused(terminal)
    }
    guard let count = try waitForInput(at: terminal, for: Int(min(buffer.length, TerminalLimits.capacity))) else {
      return 0
    }
    if terminal.value.isConsole { sayLoss() }
    return try take(min(count, Int(clamping: buffer.length)), from: terminal, buffer)
  }

  /// Waits until there is something for a reader of so many bytes. Returns how much; nil: there is nothing to wait for.
  private func waitForInput(at terminal: Reference<Terminal>, for wanted: Int) throws(SystemError) -> Int? {
    var deadline: UInt64?
    var before = -1
    while true {
      if isForeground(context.currentProcess, of: terminal) {
        advance(terminal, for: wanted)
        if context.scheduler.current.value.isEnding { throw .cancelled }
        if let count = terminal.value.discipline.readable(for: wanted) { return count }
        if terminal.value.isHungUp { return nil }
        let settings = terminal.value.discipline.settings
        if !settings.modes.contains(.canonical) {
          let count = terminal.value.discipline.available
          if settings.minimum == 0, settings.time == 0 { return count }
          // The time runs from the start, or anew from each byte behind the first.
          if settings.time > 0, settings.minimum == 0 ? before < 0 : count > 0 && count != before {
            deadline = context.scheduler.deadline(after: UInt64(settings.time) * 1_000_000)
          }
          before = count
        } else {
          deadline = nil
        }
      } else if terminal.value.isHungUp {
        return nil
      }
      let reason = context.scheduler.block(
        .waitingForInput, on: reference(to: &terminal.value.readers), deadline: deadline)
      if reason == .cancelled { throw .cancelled }
      if reason == .timedOut { return terminal.value.discipline.available }
    }
  }

  /// How many bytes are treated between two looks at who is due.
  private static var partLength: Int { 32 }

  /// Treats what was typed, for a reader of so many bytes. Returns whether there was something; others may have run then.
  @discardableResult
  func advance(_ terminal: Reference<Terminal>, for wanted: Int) -> Bool {
    guard isForeground(context.currentProcess, of: terminal) else { return false }
    var hasAdvanced = false
    while !context.scheduler.current.value.isEnding {
      // What the console's ring holds beyond what the terminal had room for.
      if terminal.value.isConsole { takeTyped() }
      // What cannot be shown now is treated when it can.
      guard terminal.value.discipline.canAdvance(for: wanted), canEcho(at: terminal) else { break }
      var echo = Echo(terminals: self, terminal: terminal)
      terminal.value.discipline.advance(limit: Self.partLength, for: wanted, &echo)
      echo.flush()
      wakeMasterForRoom(of: terminal)
      hasAdvanced = true
      context.scheduler.preemptionPoint()
    }
    return hasAdvanced
  }

  /// Takes so many bytes that are there; 0 is the end of the input.
  private func take(
    _ wanted: Int, from terminal: Reference<Terminal>, _ buffer: UserBuffer
  ) throws(SystemError) -> UInt32 {
    var done: UInt32 = 0
    repeat {
      let count = try unsafe terminal.value.discipline.withPiece(limit: wanted - Int(done)) {
        bytes throws(SystemError) -> UInt32 in
        let count = UInt32(bytes.count)
        if let start = bytes.baseAddress, count > 0 {
          do throws(SystemError) { try unsafe buffer.copyOut(from: start, offset: done, count: count) } catch {
            // What was delivered is taken; the rest stays.
            if done == 0 { throw error }
            return 0
          }
        }
        return count
      }
      terminal.value.discipline.take(Int(count))
      if count == 0 { break }
      done &+= count
    } while Int(done) < wanted
    return done
  }

  private func sayLoss() {
    let lost = context.consoles.console.takeLoss()
    guard lost > 0 else { return }
    var output = KernelOutput(context)
    output.write("console: at least ")
    output.write(decimal: lost)
    output.write(" bytes of what was typed were lost\n")
  }

  // MARK: Writing

  func canWrite(to terminal: Reference<Terminal>) -> Bool {
    if terminal.value.discipline.isOutputStopped { return false }
    return terminal.value.isConsole || terminal.value.master.output.hasRoomForText
  }

  /// Returns how much was written.
  func write(_ buffer: UserBuffer, to terminal: Reference<Terminal>) throws(SystemError) -> UInt32 {
    if terminal.value.isHungUp { throw .peerGone }
    if !canWrite(to: terminal) { try waitUntilWritable(terminal) }
    var chunk = InlineArray<64, UInt8>(repeating: 0)
    var done: UInt32 = 0
    while done < buffer.length {
      var count = min(64, buffer.length - done)
      var failure: SystemError?
      var target = chunk.mutableSpan
      unsafe target.withUnsafeMutableBytes { bytes in
        do throws(SystemError) {
          unsafe try buffer.copyIn(to: bytes.baseAddress.unsafelyUnwrapped, offset: done, count: count)
        } catch { failure = error }
      }
      if let failure {
        if done == 0 { throw failure }
        break
      }
      // The end of a line may move the whole screen: no more than one at a time.
      for index in 0..<count where chunk[Int(index)] == 0x0a {
        count = index + 1
        break
      }
      let written = show(chunk.span.extracting(first: Int(count)), at: terminal)
      done += UInt32(written)
      // A long text is cut short where somebody else is due.
      allow_interrupts()
      if written < Int(count) || context.processor.pendingWork != 0 { break }
      if terminal.value.discipline.isOutputStopped { break }
    }
    return done
  }

  @inline(never)
  private func waitUntilWritable(_ terminal: Reference<Terminal>) throws(SystemError) {
    terminal.value.waiting &+= 1
    defer {
      terminal.value.waiting &-= 1
      freeIfUnused(terminal)
    }
    while !canWrite(to: terminal) {
      let reason = context.scheduler.block(.waitingForPipe, on: reference(to: &terminal.value.writers))
      if reason == .cancelled { throw .cancelled }
      if terminal.value.isHungUp { throw .peerGone }
    }
  }

  /// Shows a text at the terminal. Returns how many of its bytes there was room for.
  private func show(_ text: Span<UInt8>, at terminal: Reference<Terminal>) -> Int {
    if terminal.value.isConsole {
      context.consoles.console.write(text)
      return text.count
    }
    let returns = terminal.value.discipline.settings.modes.contains(.lineFeedReturns)
    var done = 0
    while done < text.count, terminal.value.master.output.put(text[done], returns: returns) { done += 1 }
    wakeMaster(of: terminal)
    return done
  }

  /// Whether there is room to show what is typed. Where nobody looks nothing has to be seen.
  private func canEcho(at terminal: Reference<Terminal>) -> Bool {
    terminal.value.isConsole || terminal.value.isHungUp || terminal.value.master.output.room >= Self.echoReserve
  }

  /// The room that a pseudo-terminal's output has before bytes are treated: what is shown beyond it is not seen.
  private static var echoReserve: Int { 512 }
}

extension ByteQueue {
  /// Whether the longest that one byte becomes has room.
  fileprivate var hasRoomForText: Bool { room >= 2 }

  /// Adds a byte of a text, all of what it becomes or nothing.
  fileprivate mutating func put(_ byte: UInt8, returns: Bool) -> Bool {
    guard hasRoomForText else { return false }
    if byte == 0x0a, returns { append(0x0d) }
    return append(byte)
  }
}

/// Shows what is typed where the terminal shows what is written.
private struct Echo: TerminalEcho {
  let terminals: Terminals
  let terminal: Reference<Terminal>
  private var bytes = InlineArray<64, UInt8>(repeating: 0)
  private var count = 0

  init(terminals: Terminals, terminal: Reference<Terminal>) {
    self.terminals = terminals
    self.terminal = terminal
  }

  mutating func show(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
    if count == 64 { flush() }
  }

  mutating func flush() {
    guard count > 0 else { return }
    terminals.echo(bytes.span.extracting(first: count), at: terminal)
    count = 0
  }
}

extension Terminals {
  fileprivate func echo(_ text: Span<UInt8>, at terminal: Reference<Terminal>) { _ = show(text, at: terminal) }
}
