// Lab 1: a program that reads a word of memory for its user, whatever ring it runs in.
//
//     lab1 peek ADDRESS      reads it itself, where its ring allows that
//     lab1 borrow ADDRESS    has a thread in Ring 0 read it

import ABI
import Primitives
import SDK
import UserSupport

@main
struct Rings: Program {
  /// The kernel's half of every address space: Ring 3 may not touch it.
  private static var kernelStart: UInt32 { 0xc000_0000 }

  static func run() -> Int32 {
    guard ProgramInformation.argumentCount == 3, let address = ProgramInformation.argument(2).number else { return 2 }
    if ProgramInformation.argument(1) == "peek" { return peek(address) }
    if ProgramInformation.argument(1) == "borrow" { return borrow(address) }
    return 2
  }

  private static func peek(_ address: UInt32) -> Int32 {
    // To do: in Ring 3 a read of the kernel's memory ends the program. Find out the ring first, and say
    // `Ring 3 may not read 0x…` and return 3 where it is 3. `read_code_segment()` reads CS.
    report(address, holds: volatile_read(address))
    return 0
  }

  private static func borrow(_ address: UInt32) -> Int32 {
    // To do: start a thread with the flag `.ring0`, have it read the word, wait for it, and report.
    2
  }

  private static func report(_ address: UInt32, holds word: UInt32) {
    Console.write {
      $0.write(hexadecimal: address)
      $0.write(" holds ")
      $0.write(hexadecimal: word)
      $0.write("\n")
    }
  }
}
