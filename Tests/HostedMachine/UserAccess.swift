// Accesses to the user half: through the page tables of the loaded directory, word by word as the processor walks them (Intel SDM Vol. 3,
// 4.4.2). An access that is not allowed is a page fault, which goes to the kernel's own handler.

import Foundation
import MachineLayout

/// Who accesses, and how.
public struct Access: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  // As in the error code of a page fault (Intel SDM Vol. 3, 4.7).
  public static let write = Access(rawValue: 2)
  public static let user = Access(rawValue: 4)
  public static let execute = Access(rawValue: 16)
  /// By a task's own code, in whatever ring. It is no bit of the error code.
  static let ownCode = Access(rawValue: 256)

  var errorCode: UInt32 { rawValue & 255 }
}

enum Translation {
  case physical(UInt64)
  /// The error code.
  case fault(UInt32)
}

extension HostedMachine {
  func translate(_ address: UInt32, _ access: Access) -> Translation {
    let memory = memory.unsafelyUnwrapped
    func word(_ physical: UInt64) -> UInt64 {
      precondition(physical + 8 <= memory.size, "a page table lies outside of the memory")
      return memory.bytes.load(fromByteOffset: Int(physical), as: UInt64.self)
    }
    let frames: UInt64 = 0xf_ffff_f000
    let pointer = word(UInt64(area.pointee.loaded_directory) + UInt64(address >> 30) * 8)
    guard pointer & 1 != 0 else { return .fault(access.errorCode) }
    let directory = word(pointer & frames + UInt64(address >> 21 & 511) * 8)
    guard directory & 1 != 0 else { return .fault(access.errorCode) }
    precondition(directory & 0x80 == 0, "a large page in the user half")
    let entry = word(directory & frames + UInt64(address >> 12 & 511) * 8)
    guard entry & 1 != 0 else { return .fault(access.errorCode) }
    let allowed = directory & entry
    // A guarded task's kernel works with CR0.WP off.
    let isWritable =
      allowed & 2 != 0 || access.isDisjoint(with: [.user, .ownCode]) && area.pointee.protection & 2 != 0
    guard allowed & 4 != 0 || !access.contains(.user), isWritable || !access.contains(.write),
      entry >> 63 == 0 || !access.contains(.execute)
    else { return .fault(access.errorCode | 1) }
    return .physical(entry & frames + UInt64(address & 4095))
  }

  /// Calls `body` with each part of a range that lies in one page. What faults goes to `resolve`, which returns false where the
  /// access is given up. Returns how many bytes are left then.
  private func forEachPart(
    of address: UInt32, _ count: UInt32, _ access: Access, _ resolve: (UInt32, UInt32) -> Bool,
    _ body: (UnsafeMutableRawPointer, Int, Int) -> Void
  ) -> UInt32 {
    let memory = memory.unsafelyUnwrapped
    var done: UInt32 = 0
    while done < count {
      let position = address &+ done
      let part = min(count - done, 4096 - position & 4095)
      switch translate(position, access) {
      case .physical(let place):
        guard place + UInt64(part) <= memory.size else { return count - done }
        body(memory.bytes + Int(place), Int(done), Int(part))
        done += part
      case .fault(let code):
        guard resolve(position, code) else { return count - done }
      }
    }
    return 0
  }

  // MARK: The kernel's copies

  private func resolveForKernel(_ address: UInt32, _ code: UInt32) -> Bool {
    controls.cr2 = address
    var frame = trap_frame()
    frame.vector = 14
    frame.error = code
    frame.cs = UInt32(SELECTOR_KERNEL_CODE)
    frame.eip = ImageAddress.copy
    frame.eflags = 2
    frame.registers.segments = UInt32(SELECTOR_USER_DATA) << 16 | UInt32(SELECTOR_USER_DATA)
    withUnsafeMutablePointer(to: &frame) { trapHandler($0) }
    return frame.eip == ImageAddress.copy
  }

  /// One side lies in the kernel's memory, the other in the user half of the loaded directory.
  func copyForKernel(to: UInt, from: UInt, _ count: UInt32) -> UInt32 {
    if to < HostedMemory.kernelHalf {
      return forEachPart(of: UInt32(to), count, .write, resolveForKernel) { place, done, part in
        memmove(place, UnsafeRawPointer(bitPattern: from + UInt(done)).unsafelyUnwrapped, part)
      }
    }
    if from < HostedMemory.kernelHalf {
      return forEachPart(of: UInt32(from), count, [], resolveForKernel) { place, done, part in
        memmove(UnsafeMutableRawPointer(bitPattern: to + UInt(done)).unsafelyUnwrapped, place, part)
      }
    }
    memmove(
      UnsafeMutableRawPointer(bitPattern: to).unsafelyUnwrapped, UnsafeRawPointer(bitPattern: from).unsafelyUnwrapped,
      Int(count))
    return 0
  }

  // MARK: A task's own accesses

  /// Reads or writes the current task's memory as its own code would. `frame` is what a page fault interrupts; it does not come
  /// back where that ends the task.
  public func touch(
    _ address: UInt32, _ bytes: UnsafeMutableRawBufferPointer, writes: Bool, as frame: trap_frame
  ) {
    let isUser = frame.cs & 3 != 0
    let access = Access(rawValue: (writes ? 2 : 0) | (isUser ? 4 : 0)).union(.ownCode)
    let left = forEachPart(
      of: address, UInt32(bytes.count), access,
      { position, code in
        self.controls.cr2 = position
        var frame = frame
        frame.vector = 14
        frame.error = code
        withUnsafeMutablePointer(to: &frame) { self.trapHandler($0) }
        return true
      },
      { place, done, part in
        let own = bytes.baseAddress.unsafelyUnwrapped + done
        if writes { memmove(place, own, part) } else { memmove(own, place, part) }
      })
    precondition(left == 0, "a page table names a frame outside of the memory")
  }
}
