// Misuses its own heap, to show what the heap says.
//
//     heapabuse double-free|foreign|inside|overflow|use-after-free
//
// The first three are always found. The others are found where the heap is guarded: `run --guard-heap heapabuse ...`.
// The exit status is 134 where the heap ended the program, and 0 where nothing was noticed.

import Primitives
import SDK
import UserSupport

@main
struct HeapAbuse: Program {
  static func run() -> Int32 {
    let kind = ProgramInformation.argumentCount == 2 ? ProgramInformation.argument(1) : Bytes("")
    let block = UnsafeMutableRawPointer.allocate(byteCount: 40, alignment: 16)
    let address = UInt32(UInt(bitPattern: block))
    if kind == "double-free" {
      unsafe block.deallocate()
      unsafe block.deallocate()
    } else if kind == "foreign" {
      unsafe UnsafeMutableRawPointer(bitPattern: 0x2000_0000 as UInt)!.deallocate()
    } else if kind == "inside" {
      unsafe (block + 4).deallocate()
    } else if kind == "overflow" {
      volatile_write(address + 40, 0x5555_5555)
      unsafe block.deallocate()
    } else if kind == "use-after-free" {
      unsafe block.deallocate()
      volatile_write(address + 8, 0x5555_5555)
      for _ in 0..<100 { unsafe keep(UnsafeMutableRawPointer.allocate(byteCount: 40, alignment: 16)) }
    } else {
      Console.complain("usage: heapabuse double-free|foreign|inside|overflow|use-after-free\n")
      return 2
    }
    Console.write("heapabuse: nothing was noticed\n")
    return 0
  }

  /// The compiler must not see that nobody uses the memory.
  @inline(never)
  @unsafe
  private static func keep(_ pointer: UnsafeMutableRawPointer) {
    unsafe pointer.storeBytes(of: 1, as: UInt8.self)
  }
}
