// The kernel's boot and its first process, in a test process.

import ABI
@_spi(Entry) import Platform
import Scheduling
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

    @Test func recordsAndStacksLieElsewhereWithEachSeed() {
      var (stacks, records): (Set<UInt32>, Set<UInt>) = ([], [])
      for seed in 1...16 as ClosedRange<UInt64> {
        let kernel = HostedKernel(seed: seed)
        let result = kernel.run { _ in
          let task = Context().scheduler.current
          stacks.insert(task.value.kernelStackStart)
          records.insert(task.address)
          return 0
        }
        #expect(result.status == 0, "\(result.text)")
      }
      #expect(stacks.count >= 15 && records.count >= 8, "\(stacks.count) stacks, \(records.count) records")
    }

    /// An option with a slip of the pen is one that is off, and nothing else would tell.
    @Test(
      arguments: [
        ("modules=off heap=guarded windows=always seed=4294967295", nil), ("modulse=off", "modulse=off;"),
        ("modules=maybe heap", "modules=maybe, heap;"), ("seed=4294967296 seed=", "seed=4294967296, seed=;"),
      ] as [(String, String?)])
    func unknownOptionsAreTold(options: String, told: String?) {
      let result = HostedKernel(options: options).run { _ in 3 }
      #expect(result.status == 3, "\(result.text)")
      #expect(result.text.contains("boot: options that are not known") == (told != nil), "\(result.text)")
      if let told { #expect(result.text.contains("not known: \(told) there are check=memory, "), "\(result.text)") }
    }
  }
}
