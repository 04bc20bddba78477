// Lab 7: a driver for QEMU's device `edu`, as a process. It serves the name `edu`.
//
//     operation 0   word 0 is the identification register, at 0
//     operation 1   word 0 goes to the register at 4; the reply's word 0 is what that holds then
//     operation 2   word 0 is the factorial of the request's word 0, computed by the device
//     operation 3   has the device interrupt, with the request's word 0 in the register at 0x60. The reply's word 0 is what
//                   the register at 0x24 said in the interrupt, and word 1 how many interrupts there have been.

import ABI
import Primitives
import SDK
import ServiceSupport
import UserSupport

@main
struct Edu: Program {
  static func run() -> Int32 {
    do throws(SystemError) {
      guard let place = try PciBus().find(vendor: 0x1234, device: 0x11e8) else {
        Console.write("edu: there is no such device\n")
        return 1
      }
      // Its registers, 1 MiB of memory at its first base address.
      let registers = try DeviceMemory(at: place.baseAddress, length: 0x1000)
      var server = try ServiceServer("edu")
      while true {
        try server.answerNext { request in
          switch request.operation {
          case 0: request.reply[0] = read(registers, 0)
          // To do: operations 1, 2 and 3. The device raises the line `place.line`; `ClaimedLine` has it set bits of a
          // `Notification`.
          default: request.reply[0] = unknownOperation
          }
        }
      }
    } catch {
      Console.write {
        $0.write("edu: ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }

  private static func read(_ registers: DeviceMemory, _ offset: UInt32) -> UInt32 {
    volatile_read(registers.address + offset)
  }

  private static func write(_ registers: DeviceMemory, _ offset: UInt32, _ value: UInt32) {
    volatile_write(registers.address + offset, value)
  }
}
