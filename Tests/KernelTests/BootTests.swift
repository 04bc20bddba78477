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

    /// An option with a slip of the pen is one that is off, and nothing else would tell.
    @Test(
      arguments: [
        ("modules=off heap=guarded windows=always", nil), ("modulse=off", "modulse=off;"),
        ("modules=maybe heap", "modules=maybe, heap;"),
      ] as [(String, String?)])
    func unknownOptionsAreTold(options: String, told: String?) {
      let result = HostedKernel(options: options).run { _ in 3 }
      #expect(result.status == 3, "\(result.text)")
      #expect(result.text.contains("boot: options that are not known") == (told != nil), "\(result.text)")
      if let told { #expect(result.text.contains("not known: \(told) there are check=memory, "), "\(result.text)") }
    }
  }
}
