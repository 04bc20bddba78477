// Processes that are stopped run none of their own code until they are told to go on, and can be ended.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Stops {
    private static func stop(_ caller: Caller, _ process: Int32) -> Int32 {
      caller.call(.processStop, UInt32(bitPattern: process), 1)
    }
    private static func goOn(_ caller: Caller, _ process: Int32) -> Int32 {
      caller.call(.processStop, UInt32(bitPattern: process), 0)
    }

    /// One with threads that come and go: nothing of it runs, also no thread or child that it was about to start.
    @Test(arguments: 0..<24)
    func nothingRuns(seed: Int) {
      let kernel = HostedKernel(seed: UInt64(seed) + 1)
      kernel.preemptions = 40
      kernel.kernelPreemptions = 30
      var steps = 0
      let thread = kernel.address { caller in
        for _ in 0..<10 {
          steps += 1
          caller.call(.yield)
        }
        return 0
      }
      kernel.add("/bin/child") { caller in
        steps += 1
        caller.call(.yield)
        steps += 1
        return 0
      }
      kernel.add("/bin/worker") { caller in
        while true {
          steps += 1
          let started = caller.startThread(thread, Processes.kinds[seed % 4])
          if started > 0 { _ = caller.wait(started) }
          if steps % 3 == 0, caller.start("/bin/child") > 0 { _ = caller.wait() }
        }
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let worker = caller.start("/bin/worker", Processes.kinds[seed / 4 % 4])
        for round in 0..<8 {
          let last = steps
          caller.sleep(UInt64(seed * 7_000 + round * 50_000 + 300_000))
          #expect(steps > last)
          #expect(Self.stop(caller, worker) == 0)
          // A child that runs already is not its parent.
          caller.sleep(500_000)
          let stopped = steps
          caller.sleep(2_000_000)
          #expect(steps == stopped, "it ran while it was stopped")
          if round % 3 == 0 { #expect(Self.stop(caller, worker) == 0) }
          #expect(Self.goOn(caller, worker) == 0)
          caller.goOnWithChildren(of: worker)
        }
        #expect(Self.stop(caller, worker) == 0)
        caller.call(.kill, UInt32(worker), 5)
        #expect(caller.wait(worker)?.status == 5)
        while caller.wait() != nil {}
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Who calls a stopped server waits, in each form, and has its answer once the server goes on; a stopped caller takes its own
    /// later.
    @Test(arguments: 0..<8)
    func conversationsWait(seed: Int) {
      let kernel = HostedKernel(seed: UInt64(seed) + 1)
      kernel.preemptions = 30
      var answers = 0
      kernel.add("/bin/server") { caller in
        caller.serveInRegisters(caller.publish("echo"), room: 256) { message in
          message.dataLength = 0
          return true
        }
        return 0
      }
      kernel.add("/bin/client") { caller in
        var handle: Int32 = -1
        while handle < 0 {
          handle = caller.open(service: "echo")
          caller.sleep(10_000)
        }
        while true {
          if answers % 2 == 0 {
            #expect(caller.callInRegisters(handle, 1, 2, 3).result == 0)
          } else {
            var message = Message()
            (message.dataAddress, message.dataLength) = (Caller.data, 100)
            #expect(caller.callMessage(handle, &message) == 0)
          }
          answers += 1
        }
      }
      let result = kernel.run { caller in
        let server = caller.start("/bin/server", Processes.kinds[seed % 4])
        let client = caller.start("/bin/client", Processes.kinds[seed / 2 % 4])
        for round in 0..<10 {
          caller.sleep(UInt64(seed * 3_000 + round * 20_000 + 500_000))
          let side = round % 2 == 0 ? server : client
          #expect(Self.stop(caller, side) == 0)
          caller.sleep(500_000)
          let stopped = answers
          caller.sleep(1_000_000)
          #expect(answers == stopped)
          #expect(Self.goOn(caller, side) == 0)
          caller.sleep(1_000_000)
          #expect(answers > stopped)
        }
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func whoMayStopWhom() {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        // Not its parent, nobody, and no thread; itself it may.
        #expect(Self.stop(caller, 1) == SystemError.notPermitted.rawValue)
        #expect(Self.stop(caller, 99) == SystemError.noSuchTask.rawValue)
        #expect(Self.stop(caller, Int32(bitPattern: caller.ownTask)) == 0)
        return 6
      }
      let idle = kernel.address { caller in
        caller.sleep(5_000_000)
        return 0
      }
      let result = kernel.run { caller in
        #expect(Self.stop(caller, Int32(bitPattern: caller.ownTask)) == SystemError.notPermitted.rawValue)
        let thread = caller.startThread(idle)
        #expect(Self.stop(caller, thread) == SystemError.badArgument.rawValue)
        let child = caller.start("/bin/child", dropping: .all)
        caller.sleep(1_000_000)
        #expect(caller.call(.processStop, UInt32(child), 2) == SystemError.badArgument.rawValue)
        #expect(caller.wait(child, .noWait) == nil)
        #expect(Self.goOn(caller, child) == 0)
        #expect(caller.wait(child)?.status == 6)
        #expect(Self.goOn(caller, child) == SystemError.noSuchTask.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}

extension Caller {
  /// What a stopped process was about to start goes on too.
  fileprivate func goOnWithChildren(of parent: Int32) {
    var task: Int32 = 0
    while true {
      task = call(.taskNext, UInt32(bitPattern: task))
      guard task > 0 else { return }
      if task > parent { call(.processStop, UInt32(task), 0) }
    }
  }
}
