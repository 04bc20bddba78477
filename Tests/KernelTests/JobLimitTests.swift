// Limits of jobs, one step at a time: whatever a start needs is refused by the limit that stops it, and leaves nothing.

import ABI
import MachineSupport
import Testing

extension KernelTests {
  @Suite struct JobLimits {
    /// Starts a program in a job with each limit from nothing to enough: refused with `limitReached` until it is enough, and
    /// nothing is lost either way. A program that is at its limit ends by its first touch of one more page.
    @Test(arguments: Processes.kinds)
    func everyLimit(flags: StartFlags) {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        let pipe = caller.call(.pipeCreate, Caller.data)
        let page = caller.call(.memoryMap, 0, 4096, MemoryPermissions([.read, .write]).rawValue)
        let thread = caller.startThread(0x1000)
        return page < 0 || pipe < 0 || thread < 0 ? 7 : 0
      }
      let result = kernel.run { caller in
        var refused = 0
        var started = 0
        _ = caller.wait(caller.start("/bin/child", flags))
        let before = caller.memoryInformation().free
        for pages in 1...24 as ClosedRange<UInt32> {
          var limits = JobAmounts()
          limits.pages = pages
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        for bytes in stride(from: UInt32(64), to: 80_000, by: 331) {
          var limits = JobAmounts()
          limits.kernelBytes = bytes
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        for tasks in 1...3 as ClosedRange<UInt32> {
          var limits = JobAmounts()
          limits.tasks = tasks
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        func count(_ child: Int32) {
          if child < 0 {
            #expect(child == SystemError.limitReached.rawValue)
            refused += 1
          } else {
            #expect(caller.wait(child) != nil)
            started += 1
          }
        }
        #expect(refused > 20 && started > 20)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Limits need a job of their own; jobs lie only so deep in each other.
    @Test func whatIsRefused() {
      let kernel = HostedKernel()
      kernel.add("/bin/deep") { caller in
        let child = caller.start("/bin/deep", .ownJob)
        guard child >= 0 else { return child == SystemError.limitReached.rawValue ? 1 : 99 }
        return (caller.wait(child)?.status ?? 98) + 1
      }
      let result = kernel.run { caller in
        var limits = JobAmounts()
        limits.tasks = 1
        #expect(caller.start("/bin/deep", limits: limits) == SystemError.badArgument.rawValue)
        #expect(caller.startThread(0x1000, .ownJob) == SystemError.badArgument.rawValue)
        #expect(caller.wait(caller.start("/bin/deep"))?.status == 8)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
