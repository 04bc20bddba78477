// The authority that comes with a request: what the kernel tells a server of its sender's rights, in whatever form the request comes.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct SenderRights {
    /// A server that answers each request with what it is told of the sender, and ends after one of operation 9.
    private static func serve(_ caller: Caller, inRegisters: Bool) -> Int32 {
      let endpoint = caller.publish("who")
      let place = caller.makeMessage()
      func receive() -> (number: Int32, operation: UInt32) {
        guard inRegisters else {
          let number = caller.call(.receive, UInt32(bitPattern: endpoint), place)
          return (number, number < 0 ? 0 : caller.message(at: place).operation)
        }
        let request = caller.callForWords(.receiveInRegisters, UInt32(bitPattern: endpoint), place)
        let isInMemory = request.registers.ebx == Message.isInMemory
        return (request.result, isInMemory ? caller.message(at: place).operation : request.registers.ebx)
      }
      while true {
        let (number, operation) = receive()
        guard number >= 0 else { return 1 }
        let answer = caller.callForWords(.requestSender, UInt32(bitPattern: number))
        var reply = Message()
        reply.words[0] = answer.registers.esi
        reply.words[1] = answer.registers.edx
        reply.words[2] = UInt32(bitPattern: answer.result)
        // Of a request that nobody has sent nothing is told, and no register changes.
        let other = caller.callForWords(.requestSender, UInt32(bitPattern: number) &+ 1, 0, 0, 77)
        if other.result != SystemError.peerGone.rawValue || other.registers.esi != 77 { reply.words[2] = 1 }
        caller.write(reply, at: place)
        caller.call(.reply, UInt32(bitPattern: number), place)
        if operation == 9 { return 0 }
      }
    }

    private static func ask(_ caller: Caller, _ operation: UInt32, byMessage: Bool) -> [UInt32] {
      let handle = caller.open(service: "who")
      defer { caller.call(.close, UInt32(bitPattern: handle)) }
      if byMessage {
        var message = Message()
        message.operation = operation
        // What a sender writes there is not what the server is told.
        message.sender = 1
        return caller.callMessage(handle, &message) == 0 ? (0..<3).map { message.words[$0] } : []
      }
      let reply = caller.callForWords(.callInRegisters, UInt32(bitPattern: handle), operation)
      return reply.result == 0 ? [reply.registers.edx, reply.registers.esi, reply.registers.edi] : []
    }

    @Test(arguments: [false, true], [false, true])
    func aServerLearnsWhatItsSenderMayDo(inRegisters: Bool, byMessage: Bool) {
      let kernel = HostedKernel(seed: 5)
      kernel.add("/bin/server") { caller in Self.serve(caller, inRegisters: inRegisters) }
      kernel.add("/bin/client") { caller in
        let process = caller.ownTask
        func expect(_ rights: Rights) -> Bool {
          Self.ask(caller, 0, byMessage: byMessage) == [rights.rawValue, process, 0]
        }
        guard expect([.tasks, .clock, .services]) else { return 1 }
        // What it gives up nobody does for it any more.
        caller.call(.rightsDrop, Rights.clock.rawValue)
        guard expect([.tasks, .services]) else { return 2 }
        caller.call(.rightsDrop, Rights.all.rawValue)
        return expect([]) ? 0 : 3
      }
      let result = kernel.run { caller in
        let server = caller.start("/bin/server")
        while caller.open(service: "who") < 0 { caller.call(.yield) }
        let client = caller.start("/bin/client", dropping: Rights.all.subtracting([.tasks, .clock, .services]))
        #expect(caller.wait(client)?.status == 0)
        #expect(Self.ask(caller, 9, byMessage: byMessage).first == Rights.all.rawValue)
        #expect(caller.wait(server)?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
