// Calls about memory, and first touches.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum MemoryCases {
  /// Far from all other mappings, so that page tables have to be made.
  private static var place: UInt32 { 0x6000_0000 }

  static func run(_ sweep: inout Sweep, _ scratch: Scratch) {
    let readWrite: MemoryPermissions = [.read, .write]
    sweep.run("memoryMap", undo: { _ in _ = SystemCalls.memoryUnmap(place, 3 * 4096) }) { arm in
      arm()
      return min(SystemCalls.memoryMap(place, 3 * 4096, readWrite), 0)
    }
    sweep.run("memoryMap, first touch in a thread", undo: { _ in }) { arm in
      let outcome = inThread {
        arm()
        guard SystemCalls.memoryMap(place, 4096, readWrite) >= 0 else { return SystemError.outOfMemory.rawValue }
        volatile_write(place, 1)
        return 0
      }
      _ = SystemCalls.memoryUnmap(place, 4096)
      return outcome
    }
    sweep.run("memoryMap, first touch by the kernel", undo: { _ in }) { arm in
      guard SystemCalls.memoryMap(place, 4096, readWrite) >= 0 else { return SystemError.badArgument.rawValue }
      arm()
      let result = unsafe SystemCalls.clock(UnsafeMutablePointer(bitPattern: UInt(place))!)
      _ = SystemCalls.memoryUnmap(place, 4096)
      return result
    }
    sweep.run("memoryUnmap of the middle") { arm in
      guard SystemCalls.memoryMap(place, 3 * 4096, readWrite) >= 0 else { return SystemError.badArgument.rawValue }
      volatile_write(place + 4096, 1)
      arm()
      let result = SystemCalls.memoryUnmap(place + 4096, 4096)
      return finish(result)
    }
    sweep.run("memoryProtect of the middle") { arm in
      guard SystemCalls.memoryMap(place, 3 * 4096, readWrite) >= 0 else { return SystemError.badArgument.rawValue }
      volatile_write(place + 4096, 1)
      arm()
      return finish(SystemCalls.memoryProtect(place + 4096, 4096, .read))
    }
    sweep.run("memoryInformation with proof") { arm in
      arm()
      return unsafe SystemCalls.memoryInformation(scratch.structure(), .check)
    }
    sweep.run("memoryRegion") { arm in
      arm()
      return unsafe SystemCalls.memoryRegion(0, 0, scratch.structure())
    }
    sweep.run("heapInformation") { arm in
      arm()
      return unsafe SystemCalls.heapInformation(0, scratch.structure())
    }
    share(&sweep)
    sweep.run("first use of the x87 registers") { arm in
      inThread {
        arm()
        return square_root(Double(opaque(16))) == 4 ? 0 : -1
      }
    }
  }

  /// Removes the three pages, which needs no memory.
  private static func finish(_ result: Int32) -> Int32 {
    _ = SystemCalls.memoryUnmap(place, 3 * 4096)
    return result
  }

  private static func share(_ sweep: inout Sweep) {
    sweep.run("memoryShare of untouched pages") { arm in
      guard let child = TaskCases.sleeper(), SystemCalls.memoryMap(place, 3 * 4096, [.read, .write]) >= 0 else {
        return SystemError.badArgument.rawValue
      }
      arm()
      let result = SystemCalls.memoryShare(child.number, place, 3 * 4096, .read)
      _ = try? child.kill(status: 0)
      _ = try? child.wait()
      return finish(min(result, 0))
    }
  }
}
