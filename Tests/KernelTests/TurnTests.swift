// Two sides that take turns: each wakes the other and waits, in one call.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Turns {
    /// Signals go there and back between processes of all kinds, whoever else runs meanwhile: each has its answer before the next.
    @Test(arguments: 0..<8)
    func signalsGoBackAndForth(seed: Int) {
      let kernel = HostedKernel(seed: UInt64(seed) + 1)
      kernel.preemptions = 40
      var turns = 0
      let partner = kernel.address { caller in
        let (there, back) = (caller.argument >> 8, caller.argument & 0xff)
        var bits = caller.call(.notificationWait, there, .max, .max)
        while bits > 0 {
          #expect(turns % 2 == 1)
          turns += 1
          bits = caller.call(.notificationSignalAndWait, back, UInt32(bits), there, .max, .max)
        }
        return bits
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let there = UInt32(caller.call(.notificationCreate))
        let back = UInt32(caller.call(.notificationCreate))
        let thread = caller.startThread(partner, argument: there << 8 | back, Processes.kinds[seed % 4])
        let other = caller.startThread(
          kernel.address {
            $0.sleep(100_000); return 0
          })
        for turn in 0..<200 as Range<UInt32> {
          #expect(turns % 2 == 0)
          turns += 1
          let bit = UInt32(1) << (turn % 31)
          #expect(caller.call(.notificationSignalAndWait, there, bit, back, .max, .max) == Int32(bit))
        }
        #expect(turns == 400)
        _ = caller.wait(other)
        caller.call(.kill, UInt32(thread), 7)
        #expect(caller.wait(thread) != nil)
        for handle in [there, back] { #expect(caller.call(.close, handle) == 0) }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Where anything is wrong nothing has been set; where nothing is to be waited for, the other one is woken all the same.
    @Test func aRefusalSetsNothing() {
      let kernel = HostedKernel()
      let waiter = kernel.address { $0.call(.notificationWait, $0.argument, .max, .max) }
      let result = kernel.run { caller in
        let first = UInt32(caller.call(.notificationCreate))
        let second = UInt32(caller.call(.notificationCreate))
        let writing = UInt32(caller.call(.handleDuplicate, second, HandleRights.write.rawValue))
        func both(_ signalled: UInt32, _ bits: UInt32, _ own: UInt32, _ time: UInt32 = .max) -> Int32 {
          caller.call(.notificationSignalAndWait, signalled, bits, own, time, time == .max ? .max : 0)
        }
        func expectNothing() {
          #expect(caller.call(.notificationWait, first, 0, 0) == SystemError.wouldBlock.rawValue)
          #expect(caller.call(.notificationWait, second, 0, 0) == SystemError.wouldBlock.rawValue)
        }
        for (signalled, bits, own) in [(first, 0, second), (first, 1 << 31, second)] as [(UInt32, UInt32, UInt32)] {
          #expect(both(signalled, bits, own) == SystemError.badArgument.rawValue)
        }
        for own in [31, 32, UInt32.max, writing] { #expect(both(first, 1, own) == SystemError.badHandle.rawValue) }
        for signalled in [31, 32, UInt32.max] { #expect(both(signalled, 1, first) == SystemError.badHandle.rawValue) }
        expectNothing()

        // No time at all, bits that are there already, and a wait that is over.
        #expect(both(first, 4, second, 0) == SystemError.wouldBlock.rawValue)
        #expect(caller.call(.notificationWait, first, 0, 0) == 4)
        caller.call(.notificationSignal, second, 2)
        let thread = caller.startThread(waiter, argument: first)
        caller.sleep(1_000_000)
        #expect(both(first, 8, second) == 2)
        #expect(caller.wait(thread)?.status == 8)
        #expect(both(first, 16, second, 50_000) == SystemError.timedOut.rawValue)
        #expect(caller.call(.notificationWait, first, 0, 0) == 16)
        // One with itself.
        #expect(both(first, 3, first) == 3)
        expectNothing()
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// The same by a word that both share, and by two.
    @Test(arguments: 0..<8)
    func wordsGoBackAndForth(seed: Int) {
      let kernel = HostedKernel(seed: UInt64(seed) + 1)
      kernel.preemptions = 40
      /// Gives the other side its turn and waits for one's own.
      func turn(_ caller: Caller, _ words: (woken: UInt32, own: UInt32), _ given: UInt32) {
        if words.woken == words.own {
          caller.write(given, at: words.own)
        } else {
          caller.write(given, at: words.woken)
          caller.write(given, at: words.own)
        }
        caller.call(.wordWakeAndWait, words.woken, words.own, given, .max, .max)
        while caller.word(at: words.own) == given { caller.call(.wordWait, words.own, given, .max, .max) }
      }
      let distance: UInt32 = seed % 2 == 0 ? 0 : 4096
      var turns = 0
      let partner = kernel.address { caller in
        let own = caller.argument
        while caller.word(at: own) == 0 { caller.call(.wordWait, own, 0, .max, .max) }
        while true {
          turns += 1
          turn(caller, (own &+ distance, own), 0)
        }
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let page = UInt32(caller.call(.memoryMap, 0, 2 * 4096, 3)) << 12
        let thread = caller.startThread(partner, argument: page, Processes.kinds[seed % 4])
        for _ in 0..<100 { turn(caller, (page, page &+ distance), 1) }
        #expect(turns == 100)
        caller.call(.kill, UInt32(thread), 7)
        #expect(caller.wait(thread) != nil)
        #expect(caller.call(.memoryUnmap, page, 2 * 4096) == 0)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func aWordThatHasChangedWakesTheOther() {
      let kernel = HostedKernel()
      let waiter = kernel.address { $0.call(.wordWait, $0.argument, 0, .max, .max) }
      let result = kernel.run { caller in
        let page = UInt32(caller.call(.memoryMap, 0, 4096, 3)) << 12
        let thread = caller.startThread(waiter, argument: page)
        caller.sleep(1_000_000)
        let refused = [(page + 2, page), (page, page + 2)] as [(UInt32, UInt32)]
        for (woken, own) in refused {
          #expect(
            caller.call(.wordWakeAndWait, woken, own, 0, .max, .max) == SystemError.badArgument.rawValue)
        }
        for (woken, own) in [(0x10, page), (page, 0x10), (page, 0xc000_0000)] as [(UInt32, UInt32)] {
          #expect(caller.call(.wordWakeAndWait, woken, own, 0, .max, .max) == SystemError.badAddress.rawValue)
        }
        // It still waits.
        #expect(caller.wait(thread, .noWait) == nil)
        #expect(caller.call(.wordWakeAndWait, page, page + 8, 1, .max, .max) == SystemError.wouldBlock.rawValue)
        #expect(caller.wait(thread)?.status == 0)
        #expect(caller.call(.wordWakeAndWait, page, page + 8, 0, 20_000, 0) == SystemError.timedOut.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
