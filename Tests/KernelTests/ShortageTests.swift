// Memory that runs out at every allocation: each call that fails says so, and leaves nothing behind.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Shortage {
    /// What is tried with the n-th allocation failing, until it succeeds.
    static func everyAllocation(of what: KernelTest, _ flags: StartFlags, _ body: @escaping (Caller) -> Int32) -> (
      HostedKernel.Result, failures: Int
    ) {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.add("/bin/child") { caller in caller.wait() == nil ? 0 : 1 }
      let thread = kernel.address { _ in 0 }
      #expect(thread != 0)
      var failures = 0
      let result = kernel.run { caller in
        // Whatever is kept for later is there from the first time on.
        _ = body(caller)
        for count in 1...400 as ClosedRange<UInt32> {
          let before = caller.memoryInformation().free
          caller.call(.kernelTest, what.rawValue, count)
          let result = body(caller)
          let left = caller.call(.kernelTest, what.rawValue, 0)
          let after = caller.memoryInformation()
          #expect(after.free == before && after.discrepancies == 0, "allocation \(count) of \(what)")
          if left > 0 { return 0 }
          failures += result < 0 ? 1 : 0
          #expect(
            result >= 0 || result == SystemError.outOfMemory.rawValue, "allocation \(count) of \(what): \(result)")
        }
        return 1
      }
      return (result, failures)
    }

    @Test(arguments: [KernelTest.failFrame, .failHeap], Processes.kinds)
    func startingAProcess(what: KernelTest, flags: StartFlags) {
      let (result, failures) = Self.everyAllocation(of: what, flags) { caller in
        let child = caller.start("/bin/child", flags)
        guard child >= 0 else { return child }
        // Its own first touches may be what fails.
        _ = caller.wait(child)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(failures > 1)
    }

    /// What a process that has ended leaves running is not spared with what the first process started itself, though both are
    /// its children then.
    @Test func orphansEndBeforeTheShell() {
      let kernel = HostedKernel()
      func holdPages(_ count: UInt32, _ caller: Caller) {
        let start = UInt32(caller.call(.memoryMap, 0, count << 12, MemoryPermissions([.read, .write]).rawValue)) << 12
        for page in 0..<count { caller.write(UInt32(1), at: start + page << 12) }
      }
      kernel.add("/bin/orphan") { caller in
        holdPages(10, caller)
        while true { caller.sleep(1_000_000_000) }
      }
      kernel.add("/bin/parent") { caller in caller.start("/bin/orphan") }
      kernel.add("/bin/shell") { caller in
        let parent = caller.start("/bin/parent")
        guard caller.wait(parent) != nil else { return 1 }
        holdPages(50, caller)
        while true { caller.sleep(1_000_000_000) }
      }
      var firstToEnd: TaskOutcome?
      let result = kernel.run { caller in
        let shell = caller.start("/bin/shell")
        caller.sleep(100_000_000)
        let size = caller.memoryInformation(check: false).free << 12 + 1 << 20
        let start = UInt32(caller.call(.memoryMap, 0, size, MemoryPermissions([.read, .write]).rawValue)) << 12
        for page in 0..<size >> 12 where firstToEnd == nil {
          caller.write(UInt32(1), at: start + page << 12)
          firstToEnd = caller.wait(0, .noWait)
        }
        #expect(firstToEnd != nil && firstToEnd?.task != UInt32(shell))
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(firstToEnd?.kind == OutcomeKind.outOfMemory.rawValue)
      #expect(result.text.contains("\"orphan\" is ended"), "\(result.text)")
    }

    @Test(arguments: [KernelTest.failFrame, .failHeap])
    func mappingMemory(what: KernelTest) {
      let (result, failures) = Self.everyAllocation(of: what, []) { caller in
        let page = caller.call(.memoryMap, 0, 65536, MemoryPermissions([.read, .write]).rawValue)
        guard page >= 0 else { return page }
        let address = UInt32(page) << 12
        let text = caller.call(.clock, address + 40_000)
        caller.call(.memoryUnmap, address, 65536)
        return text
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(failures > 0)
    }

    @Test(arguments: [KernelTest.failFrame, .failHeap])
    func publishingAService(what: KernelTest) {
      let (result, failures) = Self.everyAllocation(of: what, []) { caller in
        let endpoint = caller.publish("a")
        guard endpoint >= 0 else { return endpoint }
        let handle = caller.open(service: "a")
        if handle >= 0 { caller.call(.close, UInt32(handle)) }
        caller.call(.close, UInt32(endpoint))
        return handle
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(failures >= (what == .failHeap ? 1 : 0))
    }
  }
}
