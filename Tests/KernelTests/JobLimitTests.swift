// Limits of jobs, one step at a time: whatever a start needs is refused by the limit that stops it, and leaves nothing.

import ABI
import MachineSupport
import Testing

extension KernelTests {
  @Suite struct JobLimits {
    /// Starts a program in a job with each limit from nothing to enough: refused with `limitReached` until it is enough, and
    /// nothing is lost either way. A program that is at its limit ends by its first touch of one more page.
    @Test(arguments: Processes.kinds)
    func everyLimit(flags: StartFlags) {
      let kernel = HostedKernel()
      kernel.add("/bin/child") { caller in
        let pipe = caller.call(.pipeCreate, Caller.data)
        let page = caller.call(.memoryMap, 0, 4096, MemoryPermissions([.read, .write]).rawValue)
        let thread = caller.startThread(0x1000)
        return page < 0 || pipe < 0 || thread < 0 ? 7 : 0
      }
      let result = kernel.run { caller in
        var refused = 0
        var started = 0
        _ = caller.wait(caller.start("/bin/child", flags))
        let before = caller.memoryInformation().free
        for pages in 1...24 as ClosedRange<UInt32> {
          var limits = JobAmounts()
          limits.pages = pages
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        for bytes in stride(from: UInt32(64), to: 80_000, by: 331) {
          var limits = JobAmounts()
          limits.kernelBytes = bytes
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        for tasks in 1...3 as ClosedRange<UInt32> {
          var limits = JobAmounts()
          limits.tasks = tasks
          count(caller.start("/bin/child", flags.union(.ownJob), limits: limits))
        }
        func count(_ child: Int32) {
          if child < 0 {
            #expect(child == SystemError.limitReached.rawValue)
            refused += 1
          } else {
            #expect(caller.wait(child) != nil)
            started += 1
          }
        }
        #expect(refused > 20 && started > 20)
        let after = caller.memoryInformation()
        #expect(after.free == before && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// A refusal says which limit of which job it was, once: of the job's own, of one around it, or of the machine.
    @Test func aRefusalNamesTheLimit() {
      let kernel = HostedKernel()
      kernel.add("/bin/inner") { caller in
        let own = caller.newestJob()
        #expect(caller.limitRefusal() == nil)
        while caller.startThread(caller.host.address { $0.sleepForever() }) >= 0 {}
        guard let refusal = caller.limitRefusal() else { return 1 }
        #expect(caller.limitRefusal() == nil)
        // The second job that was made, and not the one inside it that asked.
        return refusal.job == own - 1 && refusal.resource == 2 && refusal.limit == 5 ? 0 : 2
      }
      kernel.add("/bin/outer") { caller in caller.wait(caller.start("/bin/inner", .ownJob))?.status ?? 3 }
      kernel.add("/bin/shell") { caller in
        var limits = JobAmounts()
        limits.tasks = 5
        #expect(caller.wait(caller.start("/bin/outer", .ownJob, limits: limits))?.status == 0)
        limits.tasks = 0
        limits.kernelBytes = 64
        #expect(caller.start("/bin/outer", .ownJob, limits: limits) == SystemError.limitReached.rawValue)
        let refusal = caller.limitRefusal()
        #expect(refusal?.resource == 1 && refusal?.limit == 64)
        return 0
      }
      let result = kernel.run { caller in caller.wait(caller.start("/bin/shell"))?.status ?? 4 }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Jobs that a reserved one starts have no more than part of the tasks and of the kernel's memory.
    @Test func defaultLimits() {
      let kernel = HostedKernel()
      kernel.add("/bin/shell") { caller in caller.wait(caller.start("/bin/program"))?.status ?? 3 }
      kernel.add("/bin/program") { caller in
        let job = caller.job(caller.newestJob())
        #expect(job.limits.tasks == 6144 && job.limits.pages == .max)
        #expect(job.limits.kernelBytes == caller.memoryInformation().total / 2 * 4096)
        return 0
      }
      let result = kernel.run { caller in caller.wait(caller.start("/bin/shell"))?.status ?? 2 }
      #expect(result.status == 0, "\(result.text)")
    }

    /// Limits need a job of their own; jobs lie only so deep in each other.
    @Test func whatIsRefused() {
      let kernel = HostedKernel()
      kernel.add("/bin/deep") { caller in
        let child = caller.start("/bin/deep", .ownJob)
        guard child >= 0 else { return child == SystemError.limitReached.rawValue ? 1 : 99 }
        return (caller.wait(child)?.status ?? 98) + 1
      }
      let result = kernel.run { caller in
        var limits = JobAmounts()
        limits.tasks = 1
        #expect(caller.start("/bin/deep", limits: limits) == SystemError.badArgument.rawValue)
        #expect(caller.startThread(0x1000, .ownJob) == SystemError.badArgument.rawValue)
        #expect(caller.wait(caller.start("/bin/deep"))?.status == 8)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// What handles stand for is paid for by who made it, to the byte, and given back with the last handle.
    @Test(arguments: [SystemCall.notificationCreate, .pipeCreate])
    func objectsArePaidFor(create: SystemCall) {
      let kernel = HostedKernel()
      kernel.add("/bin/maker") { caller in
        let own = caller.newestJob()
        let before = caller.job(own).used.kernelBytes
        var handles: [UInt32] = []
        var sizes: [UInt32] = []
        while let made = caller.make(create) {
          handles += made
          sizes.append(caller.job(own).used.kernelBytes - before)
        }
        #expect(sizes.count >= 14 && sizes[0] > 0)
        for (index, size) in sizes.enumerated() { #expect(size == sizes[0] * UInt32(index + 1)) }
        for handle in handles { caller.call(.close, handle) }
        #expect(caller.job(own).used.kernelBytes == before)
        // Up to a limit that has room for three of them and not for a fourth.
        return Int32(sizes[0])
      }
      kernel.add("/bin/limited") { caller in
        var count: Int32 = 0
        while caller.make(create) != nil { count += 1 }
        return count
      }
      let result = kernel.run { caller in
        _ = caller.wait(caller.start("/bin/limited", .ownJob))
        let free = caller.memoryInformation().free
        let size = UInt32(bitPattern: caller.wait(caller.start("/bin/maker", .ownJob))?.status ?? 0)
        var limits = JobAmounts()
        var least: Int32 = 0
        // In steps of a quarter of the size: the count never falls, and grows by one at a time.
        for bytes in stride(from: UInt32(8_192), to: 131_072, by: Int(size / 4)) {
          limits.kernelBytes = bytes
          let child = caller.start("/bin/limited", .ownJob, limits: limits)
          guard child >= 0, let outcome = caller.wait(child), outcome.kind == OutcomeKind.exited.rawValue else {
            continue
          }
          #expect(outcome.status == least || outcome.status == least + 1, "\(bytes) bytes")
          least = outcome.status
          if least > 3 { break }
        }
        #expect(least == 4)
        let after = caller.memoryInformation()
        #expect(after.free == free && after.discrepancies == 0)
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
    }

    /// The last frames are for reserved jobs, whatever they would be taken for: other jobs get no pipe out of them.
    @Test func theLastFramesAreNoPipes() {
      let kernel = HostedKernel()
      kernel.preemptions = 0
      var least = UInt32.max
      var makers = 0
      // One process has handles for a few pipes only.
      kernel.add("/bin/maker") { caller in
        while true {
          let result = caller.withScratch { caller.call(.pipeCreate, caller.place(PipeEnds())) }
          least = min(least, caller.memoryInformation(check: false).free)
          if result == SystemError.limitReached.rawValue {
            // The second one's job, in which the others are, may have all of memory.
            var limits = JobAmounts()
            limits.kernelBytes = .max - 1
            makers += 1
            _ =
              makers == 1
              ? caller.wait(caller.start("/bin/maker", .ownJob, limits: limits))
              : caller.wait(caller.start("/bin/maker"))
            return 0
          }
          if result < 0 {
            #expect(result == SystemError.outOfMemory.rawValue)
            return 0
          }
        }
      }
      let result = kernel.run { caller in
        _ = caller.wait(caller.start("/bin/maker", .ownJob))
        return 0
      }
      #expect(result.status == 0, "\(result.text)")
      // What the last pipe needed itself may be of them: its record and its buffer lie in new pages of the heap.
      #expect(least >= 45 && least <= 64, "\(least) frames were left")
    }
  }
}

extension Caller {
  /// The number of the newest job.
  fileprivate func newestJob() -> UInt32 {
    var number: UInt32 = 0
    while let next = information(ofJobAfter: number) { number = next.job }
    return number
  }

  fileprivate func job(_ number: UInt32) -> JobInformation {
    information(ofJobAfter: number - 1) ?? JobInformation()
  }

  private func information(ofJobAfter number: UInt32) -> JobInformation? {
    withScratch {
      let place = place(JobInformation())
      return call(.jobInformation, number, place) == 0 ? read(at: place, JobInformation()) : nil
    }
  }

  fileprivate func sleepForever() -> Int32 {
    sleep(.max - 1)
    return 0
  }

  fileprivate func limitRefusal() -> LimitRefusal? {
    withScratch {
      let place = place(LimitRefusal())
      return call(.limitRefusal, place) == 0 ? read(at: place, LimitRefusal()) : nil
    }
  }

  /// Makes an object. The handles for it; nil where there is none to be had.
  fileprivate func make(_ create: SystemCall) -> [UInt32]? {
    if create == .pipeCreate { return makePipe().map { [$0.reading, $0.writing] } }
    let handle = call(create)
    return handle < 0 ? nil : [UInt32(bitPattern: handle)]
  }
}
