// Room for values whose addresses the kernel keeps in 32 bits, for tests of a library that has no kernel around it.

import Foundation
import MachineLayout

public final class LowMemory {
  private let start: UnsafeMutableRawPointer
  private var used = 0
  private static var size: Int { 1 << 21 }

  public init() {
    guard let memory = allocate_low(Self.size) else { fatalError("no memory at a low address") }
    start = memory
  }

  deinit { munmap(start, Self.size) }

  /// Room for one value, uninitialized, as long as this object lives.
  public func allocate<Value: ~Copyable>(_ type: Value.Type = Value.self) -> UnsafeMutablePointer<Value> {
    used = (used + 15) & ~15
    let place = start + used
    used += MemoryLayout<Value>.size
    precondition(used <= Self.size, "no room at low addresses is left")
    return place.assumingMemoryBound(to: Value.self)
  }
}
