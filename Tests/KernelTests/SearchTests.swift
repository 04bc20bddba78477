// Search instead of luck: a small scenario is run once for each point at which a task could be interrupted, with somebody else let run
// there, or somebody killed.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Search {
    /// What happens at the one point of a run.
    enum Disturbance: CaseIterable, Sendable { case preemption, killOfFirst, killOfSecond, killOfThird }

    /// Runs a scenario undisturbed, and then disturbed at each of its points. `make` returns its first program and who may be killed.
    ///
    /// - Returns: how many runs there were.
    static func everyPoint(_ disturbance: Disturbance, _ make: (HostedKernel) -> (Program, () -> [Int32])) -> Int {
      var point = -1
      while true {
        let kernel = HostedKernel()
        kernel.preemptions = 0
        let (first, tasks) = make(kernel)
        let chosen = point
        kernel.atPoint = { number in
          guard number == chosen else { return }
          switch disturbance {
          case .preemption: kernel.preempt()
          case .killOfFirst: if let task = tasks().first { kernel.kill(task) }
          case .killOfSecond: if let task = tasks().dropFirst().first { kernel.kill(task) }
          case .killOfThird: if let task = tasks().dropFirst(2).first { kernel.kill(task) }
          }
        }
        let result = kernel.run(first)
        #expect(result.status == 0, "\(disturbance) at point \(point): \(result.end) \(result.text)")
        guard result.status == 0 else { return point + 2 }
        if point >= kernel.points { return point + 2 }
        point += 1
      }
    }

    /// A process with a thread and a child of its own starts and ends.
    @Test(arguments: Disturbance.allCases)
    func lifeOfAProcess(disturbance: Disturbance) {
      let runs = Self.everyPoint(disturbance) { kernel in
        let thread = kernel.address { caller in
          caller.call(.yield)
          return 1
        }
        kernel.add("/bin/grandchild") { caller in
          caller.call(.yield)
          return 2
        }
        kernel.add("/bin/child") { caller in
          let task = caller.startThread(thread, [.ring0])
          _ = caller.start("/bin/grandchild", [.ring0, .sharedStack])
          _ = caller.wait(task)
          return 3
        }
        var tasks: [Int32] = []
        return (
          { caller in
            let before = caller.memoryInformation().free
            tasks = [caller.start("/bin/child"), caller.start("/bin/child", [.ring0, .guarded])]
            while let outcome = caller.wait() { tasks.removeAll { $0 == Int32(outcome.task) } }
            let after = caller.memoryInformation()
            #expect(after.free == before && after.discrepancies == 0)
            return 0
          }, { tasks }
        )
      }
      #expect(runs > 20)
    }

    /// A service moves while a client calls it. Whoever is killed wherever, what was acknowledged is in the sum, as long as a
    /// server is there.
    @Test(arguments: Disturbance.allCases)
    func aServiceMoves(disturbance: Disturbance) {
      let runs = Self.everyPoint(disturbance) { kernel in
        var acknowledged: UInt32 = 0
        func server(_ caller: Caller) -> Int32 {
          // A successor begins with nothing, and gets what was saved from whoever moves it.
          var own: UInt32 = 0
          let endpoint = caller.publish("sum")
          guard endpoint >= 0 else { return 1 }
          caller.serve(endpoint) { message in
            if message.operation == 1 { own += message.words[0] }
            if message.operation == 2 {
              #expect(message.sender & Message.fromHolder != 0)
              own = message.words[0]
            }
            message.words[0] = own
            return true
          }
          return 0
        }
        kernel.add("/bin/old", server)
        kernel.add("/bin/new", server)
        kernel.add("/bin/client") { caller in
          let handle = caller.open(service: "sum")
          for _ in 0..<6 {
            var message = Message()
            message.operation = 1
            message.words[0] = 1
            guard caller.callMessage(handle, &message) == 0 else { return 1 }
            acknowledged += 1
            #expect(message.words[0] == acknowledged)
            caller.call(.yield)
          }
          return 0
        }
        kernel.add("/bin/mover") { caller in
          let handle = caller.open(service: "sum")
          guard caller.control("sum", .hold) == 0 else { return 1 }
          var message = Message()
          guard caller.callMessage(handle, &message) == 0 else { return 2 }
          let saved = message.words[0]
          let task = caller.start("/bin/new", [.ring0])
          guard task > 0 else { return 3 }
          // Until it has published.
          caller.sleep(1_000_000)
          message.operation = 2
          message.words[0] = saved
          guard caller.callMessage(handle, &message) == 0 else { return 4 }
          _ = caller.control("sum", .retire)
          _ = caller.control("sum", .release)
          _ = caller.wait(task)
          return 0
        }
        var tasks: [Int32] = []
        return (
          { caller in
            let before = caller.memoryInformation().free
            let old = caller.start("/bin/old")
            caller.call(.yield)
            let client = caller.start("/bin/client")
            let mover = caller.start("/bin/mover")
            tasks = [mover, client, old]
            _ = caller.wait(client)
            let handle = caller.open(service: "sum")
            if handle >= 0 {
              var message = Message()
              if caller.callMessage(handle, &message) == 0, disturbance != .killOfThird {
                // A client that was killed has not seen its last answer.
                let isInFlight = disturbance == .killOfSecond && message.words[0] == acknowledged + 1
                #expect(message.words[0] == acknowledged || isInFlight)
              }
              caller.call(.close, UInt32(handle))
            }
            caller.sleep(3_000_000)
            // The servers go on until they are told to end.
            var task: Int32 = 0
            while true {
              task = caller.call(.taskNext, UInt32(task))
              guard task > 0 else { break }
              caller.call(.kill, UInt32(task), 0)
            }
            while caller.wait() != nil {}
            let after = caller.memoryInformation()
            #expect(after.free == before && after.discrepancies == 0)
            #expect(caller.open(service: "sum") == SystemError.notFound.rawValue)
            return 0
          }, { tasks }
        )
      }
      #expect(runs > 40)
    }
  }
}
