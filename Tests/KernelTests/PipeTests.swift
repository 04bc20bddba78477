// Pipes: what comes out is what went in, whoever is killed, and nothing stays behind.

import ABI
import TestSupport
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Pipes {
    @Test func bytesPassInOrder() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe() else { return 1 }
        #expect(caller.write([1, 2, 3], to: pipe.writing) == 3)
        #expect(caller.write([4, 5], to: pipe.writing) == 2)
        #expect(caller.read(4, from: pipe.reading) == [1, 2, 3, 4])
        #expect(caller.read(4, from: pipe.reading) == [5])
        // Each end is only that.
        #expect(caller.write([1], to: pipe.reading) == SystemError.unsupported.rawValue)
        #expect(caller.read(1, from: pipe.writing) == nil)
        #expect(caller.call(.seek, pipe.reading, 0) == SystemError.unsupported.rawValue)
        // Nothing is nothing, on either side.
        #expect(caller.write([], to: pipe.writing) == 0)
        #expect(caller.read(0, from: pipe.reading) == [])
        // A bad address takes nothing and leaves nothing.
        #expect(caller.call(.write, pipe.writing, 0x10, 4) == SystemError.badAddress.rawValue)
        #expect(caller.write([6], to: pipe.writing) == 1)
        #expect(caller.call(.read, pipe.reading, 0x10, 4) == SystemError.badAddress.rawValue)
        #expect(caller.read(4, from: pipe.reading) == [6])
        // The end: what is left, and then nothing.
        #expect(caller.write([7, 8], to: pipe.writing) == 2)
        caller.call(.close, pipe.writing)
        #expect(caller.read(1, from: pipe.reading) == [7])
        #expect(caller.read(4, from: pipe.reading) == [8])
        #expect(caller.read(4, from: pipe.reading) == [])
        caller.call(.close, pipe.reading)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test func nobodyIsLeftToRead() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        guard let pipe = caller.makePipe() else { return 1 }
        let second = UInt32(caller.call(.handleDuplicate, pipe.reading, HandleRights.all.rawValue))
        caller.call(.close, pipe.reading)
        #expect(caller.write([1], to: pipe.writing) == 1)
        caller.call(.close, second)
        #expect(caller.write([1], to: pipe.writing) == SystemError.peerGone.rawValue)
        #expect(caller.write([], to: pipe.writing) == SystemError.peerGone.rawValue)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A piece that fits some time comes in whole; a larger one as far as there is room.
    @Test func aFullPipe() {
      let kernel = HostedKernel()
      kernel.add("/bin/writer") { caller in
        let written = caller.write([UInt8](repeating: 2, count: 4096), to: StandardHandle.output)
        return written == 4096 ? 0 : 1
      }
      let result = kernel.run { caller in
        guard let pipe = caller.makePipe() else { return 1 }
        #expect(caller.write([UInt8](repeating: 1, count: 5000), to: pipe.writing) == 5000)
        #expect(caller.write([UInt8](repeating: 1, count: 9000), to: pipe.writing) == 3192)
        let writer = caller.start("/bin/writer", handles: [.none, .handle(pipe.writing), .none])
        caller.call(.close, pipe.writing)
        // One byte less than it needs: it waits.
        #expect(caller.read(4095, from: pipe.reading)?.count == 4095)
        caller.sleep(1_000_000)
        #expect(caller.wait(writer, .noWait) == nil)
        #expect(caller.read(1, from: pipe.reading) == [1])
        #expect(caller.wait(writer)?.status == 0)
        var rest: [UInt8] = []
        while let piece = caller.read(3000, from: pipe.reading), !piece.isEmpty { rest += piece }
        #expect(rest == [UInt8](repeating: 1, count: 4096) + [UInt8](repeating: 2, count: 4096))
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Several write pieces with their name and number in each byte, several read, some are killed: pieces are whole, each writer's
    /// in order, and all that was acknowledged comes out where no reader was killed.
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func manyWriters(seed: UInt64) {
      let kernel = HostedKernel(seed: seed)
      kernel.preemptions = 40
      var random = SeededGenerator(seed: seed &* 77)
      let killsWriters = seed % 3 == 1
      let killsReaders = seed % 3 == 2
      var written: [UInt8: Int] = [:]
      var names = 0 as UInt8
      var taken: [[UInt8]] = []
      kernel.add("/bin/writer") { caller in
        names += 1
        let name = names
        for _ in 0..<40 {
          let size = Int.random(in: 1...(Bool.random(using: &random) ? 40 : 4096), using: &random)
          let result = caller.write([UInt8](repeating: name, count: size), to: StandardHandle.output)
          if result < 0 { return result }
          #expect(Int(result) == size)
          written[name, default: 0] += size
        }
        return 0
      }
      kernel.add("/bin/reader") { caller in
        while let piece = caller.read(UInt32.random(in: 1...6000, using: &random), from: StandardHandle.input) {
          if piece.isEmpty { return 0 }
          taken.append(piece)
        }
        return 1
      }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe() else { return 1 }
        var writers: [Int32] = []
        var readers: [Int32] = []
        for kind in Processes.kinds {
          writers.append(caller.start("/bin/writer", kind, handles: [.none, .handle(pipe.writing), .none]))
          if killsReaders || readers.isEmpty {
            readers.append(caller.start("/bin/reader", kind, handles: [.handle(pipe.reading), .none, .none]))
          }
        }
        caller.call(.close, pipe.writing)
        caller.call(.close, pipe.reading)
        for _ in 0..<3 {
          caller.sleep(UInt64.random(in: 0...2_000_000, using: &random))
          if killsWriters { caller.call(.kill, UInt32(writers.randomElement(using: &random)!), 1) }
          if killsReaders { caller.call(.kill, UInt32(readers.randomElement(using: &random)!), 1) }
        }
        while caller.wait() != nil {}
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "seed \(seed): \(result.end) \(result.text)")
      guard !killsReaders else { return }
      var sums: [UInt8: Int] = [:]
      for byte in taken.joined() { sums[byte, default: 0] += 1 }
      for (name, sum) in written {
        // The last piece of a writer that was killed may be in the pipe without its having been told.
        #expect(sums[name]! >= sum && (killsWriters || sums[name]! == sum), "seed \(seed)")
      }
    }

    @Test(arguments: Search.Disturbance.allCases)
    func everyPoint(disturbance: Search.Disturbance) {
      let runs = Search.everyPoint(disturbance) { kernel in
        kernel.add("/bin/writer") { caller in
          for count in [3000, 4096, 2500] {
            if caller.write([UInt8](repeating: 9, count: count), to: StandardHandle.output) < 0 { return 1 }
          }
          return 0
        }
        kernel.add("/bin/filter") { caller in
          while let piece = caller.read(5000, from: StandardHandle.input), !piece.isEmpty {
            var left = piece[...]
            while !left.isEmpty {
              let count = caller.write([UInt8](left), to: StandardHandle.output)
              guard count > 0 else { return 1 }
              left = left.dropFirst(Int(count))
            }
          }
          return 0
        }
        var tasks: [Int32] = []
        return (
          { caller in
            let before = caller.memoryInformation().free
            guard let first = caller.makePipe(), let second = caller.makePipe() else { return 1 }
            let writer = caller.start("/bin/writer", handles: [.none, .handle(first.writing), .none])
            let filter = caller.start(
              "/bin/filter", [.ring0], handles: [.handle(first.reading), .handle(second.writing), .none])
            tasks = [writer, filter]
            for handle in [first.reading, first.writing, second.writing] { caller.call(.close, handle) }
            var sum = 0
            while let piece = caller.read(1000, from: second.reading), !piece.isEmpty { sum += piece.count }
            #expect(disturbance == .killOfFirst || disturbance == .killOfSecond || sum == 9596)
            caller.call(.close, second.reading)
            while caller.wait() != nil {}
            let after = caller.memoryInformation()
            #expect(after.free == before && after.discrepancies == 0)
            return 0
          }, { tasks }
        )
      }
      #expect(runs > 40)
    }

    /// The handle of the end at which a thread waits is closed by another thread.
    @Test func anEndIsClosedUnderAWaitingThread() {
      let kernel = HostedKernel()
      var ends = PipeEnds()
      let thread = kernel.address { caller in caller.read(8, from: ends.reading) == [] ? 5 : 6 }
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        guard let pipe = caller.makePipe() else { return 1 }
        ends = pipe
        let task = caller.startThread(thread)
        caller.sleep(1_000_000)
        caller.call(.close, pipe.reading)
        #expect(caller.write([1], to: pipe.writing) == SystemError.peerGone.rawValue)
        caller.call(.close, pipe.writing)
        #expect(caller.wait(task)?.status == 5)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    @Test(arguments: [KernelTest.failFrame, .failHeap])
    func memoryRunsOut(what: KernelTest) {
      let (result, failures) = Shortage.everyAllocation(of: what, []) { caller in
        let place = caller.place(PipeEnds())
        let result = caller.call(.pipeCreate, place)
        guard result == 0 else { return result }
        let pipe = caller.read(at: place, PipeEnds())
        caller.call(.close, pipe.reading)
        caller.call(.close, pipe.writing)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      #expect(failures >= (what == .failHeap ? 2 : 0))
    }

    @Test func noRoomForHandles() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let before = caller.memoryInformation().free
        var pipes: [PipeEnds] = []
        while let pipe = caller.makePipe() { pipes.append(pipe) }
        // 29 places: the last pipe got one handle, and gave it back.
        #expect(pipes.count == 14)
        #expect(caller.call(.pipeCreate, caller.place(PipeEnds())) == SystemError.limitReached.rawValue)
        #expect(caller.call(.pipeCreate, 0x10) == SystemError.badAddress.rawValue)
        for pipe in pipes {
          caller.call(.close, pipe.writing)
          caller.call(.close, pipe.reading)
        }
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
