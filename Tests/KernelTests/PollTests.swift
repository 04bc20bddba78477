// Waiting for several things: what is told of each, that nothing is slept over, and that bad entries change nothing.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Polls {
    @Test func eachThingIsTold() {
      let kernel = HostedKernel()
      kernel.files["/file"] = [1, 2, 3]
      kernel.add("/bin/child") { _ in 3 }
      let result = kernel.run { caller in
        // So the stack has its pages.
        caller.withScratch { _ = caller.place([UInt8](repeating: 0, count: 8192)) }
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe(), let ends = caller.makeTerminal() else { return 1 }
        let notification = UInt32(caller.call(.notificationCreate))
        let file = UInt32(
          caller.withScratch { () -> Int32 in
            let path = caller.place("/file")
            return caller.call(.open, path.address, path.length, 0)
          })
        func came(_ handle: UInt32, _ wanted: PollStates = .all) -> PollStates? {
          var entries = [PollEntry(handle, wanted)]
          return caller.poll(&entries) >= 0 ? entries[0].came : nil
        }
        #expect(came(file, .readable) == .readable && came(file) == nil)
        #expect(came(pipe.reading) == nil && came(pipe.writing) == .writable)
        #expect(caller.write([UInt8](repeating: 1, count: 4097), to: pipe.writing) == 4097)
        #expect(came(pipe.reading) == .readable && came(pipe.writing) == nil)
        #expect(came(notification, .readable) == nil)
        caller.call(.notificationSignal, notification, 4)
        #expect(came(notification, .readable) == .readable)
        #expect(came(ends.terminal) == .writable && came(ends.master) == .writable)
        caller.write("half", to: ends.master)
        #expect(came(ends.terminal, .readable) == nil)
        caller.write("\r", to: ends.master)
        #expect(came(ends.terminal, .readable) == .readable)
        #expect(came(ends.master) == .all.subtracting(.hungUp))
        guard var information = caller.information(of: ends.terminal) else { return 1 }
        #expect(caller.read(100, from: ends.terminal) == Array("half\n".utf8))
        information.settings.modes.remove(.canonical)
        information.settings.minimum = 3
        #expect(caller.change(ends.terminal, .settings, information) == 0)
        caller.write("ab", to: ends.master)
        #expect(came(ends.terminal, .readable) == nil)
        caller.write("c", to: ends.master)
        #expect(came(ends.terminal, .readable) == .readable)
        #expect(came(PollEntry.children, .readable) == .hungUp)
        let child = caller.start("/bin/child")
        var entries = [PollEntry(PollEntry.children, .readable)]
        #expect(caller.poll(&entries, time: .max) == 1 && entries[0].came == .readable)
        #expect(caller.wait(child)?.status == 3)
        caller.call(.close, pipe.reading)
        #expect(came(pipe.writing, []) == .hungUp)
        caller.call(.close, ends.master)
        #expect(came(ends.terminal, .readable) == [.readable, .hungUp])
        for handle in [pipe.writing, ends.terminal, notification, file] { caller.call(.close, handle) }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func badEntriesAreRefused() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        guard let pipe = caller.makePipe() else { return 1 }
        let endpoint = UInt32(caller.publish("any"))
        let good = PollEntry(pipe.writing, .writable)
        func refusal(_ entry: PollEntry) -> Int32 {
          var entries = [good, entry]
          entries[0].came = .hungUp
          let result = caller.poll(&entries)
          // Nothing was told.
          #expect(entries[0].came == .hungUp)
          return result
        }
        #expect(refusal(PollEntry(31, .readable)) == SystemError.badHandle.rawValue)
        #expect(refusal(PollEntry(.max - 1, .readable)) == SystemError.badHandle.rawValue)
        #expect(refusal(PollEntry(pipe.reading, .init(rawValue: 64))) == SystemError.badArgument.rawValue)
        #expect(refusal(PollEntry(endpoint, .readable)) == SystemError.unsupported.rawValue)
        #expect(caller.call(.poll, 0x10, 1, 0, 0, 0) == SystemError.badAddress.rawValue)
        #expect(caller.call(.poll, Caller.data, 33, 0, 0, 0) == SystemError.tooLarge.rawValue)
        #expect(caller.call(.poll, Caller.data, .max, 0, 0, 0) == SystemError.tooLarge.rawValue)
        #expect(caller.call(.poll, Caller.data, 0, 64, 0, 0) == SystemError.badArgument.rawValue)
        #expect(caller.call(.poll, Caller.data, 0, 0, 0, 0) == SystemError.timedOut.rawValue)
        #expect(caller.call(.poll, Caller.data, 0, 0, 1_000_000, 0) == SystemError.timedOut.rawValue)
        #expect(caller.call(.eventTimer, 1_000_000, 0, 0, 0) == 0)
        #expect(caller.call(.poll, Caller.data, 0, EventKinds.timer.rawValue, .max, .max) == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// The handle that is waited for is closed by another thread, and the waiter is killed.
    @Test func handlesMayBeClosedMeanwhile() {
      let kernel = HostedKernel()
      let waiter = kernel.address { caller in
        var entries = [PollEntry(caller.argument, .readable)]
        return caller.poll(&entries, time: .max)
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe(), let ends = caller.makeTerminal() else { return 1 }
        let first = caller.startThread(waiter, argument: pipe.reading)
        let second = caller.startThread(waiter, argument: ends.terminal)
        let third = caller.startThread(waiter, argument: ends.terminal)
        caller.sleep(1_000_000)
        caller.call(.close, pipe.reading)
        caller.call(.close, ends.terminal)
        _ = caller.write([1], to: pipe.writing)
        #expect(caller.wait(first)?.status == 1)
        caller.call(.kill, UInt32(second), 0)
        #expect(caller.wait(second) != nil)
        caller.call(.close, ends.master)
        #expect(caller.wait(third)?.status == 1)
        caller.call(.close, pipe.writing)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// One task waits for pipes, a terminal and a notification, in any kind of task and any order in which others run: all
    /// that was sent is received.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func nothingIsSleptOver(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 45
      kernel.kernelPreemptions = 30
      var random = SeededGenerator(seed: seed &* 91)
      kernel.add("/bin/sender") { caller in
        for number in 0..<20 {
          if caller.write(Array("\(number)\n".utf8), to: StandardHandle.output) < 0 { return 1 }
          if Bool.random(using: &random) { caller.call(.yield) }
        }
        return 0
      }
      kernel.add("/bin/receiver") { caller in
        guard let first = caller.makePipe(), let second = caller.makePipe(), let ends = caller.makeTerminal() else {
          return 1
        }
        let sources = [first.reading, second.reading, ends.terminal]
        let sinks = [first.writing, second.writing, ends.master]
        for sink in sinks {
          _ = caller.start(
            "/bin/sender", Processes.kinds.randomElement(using: &random)!, handles: [.none, .handle(sink), .none])
        }
        for sink in [first.writing, second.writing] { caller.call(.close, sink) }
        var counts = [0, 0, 0]
        while counts != [20, 20, 20] {
          var entries = sources.map { PollEntry($0, .readable) }
          for index in 0..<3 where counts[index] == 20 { entries[index].wanted = [] }
          for index in 0..<2 where counts[index] == 20 { entries[index].handle = ends.terminal }
          if caller.poll(&entries, time: 1_000_000_000) < 0 { return 2 }
          for index in 0..<3 where entries[index].came.contains(.readable) {
            guard let piece = caller.read(5, from: sources[index]) else { return 3 }
            counts[index] += piece.filter { $0 == 0x0a }.count
          }
        }
        while caller.wait() != nil {}
        return 0
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        let kind = Processes.kinds.randomElement(using: &random)!
        #expect(caller.wait(caller.start("/bin/receiver", kind))?.status == 0, "seed \(seed)")
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "seed \(seed): \(result.end) \(result.text)")
    }

    @Test(arguments: Search.Disturbance.allCases)
    func everyPoint(disturbance: Search.Disturbance) {
      let runs = Search.everyPoint(disturbance) { kernel in
        kernel.add("/bin/writer") { caller in caller.write([9], to: StandardHandle.output) == 1 ? 0 : 1 }
        kernel.add("/bin/poller") { caller in
          var entries = [PollEntry(StandardHandle.input, .readable)]
          guard caller.poll(&entries, time: .max) > 0 else { return 1 }
          return caller.read(1, from: StandardHandle.input) == nil ? 2 : 0
        }
        var tasks: [Int32] = []
        return (
          { caller in
            let before = caller.memoryInformation().free
            guard let pipe = caller.makePipe() else { return 1 }
            let poller = caller.start("/bin/poller", [.ring0], handles: [.handle(pipe.reading), .none, .none])
            let writer = caller.start("/bin/writer", handles: [.none, .handle(pipe.writing), .none])
            tasks = [poller, writer]
            for handle in [pipe.reading, pipe.writing] { caller.call(.close, handle) }
            while caller.wait() != nil {}
            let after = caller.memoryInformation()
            #expect(after.free == before && after.discrepancies == 0)
            return 0
          }, { tasks }
        )
      }
      #expect(runs > 20)
    }
  }
}

extension Caller {
  /// Waits, at most `time` nanoseconds, and fills in what came.
  func poll(_ entries: inout [PollEntry], time: UInt64 = 0) -> Int32 {
    withScratch {
      let size = MemoryLayout<PollEntry>.stride
      let place = place([UInt8](repeating: 0, count: size * entries.count))
      for (index, entry) in entries.enumerated() { write(entry, at: place + UInt32(index * size)) }
      let limit = WordPair(time)
      let result = call(.poll, place, UInt32(entries.count), 0, limit.low, limit.high)
      for index in entries.indices { entries[index] = read(at: place + UInt32(index * size), PollEntry()) }
      return result
    }
  }
}
