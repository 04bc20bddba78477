// Handles: what they allow, how they travel, and that each ends what it stands for.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Handles {
    @Test func rightsOnlyBecomeLess() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let all = caller.call(.notificationCreate)
        #expect(all >= 0)
        let reading = caller.call(.handleDuplicate, UInt32(all), HandleRights([.read, .duplicate]).rawValue)
        #expect(reading > all)
        #expect(caller.call(.notificationSignal, UInt32(reading), 1) == SystemError.badHandle.rawValue)
        #expect(
          caller.call(.handleDuplicate, UInt32(reading), HandleRights.all.rawValue) == SystemError.notPermitted.rawValue
        )
        #expect(caller.call(.notificationSignal, UInt32(all), 5) == 0)
        #expect(caller.call(.notificationWait, UInt32(reading), .max, .max) == 5)
        #expect(caller.call(.close, UInt32(all)) == 0)
        #expect(caller.call(.close, UInt32(all)) == SystemError.badHandle.rawValue)
        #expect(caller.call(.notificationWait, UInt32(reading), 0, 0) == SystemError.wouldBlock.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func aTableThatIsFull() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        var handles: [Int32] = []
        while true {
          let handle = caller.call(.notificationCreate)
          guard handle >= 0 else {
            #expect(handle == SystemError.limitReached.rawValue)
            break
          }
          handles.append(handle)
        }
        #expect(handles.count == 29)
        for handle in handles { #expect(caller.call(.close, UInt32(handle)) == 0) }
        #expect(caller.memoryInformation().free == before)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A handle goes with a request to the server and another comes back; a server without room for one harms only the request.
    @Test func handlesTravelInMessages() {
      let kernel = HostedKernel(seed: 3)
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("post")
        while caller.call(.notificationCreate) >= 0 {}
        // One place is free.
        caller.call(.close, 20)
        var given: UInt32 = 0
        caller.serve(endpoint) { message in
          if message.operation & Message.passesHandle != 0 {
            given = message.words[5]
            #expect(caller.call(.notificationSignal, given, 8) == 0)
          }
          message.operation = 0
          return message.words[0] != 9
        }
        return given == 20 ? 0 : 1
      }
      let result = kernel.run { caller in
        let server = caller.start("/bin/server")
        caller.sleep(1_000_000)
        let handle = caller.open(service: "post")
        let notification = caller.call(.notificationCreate)
        var message = Message()
        message.operation = Message.passesHandle | 1
        message.words[5] = UInt32(notification)
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.call(.notificationWait, UInt32(notification), .max, .max) == 8)
        // Now the server has no place left.
        message.operation = Message.passesHandle | 1
        message.words[5] = UInt32(notification)
        #expect(caller.callMessage(handle, &message) == SystemError.limitReached.rawValue)
        message = Message()
        message.words[0] = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.wait(server)?.status == 0)
        let after = caller.memoryInformation()
        #expect(after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Pages that are lent with a request: the server sees them in its window, and only as long as the request is its own.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func pagesAreLent(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.add("/bin/server") { caller in
        let endpoint = caller.publish("reader")
        let window = UInt32(caller.call(.lendingWindow)) << 12
        #expect(window > 0)
        caller.serve(endpoint, room: 64) { message in
          if message.dataLength > 0 {
            #expect(message.dataAddress == window)
            message.words[0] = caller.word(at: window + 4092)
            message.words[1] = caller.word(at: window + message.dataLength - 4)
            message.dataLength = 0
          }
          return message.words[5] != 9
        }
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let server = caller.start("/bin/server", Processes.kinds[Int(seed % 4)])
        caller.sleep(1_000_000)
        let handle = caller.open(service: "reader")
        let pages = UInt32(caller.call(.memoryMap, 0, 4 * 4096, 3)) << 12
        for round in 1...20 as ClosedRange<UInt32> {
          caller.write(round, at: pages + 4092)
          caller.write(round * 3, at: pages + 4 * 4096 - 4)
          var message = Message()
          (message.dataAddress, message.dataLength) = (pages, 4 * 4096 | Message.lendsPages)
          #expect(caller.callMessage(handle, &message) == 0)
          #expect(message.words[0] == round && message.words[1] == round * 3)
        }
        var message = Message()
        message.words[5] = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.wait(server)?.status == 0)
        caller.call(.close, UInt32(handle))
        caller.call(.memoryUnmap, pages, 4 * 4096)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// What a driver has claimed is free again however it ends.
    @Test(arguments: [0, 1, 2])
    func claimsEndWithTheirDriver(how: Int) {
      let kernel = HostedKernel()
      kernel.add("/bin/driver") { caller in
        let notification = caller.call(.notificationCreate)
        #expect(caller.call(.interruptClaim, 10, UInt32(notification), 1) >= 0)
        #expect(caller.call(.portsClaim, 0x170, 8) >= 0)
        if how == 0 { return 0 }
        if how == 1 { caller.write(UInt32(0), at: 0x2000_0000) }
        caller.call(.notificationWait, UInt32(notification), .max, .max)
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let driver = caller.start("/bin/driver")
        if how == 2 {
          caller.sleep(1_000_000)
          let own = caller.call(.notificationCreate)
          #expect(caller.call(.interruptClaim, 10, UInt32(own), 1) == SystemError.busy.rawValue)
          #expect(caller.call(.portsClaim, 0x177, 1) == SystemError.busy.rawValue)
          caller.call(.close, UInt32(own))
          caller.call(.kill, UInt32(driver), 0)
        }
        #expect(caller.wait(driver) != nil)
        let own = caller.call(.notificationCreate)
        let line = caller.call(.interruptClaim, 10, UInt32(own), 2)
        let ports = caller.call(.portsClaim, 0x177, 1)
        #expect(line >= 0 && ports >= 0)
        for handle in [line, ports, own] { #expect(caller.call(.close, UInt32(handle)) == 0) }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
