// The state of this library: what is printed where, and what is known of the kernel's own code for reports.

import Diagnostics
import Drivers
import MachineSupport
import Platform
import Primitives

package struct ConsoleState: ~Copyable {
  package var console: Console
  /// Off while the screen is in text mode (Image/Boot/Screen.swift).
  package var pixels = PixelScreen<MachineMemory>()
  package var log: Log
  /// The kernel's own symbols; nil where the image carries none.
  package var symbols: SymbolTable?
  package var recentFailure = RecentFailure()

  @inline(never)
  package init(_ context: Context) {
    console = Console(context)
    let bytes = unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(bitPattern: UInt(address_of_log_storage())), count: 32768)
    log = unsafe Log(buffer: bytes).unsafelyUnwrapped
  }
}

extension Context {
  package var consoles: ConsoleState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .consoles)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .consoles) }
  }
}
