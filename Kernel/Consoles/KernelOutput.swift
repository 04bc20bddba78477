// Where the kernel's own messages go.
//
// Invariant: writing neither allocates nor waits, so a panic can do it.

import Diagnostics
import Platform
import Primitives

/// Kernel messages: to the log, and to the console.
package struct KernelOutput: TextOutput {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  // Not inlined: it would be, into each of the many functions that write text.
  @inline(never)
  package mutating func write(byte: UInt8) {
    context.consoles.log.write(byte: byte)
    context.consoles.console.write(byte: byte)
  }
}

/// Kernel messages that only `dmesg` shows.
package struct LogOutput: TextOutput {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  @inline(never)
  package mutating func write(byte: UInt8) { context.consoles.log.write(byte: byte) }
}
