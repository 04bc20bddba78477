// Reads its code segment, then a word of the kernel's memory: Ring 3 may not, Ring 0 may.

import Primitives
import SDK
import UserSupport

@main
struct Look: Program {
  static func run() -> Int32 {
    Console.write {
      $0.write("CS is ")
      $0.write(hexadecimal: read_code_segment(), digits: 2)
      $0.write("\n")
    }
    _ = volatile_read(0xc000_1000)
    Console.write("the kernel's memory can be read\n")
    return 0
  }
}
