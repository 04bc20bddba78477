// The console: a long text keeps nobody else from the processor.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Console {
    /// A text of 64 KiB takes as many calls as its writer has turns.
    @Test func aLongTextIsWrittenInParts() {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.step = 0
      var rounds = 0
      var longest: Int32 = 0
      let peer = kernel.address { caller in
        while true {
          rounds += 1
          caller.call(.yield)
        }
      }
      let length: UInt32 = 65_536
      let result = kernel.run { caller in
        let thread = caller.startThread(peer)
        let address = UInt32(caller.call(.memoryMap, 0, length, 3)) << 12
        for page in 0..<length / 4096 {
          caller.write((0..<4096).map { $0 % 64 == 63 ? 0x0a : 0x61 }, at: address + page * 4096)
        }
        var done: UInt32 = 0
        while done < length {
          let written = caller.call(.write, 1, address + done, length - done)
          guard written > 0 else { return 1 }
          longest = max(longest, written)
          done += UInt32(written)
        }
        caller.call(.kill, UInt32(thread), 0)
        return 0
      }
      #expect(result.status == 0)
      #expect(result.text.utf8.filter { $0 == 0x61 }.count >= 64_512)
      #expect(rounds > 5 && longest < 16_384, "\(rounds) rounds, \(longest) bytes in one call")
    }
  }
}
