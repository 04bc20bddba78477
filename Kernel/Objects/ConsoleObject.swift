// The console and the null device as objects.
//
// Invariants:
// - Input that cannot be delivered is not taken, and none by whose it is not (ConsoleInput.swift).
// - A long text is written in pieces, between which interrupts come, and cut short where somebody else is due.

import ABI
import Consoles
import Diagnostics
import MachineSupport
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct ConsoleObject {
  private let context: Context

  private init(_ context: Context) { self.context = context }

  static func enter(into kinds: inout ObjectTable) {
    var input = ObjectOperations()
    input.read = { (context, _, buffer) throws(SystemError) in try ConsoleObject(context).read(into: buffer) }
    input.isStream = true
    kinds.enter(.consoleInput, input)
    var output = ObjectOperations()
    output.write = { (context, _, buffer) throws(SystemError) in try ConsoleObject(context).write(buffer) }
    output.isStream = true
    kinds.enter(.consoleOutput, output)
    var null = ObjectOperations()
    null.read = { (_, _, _) throws(SystemError) in 0 }
    null.write = { (_, _, buffer) throws(SystemError) in
      // The bytes vanish, but they must be the caller's.
      try buffer.checkReadable()
      return buffer.length
    }
    null.isStream = true
    kinds.enter(.nullDevice, null)
  }

  /// Waits for input and takes what is there.
  private func read(into buffer: UserBuffer) throws(SystemError) -> UInt32 {
    if buffer.length == 0 { return 0 }
    // Input that cannot be delivered must not be taken: try the buffer's first byte before.
    var probe: UInt8 = 0
    unsafe try withUnsafeMutablePointer(to: &probe) { pointer throws(SystemError) in
      unsafe try buffer.copyIn(to: pointer, count: 1)
      unsafe try buffer.copyOut(from: pointer, count: 1)
    }
    while !context.consoles.console.hasInput || !ConsoleInput(context).isOwner(context.currentProcess) {
      let reason = context.scheduler.block(.waitingForInput, on: reference(to: &context.consoles.console.readers))
      if reason == .cancelled { throw .cancelled }
    }
    let lost = context.consoles.console.takeLoss()
    if lost > 0 {
      var output = KernelOutput(context)
      output.write("console: at least ")
      output.write(decimal: lost)
      output.write(" bytes of what was typed were lost\n")
    }
    var done: UInt32 = 0
    while done < buffer.length, var byte = context.consoles.console.takeInput() {
      unsafe try withUnsafePointer(to: &byte) { pointer throws(SystemError) in
        unsafe try buffer.copyOut(from: pointer, offset: done, count: 1)
      }
      done += 1
    }
    return done
  }

  /// Returns how much was written.
  private func write(_ buffer: UserBuffer) throws(SystemError) -> UInt32 {
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
      context.consoles.console.write(chunk.span.extracting(first: Int(count)))
      done += count
      // A long text is cut short where somebody else is due.
      allow_interrupts()
      if context.processor.pendingWork != 0 { break }
    }
    return done
  }
}
