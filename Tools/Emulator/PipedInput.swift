// What is piped into the command, on its way to the machine's serial port.
//
// QEMU gives the port a byte before the guest knows of it, and the kernel empties the port when it begins to use it: that byte is
// lost. So one that means nothing goes first.

import Foundation
import SystemPackage

#if canImport(Glibc)
  import Glibc
#endif

enum PipedInput {
  /// What no reader of keys takes for one.
  static let lead: [UInt8] = [0]

  /// Begins to hand on what comes, and closes `output` at its end.
  static func forward(to output: FileDescriptor) {
    // The machine may end before the input does; the write fails then.
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread {
      copy(from: .standardInput, to: output)
      try? output.close()
    }
  }

  static func copy(from input: FileDescriptor, to output: FileDescriptor) {
    var piece = lead
    repeat {
      guard (try? output.writeAll(piece)) != nil else { return }
      piece = [UInt8](repeating: 0, count: 4096)
      let count = (try? piece.withUnsafeMutableBytes { try input.read(into: $0) }) ?? 0
      piece.removeLast(piece.count - count)
    } while !piece.isEmpty
  }
}
