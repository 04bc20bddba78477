// Conversations between processes of all kinds, with schedules that the seed decides: no request is lost or done twice, and whoever
// ends in the middle harms nobody else.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Services {
    /// Three clients add numbers through a server; the server's total is the sum of what was acknowledged.
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func sumsAreKept(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = Int(seed * 7 % 60)
      let flags = Processes.kinds[Int(seed % 4)]
      var total: UInt32 = 0
      var acknowledged: UInt32 = 0
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("sum")
        #expect(endpoint >= 0)
        caller.serve(endpoint, room: 64) { message in
          total += message.words[0] + message.dataLength
          message.words[0] = total
          message.dataLength = 0
          return message.operation != 9
        }
        return 0
      }
      kernel.add("/bin/client") { caller in
        var handle = caller.open(service: "sum")
        while handle < 0 {
          caller.sleep(100_000)
          handle = caller.open(service: "sum")
        }
        for round in 0..<40 as Range<UInt32> {
          var message = Message()
          message.words[0] = round
          if round % 3 == 0 {
            message.dataLength = 16
            message.dataAddress = Caller.data
          }
          let sent = message.words[0] + message.dataLength
          #expect(caller.callMessage(handle, &message) == 0)
          acknowledged += sent
        }
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let server = caller.start("/bin/server", flags)
        let clients = (0..<3).map { caller.start("/bin/client", Processes.kinds[Int((seed + $0) % 4)]) }
        for client in clients { #expect(caller.wait(client)?.status == 0) }
        let handle = caller.open(service: "sum")
        var message = Message()
        message.operation = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(message.words[0] == acknowledged)
        caller.call(.close, UInt32(bitPattern: handle))
        #expect(caller.wait(server)?.status == 0)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(total == acknowledged)
    }

    /// Whoever is killed wherever: the others get an answer or an error, and no memory is lost.
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func anybodyMayBeKilled(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 30
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("echo")
        caller.serve(endpoint, room: 4096) { message in
          message.dataLength = 0
          return true
        }
        return 0
      }
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "echo")
        guard handle >= 0 else { return 1 }
        while true {
          var message = Message()
          if Bool.random(using: &kernel.random) { (message.dataAddress, message.dataLength) = (Caller.data, 2000) }
          if caller.callMessage(handle, &message, limit: Bool.random(using: &kernel.random) ? .max : 50_000)
            == SystemError.peerGone.rawValue
          {
            return 0
          }
        }
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        var random = SeededGenerator(seed: seed &* 77)
        var tasks = [caller.start("/bin/server", Processes.kinds.randomElement(using: &random)!)]
        caller.sleep(200_000)
        for _ in 0..<3 { tasks.append(caller.start("/bin/client", Processes.kinds.randomElement(using: &random)!)) }
        for task in tasks.shuffled(using: &random) {
          caller.sleep(UInt64.random(in: 0...1_500_000, using: &random))
          caller.call(.kill, UInt32(bitPattern: task), 5)
          #expect(caller.wait(task) != nil)
        }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "seed \(seed): \(result.end) \(result.text)")
    }

    /// While a service is held, its name is for the holder and its children, also where nobody serves it; and requests say whether
    /// they are the holder's.
    @Test(arguments: [false, true])
    func nobodyElseTakesANameThatIsHeld(isServed: Bool) {
      let kernel = HostedKernel()
      var senders: [UInt32] = []
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("name")
        if endpoint < 0 { return endpoint }
        caller.serve(endpoint) { message in
          senders.append(message.sender)
          return message.operation != 9
        }
        return 0
      }
      kernel.add("/bin/mover") { caller in
        let handle = caller.open(service: "name")
        #expect(caller.control("name", .hold) == 0)
        caller.sleep(2_000_000)
        var message = Message()
        if isServed { #expect(caller.callMessage(handle, &message) == 0) }
        let child = caller.start("/bin/server")
        caller.sleep(1_000_000)
        #expect(caller.control("name", .release) == 0)
        message.operation = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.wait(child)?.status == 0)
        return 0
      }
      let result = kernel.run { caller in
        let first = caller.start("/bin/server")
        caller.sleep(1_000_000)
        let handle = caller.open(service: "name")
        if !isServed {
          caller.call(.kill, UInt32(first), 0)
          _ = caller.wait(first)
        }
        let mover = caller.start("/bin/mover")
        caller.sleep(1_000_000)
        let stranger = caller.start("/bin/server")
        #expect(caller.wait(stranger)?.status == SystemError.notPermitted.rawValue)
        #expect(caller.wait(mover)?.status == 0)
        caller.call(.close, UInt32(handle))
        while caller.wait() != nil {}
        let after = caller.memoryInformation()
        #expect(after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      let held = senders.filter { $0 & Message.fromHolder != 0 }.count
      #expect(held == (isServed ? 1 : 0) && senders.count > held)
    }
  }
}
