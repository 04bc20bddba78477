// Conversations in registers: what fits travels in them, what does not goes to memory, and all the rest is as for messages.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct RegisterServices {
    /// Requests of every form, answered in every form.
    @Test(arguments: 0..<4)
    func everyFormMeetsEveryOther(kind: Int) {
      let kernel = HostedKernel(seed: UInt64(kind) + 1)
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("forms")
        // Word 0 says how many words the reply has, each one more than the one before.
        caller.serveInRegisters(endpoint, room: 256) { message in
          let count = Int(message.words[0])
          let sum = message.words[1] + message.words[2] + message.words[5] + message.dataLength
          for index in 0..<6 { message.words[index] = index < count ? sum + UInt32(index) : 0 }
          message.dataLength = message.operation == 8 ? 70 : 0
          message.dataAddress = Caller.data
          if message.operation == 7 { message.words[0] = message.sender }
          return message.operation != 9
        }
        return 0
      }
      let result = kernel.run { caller in
        let server = caller.start("/bin/server", Processes.kinds[kind])
        let handle = Self.open("forms", caller)
        for count in 0...6 as ClosedRange<UInt32> {
          let reply = caller.callInRegisters(handle, 1, count, 10, 20)
          #expect(reply.result == 0)
          #expect(reply.words == (0..<6).map { $0 < count ? 30 + $0 : 0 })
          var message = Message()
          message.words = [count, 1, 2, 0, 0, 3]
          (message.dataAddress, message.dataLength) = (Caller.data, count)
          #expect(caller.callMessage(handle, &message) == 0)
          #expect((0..<6).map { message.words[$0] } == (0..<6).map { $0 < count ? 6 + count + $0 : 0 })
        }
        #expect(caller.callInRegisters(handle, 7, 1).words[0] == caller.ownTask)
        // Bytes of a reply for who has no room for them: the server is told, and its next answer counts.
        #expect(caller.callInRegisters(handle, 1 | Message.passesHandle, 1).result == SystemError.badArgument.rawValue)
        #expect(caller.callInRegisters(31, 1, 1).result == SystemError.badHandle.rawValue)
        #expect(caller.callForWords(.receiveInRegisters, 31, 0).result == SystemError.badHandle.rawValue)
        #expect(caller.callForWords(.requestSender, 5).result == SystemError.peerGone.rawValue)
        #expect(caller.callInRegisters(handle, 9, 0).result == 0)
        #expect(caller.wait(server)?.status == 0)
        #expect(caller.callInRegisters(handle, 1, 0).result == SystemError.peerGone.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    private static func open(_ name: String, _ caller: Caller) -> Int32 {
      for _ in 0..<100 {
        let handle = caller.open(service: name)
        if handle >= 0 { return handle }
        caller.sleep(100_000)
      }
      return -1
    }

    /// Two tasks of a server, three clients, both forms, whoever is killed wherever: the others get an answer or an error, and no
    /// memory is lost.
    @Test(arguments: 1...120 as ClosedRange<UInt64>)
    func anybodyMayBeKilled(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 40
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("echo")
        caller.serveInRegisters(endpoint, room: 4096) { message in
          message.words[5] = message.operation == 2 ? 1 : 0
          message.dataLength = 0
          return true
        }
        return 0
      }
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "echo")
        guard handle >= 0 else { return 1 }
        for round in 0..<100_000 as Range<UInt32> {
          let result: Int32
          if Bool.random(using: &kernel.random) {
            var message = Message()
            if Bool.random(using: &kernel.random) { (message.dataAddress, message.dataLength) = (Caller.data, 2000) }
            result = caller.callMessage(handle, &message)
          } else {
            let reply = caller.callInRegisters(handle, round & 3, round, 7, 9)
            if reply.result == 0 { #expect(reply.words == [round, 7, 9, 0, 0, round & 3 == 2 ? 1 : 0]) }
            result = reply.result
          }
          if result == SystemError.peerGone.rawValue { return 0 }
        }
        return 0
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
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
