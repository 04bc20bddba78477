// Long calls let others run in their middle, and nothing that those do then harms them.

import ABI
import Testing

@testable import Kernel

extension KernelTests {
  @Suite struct Preemption {
    private static var pages: UInt32 { 200 }

    /// Maps pages and gives each of them memory.
    private static func mapAndTouch(_ caller: Caller) -> UInt32 {
      let permissions = MemoryPermissions([.read, .write]).rawValue
      let start = UInt32(caller.call(.memoryMap, 0, pages << 12, permissions)) << 12
      for page in 0..<pages { caller.write(UInt32(1), at: start + page << 12) }
      return start
    }

    /// Another thread runs in the middle of `memoryUnmap`, and changes the mappings that are being removed.
    @Test(arguments: Processes.kinds) func unmapping(flags: StartFlags) {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.kernelPreemptions = 100
      var start: UInt32 = 0
      var turns = 0
      var isDone = false
      let other = kernel.address { caller in
        let permissions = MemoryPermissions([.read, .write]).rawValue
        while !isDone {
          turns += 1
          if start != 0 {
            // In what is gone already, and in what is still there.
            let page = start + UInt32(turns * 7) % Self.pages << 12
            if caller.call(.memoryMap, page, 4096, permissions) >= 0 { caller.write(UInt32(2), at: page) }
            caller.call(.memoryUnmap, start + UInt32(turns * 11) % Self.pages << 12, 8192)
          }
          caller.call(.yield)
        }
        return 0
      }
      kernel.add("/bin/child") { caller in
        let thread = caller.startThread(other, flags)
        guard thread >= 0 else { return 1 }
        start = Self.mapAndTouch(caller)
        let before = turns
        #expect(caller.call(.memoryUnmap, start, Self.pages << 12) == 0)
        #expect(turns - before >= 5)
        isDone = true
        return caller.wait(thread) == nil ? 2 : 0
      }
      let result = kernel.run { caller in
        _ = caller.wait(caller.start("/bin/child", flags))
        (start, turns, isDone) = (0, 0, false)
        let free = caller.memoryInformation().free
        #expect(caller.wait(caller.start("/bin/child", flags))?.status == 0)
        let after = caller.memoryInformation()
        #expect(after.free == free && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A range that was never touched is not walked over page by page.
    @Test func unmappingWhatWasNeverTouched() {
      let kernel = HostedKernel()
      let result = kernel.run { caller in
        let permissions = MemoryPermissions([.read, .write]).rawValue
        let start = UInt32(caller.call(.memoryMap, 0, 1 << 30, permissions)) << 12
        caller.write(UInt32(1), at: start + 1 << 29)
        let before = kernel.kernelPoints
        #expect(caller.call(.memoryUnmap, start, 1 << 30) == 0)
        #expect(kernel.kernelPoints - before < 64)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Others run while a large process ends, by itself or by somebody who ends it.
    @Test(arguments: Processes.kinds, [false, true]) func ending(flags: StartFlags, isKilled: Bool) {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.kernelPreemptions = 100
      var loops = false
      kernel.add("/bin/large") { caller in
        _ = Self.mapAndTouch(caller)
        while loops { caller.call(.yield) }
        return 7
      }
      let result = kernel.run { caller in
        _ = caller.wait(caller.start("/bin/large", flags))
        loops = isKilled
        let free = caller.memoryInformation().free
        let points = kernel.kernelPoints
        let child = caller.start("/bin/large", flags)
        var turns = 0
        if isKilled {
          for _ in 0..<3 { caller.call(.yield) }
          caller.call(.kill, UInt32(bitPattern: child), 7)
        }
        while caller.wait(child, .noWait) == nil {
          turns += 1
          caller.call(.yield)
        }
        // How many turns this task has is up to what its share has used; it has some before the other has ended.
        #expect(turns >= 1 && kernel.kernelPoints - points >= 5)
        let after = caller.memoryInformation()
        #expect(after.free == free && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A thread closes the handles that a new process is to have, while that is being started.
    @Test func startingWithHandlesThatAreClosed() {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.kernelPreemptions = 100
      var ends = PipeEnds()
      var turns = 0
      kernel.add("/bin/reader") { caller in caller.read(4, from: StandardHandle.input)?.count == 4 ? 5 : 6 }
      let other = kernel.address { caller in
        turns += 1
        // What is half made is counted too.
        #expect(caller.memoryInformation().discrepancies == 0)
        caller.call(.close, ends.reading)
        // The last handle, if the start has none: the pipe would be gone.
        return 0
      }
      let result = kernel.run { caller in
        _ = caller.wait(caller.start("/bin/reader", handles: [.none, .none, .none]))
        ends = caller.makePipe() ?? PipeEnds()
        #expect(caller.write([1, 2, 3, 4], to: ends.writing) == 4)
        #expect(caller.startThread(other) >= 0)
        let child = caller.start("/bin/reader", handles: [.handle(ends.reading), .none, .none])
        #expect(turns == 1)
        #expect(caller.wait(child)?.status == 5)
        caller.call(.close, ends.writing)
        #expect(caller.memoryInformation().discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A long read of a file returns what it has where somebody else is due.
    @Test func reading() {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      kernel.kernelPreemptions = 100
      let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      kernel.files["/long"] = bytes
      let result = kernel.run { caller in
        let handle = caller.open("/long")
        guard handle >= 0 else { return 1 }
        let start = UInt32(caller.call(.memoryMap, 0, 1 << 17, MemoryPermissions([.read, .write]).rawValue)) << 12
        var counts: [Int32] = []
        while counts.last != 0 {
          let done = UInt32(counts.reduce(0, +))
          counts.append(caller.call(.read, UInt32(bitPattern: handle), start + done, 1 << 17 - done))
          if counts.last ?? -1 < 0 { return 2 }
        }
        #expect(counts == [32768, 32768, 32768, 1696, 0])
        #expect(caller.read(bytes.count, at: start) == bytes)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }
  }
}
