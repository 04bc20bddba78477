// The module that failed last: what it had written by then may be what the kernel stumbles over next, whoever is at work.

import Primitives

/// Which module failed last, and when.
public struct RecentFailure: Sendable {
  private var module = ShortText()
  private var time: UInt64 = 0

  /// So long afterwards a panic is not put down to it any more, in nanoseconds.
  private static var memory: UInt64 { 60_000_000_000 }

  public init() {}

  public init(module: ShortText, time: UInt64) { (self.module, self.time) = (module, time) }

  /// Writes a line that names the module, where it failed shortly before `now`.
  public func write(at now: UInt64, to output: inout some TextOutput) {
    guard !module.isEmpty, now >= time, now &- time <= Self.memory else { return }
    output.write("module \"")
    module.write(to: &output)
    output.write("\" had failed ")
    output.write(decimal: (now &- time) / 1_000_000)
    output.write(" ms before; what it wrote until then may be the cause\n")
  }
}
