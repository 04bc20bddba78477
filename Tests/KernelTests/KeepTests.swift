// Servers that wait for several things at once, and that keep requests to answer them later: what comes first, what comes together,
// and whoever ends in the middle.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Keeping {
    /// What one task sees of its own set: what is there, what is not wanted, a moment, and what cannot be.
    @Test func aSetByItself() {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { _ in 3 }
      let result = kernel.run { caller in
        let endpoint = caller.publish("any")
        let notification = UInt32(caller.call(.notificationCreate))
        let place = caller.makeMessage()
        var set = WaitSet()
        (set.notification, set.bits) = (notification, 6)
        set.time = WordPair(0)
        #expect(caller.receiveAny(endpoint, at: place, &set) == SystemError.timedOut.rawValue)
        // Bit 0 is not waited for, and stays.
        caller.call(.notificationSignal, notification, 3)
        #expect(caller.receiveAny(endpoint, at: place, &set) == 0)
        #expect(set.bitsCame == 2 && set.kindsCame.isEmpty)
        set.time = WordPair(1_000_000)
        #expect(caller.receiveAny(endpoint, at: place, &set) == SystemError.timedOut.rawValue)
        #expect(caller.call(.notificationWait, notification, 0, 0) == 1)
        // Without an endpoint; an event is told and stays.
        set.kinds = [.timer, .childEnded]
        set.time = WordPair(.max)
        caller.call(.eventTimer, 500_000, 0, 0, 0)
        #expect(caller.receiveAny(nil, at: place, &set) == 0)
        #expect(set.bitsCame == 0 && set.kindsCame == .timer)
        let child = caller.start("/bin/child")
        set.kinds = .childEnded
        #expect(caller.receiveAny(endpoint, at: place, &set) == 0)
        #expect(set.kindsCame == .childEnded)
        #expect(caller.wait(child)?.status == 3)
        // Several at once.
        caller.call(.notificationSignal, notification, 4)
        set.kinds = .all
        #expect(caller.receiveAny(endpoint, at: place, &set) == 0)
        #expect(set.bitsCame == 4 && set.kindsCame == [.timer, .childEnded])
        set = WaitSet()
        set.bits = 1 << 31
        #expect(caller.receiveAny(endpoint, at: place, &set) == SystemError.badArgument.rawValue)
        set.bits = 1
        set.notification = 25
        #expect(caller.receiveAny(endpoint, at: place, &set) == SystemError.badHandle.rawValue)
        set.bits = 0
        #expect(caller.receiveAny(25, at: place, &set) == SystemError.badHandle.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Requests, bits and moments in an order that the seed decides: every request is answered once, and bits that were set are
    /// seen.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func everythingComes(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = Int(seed * 7 % 60)
      var (served, seen, moments) = (0, UInt32(0), 0)
      var signalled: UInt32 = 0
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "any")
        for round in 0..<20 as Range<UInt32> {
          var message = Message()
          message.words[0] = round
          #expect(caller.callMessage(handle, &message, limit: round % 4 == 0 ? 500_000_000 : .max) == 0)
          #expect(message.words[0] == round + 1)
        }
        return 0
      }
      let signaller = kernel.address { caller in
        for round in 0..<30 as Range<UInt32> {
          signalled |= 1 << round
          caller.call(.notificationSignal, caller.argument, 1 << round)
          if round % 5 == seed % 5 { caller.sleep(UInt64(round) * 20_000) }
        }
        return 0
      }
      let result = kernel.run { caller in
        let endpoint = caller.publish("any")
        let notification = UInt32(caller.call(.notificationCreate))
        let clients = (0..<2).map { caller.start("/bin/client", Processes.kinds[Int((seed + $0) % 4)]) }
        _ = caller.startThread(signaller, argument: notification)
        let place = caller.makeMessage()
        var set = WaitSet()
        (set.notification, set.bits) = (notification, .max >> 2)
        set.time = WordPair(50_000)
        while served < 40 || seen != .max >> 2 {
          let number = caller.receiveAny(endpoint, at: place, &set)
          if number == SystemError.timedOut.rawValue {
            moments += 1
            // Nothing is left for which that many would be needed.
            guard moments < 100_000 else { return 1 }
          } else if number == 0 {
            #expect(set.bitsCame & ~signalled == 0 && seen & set.bitsCame == 0)
            seen |= set.bitsCame
          } else {
            #expect(number > 0)
            var message = caller.message(at: place)
            message.words[0] += 1
            caller.write(message, at: place)
            if seed % 2 == 0 { caller.call(.requestKeep, UInt32(endpoint), UInt32(number)) }
            let call = seed % 2 == 0 ? SystemCall.requestAnswer : .reply
            let words = seed % 2 == 0 ? [UInt32(endpoint), UInt32(number), place] : [UInt32(number), place]
            #expect(caller.call(call.rawValue, words) == 0)
            served += 1
          }
        }
        for client in clients { #expect(caller.wait(client)?.status == 0) }
        return 0
      }
      #expect(result.status == 0, "seed \(seed): \(result.text)")
    }

    /// Clients of all kinds whose requests are kept together, and answered the latest first, each with what is its own.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func keptRequestsAreAnsweredByNumber(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.add("/bin/server") { caller in
        caller.serveKeeping(caller.publish("any"))
        return 0
      }
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "any")
        let process = UInt32(caller.call(.taskNext, 0)) &+ UInt32(truncatingIfNeeded: seed)
        for round in 0..<5 as Range<UInt32> {
          var message = Message()
          message.words[0] = round &* 100 &+ process
          (message.bufferAddress, message.bufferCapacity) = (Caller.data, round * 5)
          let sent = message.words[0]
          #expect(caller.callMessage(handle, &message) == 0)
          #expect(message.words[0] == sent + 1 && message.dataLength == min(round * 5, 16))
        }
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let server = caller.start("/bin/server", Processes.kinds[Int(seed % 4)])
        caller.sleep(1_000_000)
        var clients = (0..<4).map { caller.start("/bin/client", Processes.kinds[Int(seed / 4 + $0) % 4]) }
        let handle = caller.open(service: "any")
        var answered: UInt32 = 0
        for _ in 0..<2000 where !clients.isEmpty {
          caller.sleep(100_000)
          var message = Message()
          message.operation = 1
          #expect(caller.callMessage(handle, &message) == 0)
          answered += message.words[0]
          clients = clients.filter { caller.wait($0, .noWait) == nil }
        }
        #expect(answered == 20)
        #expect(clients.isEmpty)
        var message = Message()
        message.operation = 9
        #expect(caller.callMessage(handle, &message) == 0)
        caller.call(.close, UInt32(handle))
        #expect(caller.wait(server)?.status == 0)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// What ends a request that is kept: its time, its caller's end, the server's.
    @Test func endsOfKeptRequests() {
      let kernel = HostedKernel()
      kernel.add("/bin/server") { caller in
        caller.serveKeeping(caller.publish("any"))
        return 0
      }
      kernel.add("/bin/client") { caller in
        var message = Message()
        return caller.callMessage(caller.open(service: "any"), &message)
      }
      let result = kernel.run { caller in
        var server = caller.start("/bin/server")
        caller.sleep(1_000_000)
        let handle = caller.open(service: "any")
        var message = Message()
        #expect(caller.callMessage(handle, &message, limit: 1_000_000) == SystemError.timedOut.rawValue)
        let killed = caller.start("/bin/client")
        let waiting = caller.start("/bin/client")
        caller.sleep(1_000_000)
        caller.call(.kill, UInt32(killed), 5)
        #expect(caller.wait(killed) != nil)
        message.operation = 1
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(message.words[0] == 1)
        #expect(caller.wait(waiting)?.status == 0)
        let left = caller.start("/bin/client")
        caller.sleep(1_000_000)
        caller.call(.kill, UInt32(server), 5)
        #expect(caller.wait(server) != nil)
        #expect(caller.wait(left)?.status == SystemError.serviceFaulted.rawValue)
        server = caller.start("/bin/server")
        caller.sleep(1_000_000)
        message.operation = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.wait(server)?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A hold does not wait for what is kept: the requests go to whoever serves afterwards, once each.
    @Test(arguments: [false, true])
    func aMoveTakesKeptRequestsAlong(isFinished: Bool) {
      let kernel = HostedKernel()
      kernel.add("/bin/server") { caller in
        caller.serveKeeping(caller.publish("any"))
        return 0
      }
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "any")
        var message = Message()
        message.words[0] = 40
        let result = caller.callMessage(handle, &message)
        return result < 0 ? result : Int32(message.words[0])
      }
      let result = kernel.run { caller in
        let first = caller.start("/bin/server")
        caller.sleep(1_000_000)
        let handle = caller.open(service: "any")
        let clients = (0..<3).map { _ in caller.start("/bin/client") }
        caller.sleep(1_000_000)
        #expect(caller.control("any", .hold) == 0)
        // The numbers that the server has are nobody's any more.
        var message = Message()
        message.operation = 1
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(message.words[0] == 0)
        var second: Int32 = 0
        if isFinished {
          second = caller.start("/bin/server")
          caller.sleep(1_000_000)
          #expect(caller.control("any", .retire) == 0)
          #expect(caller.wait(first)?.status == 0)
        }
        #expect(caller.control("any", .release) == 0)
        caller.sleep(1_000_000)
        message.operation = 1
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(message.words[0] == 3)
        for client in clients { #expect(caller.wait(client)?.status == 41) }
        message.operation = 9
        #expect(caller.callMessage(handle, &message) == 0)
        #expect(caller.wait(isFinished ? second : first)?.status == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Another thread of the server closes the endpoint while one waits for everything; two listen to the same notification, and
    /// one that ends in its wait leaves it to the other.
    @Test func theWaitEndsWithWhatItWaitsFor() {
      let kernel = HostedKernel()
      let waiter = kernel.address { caller in
        var set = WaitSet()
        (set.notification, set.bits) = (caller.argument >> 8, 1)
        return caller.receiveAny(Int32(caller.argument & 0xff), at: caller.makeMessage(), &set)
      }
      let result = kernel.run { caller in
        let endpoint = UInt32(caller.publish("any"))
        let notification = UInt32(caller.call(.notificationCreate))
        let argument = notification << 8 | endpoint
        let first = caller.startThread(waiter, argument: argument)
        caller.sleep(1_000_000)
        let second = caller.startThread(waiter, argument: argument)
        caller.sleep(1_000_000)
        caller.call(.kill, UInt32(first), 5)
        #expect(caller.wait(first) != nil)
        let third = caller.startThread(waiter, argument: argument)
        caller.sleep(1_000_000)
        caller.call(.notificationSignal, notification, 3)
        caller.sleep(1_000_000)
        // One has the bit; the other waits on, for the next.
        caller.call(.notificationSignal, notification, 1)
        #expect(caller.wait(second)?.status == 0)
        #expect(caller.wait(third)?.status == 0)
        let fourth = caller.startThread(waiter, argument: argument)
        caller.sleep(1_000_000)
        #expect(caller.call(.close, endpoint) == 0)
        #expect(caller.wait(fourth)?.status == SystemError.peerGone.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Whoever is killed wherever, also with requests kept: the others get an answer or an error, and no memory is lost.
    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func anybodyMayBeKilled(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 30
      kernel.add("/bin/server") { caller in
        caller.serveKeeping(caller.publish("any"))
        return 0
      }
      kernel.add("/bin/client") { caller in
        let handle = caller.open(service: "any")
        guard handle >= 0 else { return 1 }
        for _ in 0..<10_000 {
          var message = Message()
          message.operation = Bool.random(using: &kernel.random) ? 1 : 0
          if Bool.random(using: &kernel.random) {
            (message.dataAddress, message.dataLength) = (Caller.data, 4096 | Message.lendsPages)
          }
          if caller.callMessage(handle, &message, limit: UInt64.random(in: 1...200_000, using: &kernel.random))
            == SystemError.peerGone.rawValue
          {
            return 0
          }
        }
        return 2
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
  }
}
