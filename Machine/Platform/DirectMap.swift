// The direct map: the first 512 MiB of physical memory, at 0xC0000000 in every address space.
//
// Invariant: page tables, kernel objects and the frame records live in it; frames above it are reached through
// temporary windows only.

import MachineSupport
import Primitives

public enum DirectMap {
  public static var start: UInt32 { 0xc000_0000 }
  public static var length: UInt32 { 0x2000_0000 }
  /// The first frame that the direct map does not reach.
  public static var endFrame: FrameNumber { FrameNumber(length >> 12) }

  @inline(__always)
  public static func address(of physical: PhysicalAddress) -> UInt32 {
    start &+ UInt32(truncatingIfNeeded: physical.value)
  }

  @inline(__always)
  public static func address(of frame: FrameNumber) -> UInt32 { start &+ (frame.value &<< 12) }

  @inline(__always)
  public static func frame(of address: UInt32) -> FrameNumber { FrameNumber((address &- start) &>> 12) }

  @inline(__always)
  public static func pointer<T: ~Copyable>(_ address: UInt32, as type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    UnsafeMutablePointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }
}
