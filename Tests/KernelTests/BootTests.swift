// The kernel's boot and its first process, in a test process.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Boot {
    @Test func theFirstProcessRuns() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let text = caller.place("hello\n")
        #expect(caller.call(.write, 1, text.address, text.length) == 6)
        return 7
      }
      #expect(result.status == 7, "\(result.text)")
      #expect(result.text.contains("Megha"))
      #expect(result.text.contains("hello\r\n") || result.text.contains("hello\n"), "\(result.text)")
    }
  }
}
