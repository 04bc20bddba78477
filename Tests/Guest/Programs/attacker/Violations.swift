// What a program in Ring 3 cannot do whatever rights it has: each ends the process that commits it.

import ABI
import Primitives
import Runtime
import SDK
import UserSupport

enum Violations {
  private static var names: [StaticString] {
    [
      "reading the kernel's memory", "writing the kernel's memory", "writing the page of system calls",
      "calling the kernel",
      "reading a port", "turning interrupts off", "halting the processor", "loading the kernel's code selector",
      "setting breakpoints for all", "asking where the kernel's tables are",
    ]
  }

  static func commit(_ name: Bytes) -> Int32 {
    guard let number = name.number else { return 2 }
    switch number {
    case 0: return Int32(bitPattern: volatile_read(0xc010_0000) & 1)
    case 1: volatile_write(0xc010_0000, 0)
    case 2: volatile_write(0xbfff_f000, 0)
    case 3: call_address(0xc010_0000)
    case 4: return Int32(port_read(0x64) & 1)
    case 5: disable_interrupts()
    case 6: halt()
    case 7: fault_in_kernel_segment()
    case 8: set_breakpoints(0x40_0000, 0xbfff_f000)
    case 9: return Int32(bitPattern: read_descriptor_table().base & 1)
    default: return 2
    }
    return 0
  }

  static func tryAll(_ attempts: inout Attempts) {
    for (number, name) in names.enumerated() {
      var list = WordList()
      list.append("attacker")
      list.append("fault")
      list.append([0x30 + UInt8(number)])
      let child = try? Process.start(Bytes("/extra/attacker"), arguments: list)
      var isEnded = false
      if let outcome = try? child?.wait(), case .faulted = outcome { isEnded = true }
      attempts.judge(name, isRefused: isEnded)
    }
  }
}
