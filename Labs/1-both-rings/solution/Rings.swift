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
    // The current privilege level is in the low two bits of CS (Intel SDM Vol. 3, 5.5).
    if read_code_segment() & 3 == 3, address >= kernelStart {
      Console.write {
        $0.write("Ring 3 may not read ")
        $0.write(hexadecimal: address)
        $0.write("\n")
      }
      return 3
    }
    report(address, holds: volatile_read(address))
    return 0
  }

  private static func borrow(_ address: UInt32) -> Int32 {
    do throws(SystemError) {
      // The thread is in this address space: what it reports is seen here, and by whoever reads the console.
      let thread = try Thread.start(StartOptions(flags: .ring0)) {
        report(address, holds: volatile_read(address))
        return 0
      }
      return try thread.join() == .exited(status: 0) ? 0 : 1
    } catch {
      Console.write {
        $0.write("No thread in Ring 0: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
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
