// Processes and threads of every kind: started, waited for, ended by themselves, by others and by faults.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Processes {
    /// The ways to start a task.
    static let kinds: [StartFlags] = [[], [.ring0], [.ring0, .sharedStack], [.ring0, .guarded]]

    @Test(arguments: kinds)
    func aChildEnds(flags: StartFlags) {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        #expect(caller.isRing0 == flags.contains(.ring0))
        return 42
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        for _ in 0..<20 {
          let child = caller.start("/bin/child", flags)
          #expect(child > 0)
          let outcome = caller.wait(child)
          #expect(outcome?.task == UInt32(child))
          #expect(outcome?.kind == OutcomeKind.exited.rawValue)
          #expect(outcome?.status == 42)
        }
        let after = caller.memoryInformation()
        #expect(after.free == before)
        #expect(after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test(arguments: kinds)
    func aFaultEndsItsTask(flags: StartFlags) {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        caller.write(UInt32(1), at: 0x1000_0000)
        return 0
      }
      let result = kernel.run { caller in
        let child = caller.start("/bin/child", flags)
        let outcome = caller.wait(child)
        #expect(outcome?.kind == OutcomeKind.faulted.rawValue)
        #expect(outcome?.status == 14)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(result.text.contains("page fault"), "\(result.text)")
    }

    @Test func threadsShareMemory() {
      let kernel = HostedKernel(seed: 7)
      let thread = kernel.address { caller in
        for _ in 0..<50 {
          let value = caller.word(at: Caller.data)
          caller.write(value + 1, at: Caller.data)
          caller.call(.yield)
        }
        return Int32(caller.argument)
      }
      let result = kernel.run { caller in
        var threads: [Int32] = []
        for (index, flags) in Self.kinds.enumerated() {
          threads.append(caller.startThread(thread, argument: UInt32(index), flags))
        }
        for (index, task) in threads.enumerated() { #expect(caller.wait(task)?.status == Int32(index)) }
        #expect(caller.word(at: Caller.data) == 200)
        #expect(caller.memoryInformation().discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func sleepersWakeInOrder() {
      let kernel = HostedKernel()
      var order: [UInt32] = []
      let sleeper = kernel.address { caller in
        caller.sleep(UInt64(caller.argument) * 1_000_000)
        order.append(caller.argument)
        return 0
      }
      let result = kernel.run { caller in
        let threads = [5, 3, 9, 1].map { caller.startThread(sleeper, argument: $0) }
        for thread in threads { #expect(caller.wait(thread)?.status == 0) }
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(order == [1, 3, 5, 9])
    }
  }
}
