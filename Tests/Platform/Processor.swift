// The machine as the kernel's libraries see it, on the host: a processor for tests. The build takes this module `Platform` from
// here for the host, and one of the same face from Machine/Platform for i686.
//
// A flow of control that the kernel switches to and from is a thread, of which one runs at any time: `switchTask` wakes the next
// one and sleeps until somebody switches back. What it takes for a stack pointer is the flow's number. Time stands still but for
// what a test adds to it.
//
// Invariant: only the flow that runs touches the processor, so nothing here is locked.

import Dispatch
import Foundation

/// The CPU that runs the code under test.
public final class Processor: @unchecked Sendable {
  public var currentTask: UInt = 0
  public var attention: UInt32 = 0
  /// Time stamps; a test moves them on.
  public var stamp: UInt64 = 0
  /// The time stamp at which the timer interrupts; nil: it is silent.
  public var timer: UInt64?
  public var protection: UInt32 = 0
  public private(set) var kernelDirectory: UInt32 = 1
  public private(set) var loadedDirectory: UInt32 = 1
  /// What was set for the task that runs.
  public private(set) var stackEnd: UInt32 = 0
  public private(set) var directEntry: UInt32 = 0
  public private(set) var sharedStack: (floor: UInt32, end: UInt32) = (0, 0)
  public private(set) var threadSegment: UInt64 = 0
  public private(set) var switches = 0

  /// One semaphore for each flow; flow 0 is the thread of the test.
  private var flows = [DispatchSemaphore(value: 0)]
  private var flow = 0

  public init() {}

  /// Makes a flow that begins with `body` when it is first switched to, and never returns from it.
  /// - Returns: what stands for its stack pointer.
  public func addFlow(_ body: @escaping @Sendable () -> Never) -> UInt32 {
    let turn = DispatchSemaphore(value: 0)
    flows.append(turn)
    let thread = Thread {
      turn.wait()
      body()
    }
    thread.stackSize = 512 * 1024
    thread.start()
    return UInt32(flows.count - 1)
  }

  public func setTimer(ticks: UInt32) { timer = stamp + UInt64(ticks) }
  public func setEntry(stackEnd: UInt32, directEntry: UInt32) {
    self.stackEnd = stackEnd
    self.directEntry = directEntry
  }
  public func setSharedStack(floor: UInt32, end: UInt32) { sharedStack = (floor, end) }
  public func setThreadSegment(_ descriptor: UInt64) { threadSegment = descriptor }
  public func reloadThreadSegment() {}
  public func clearBreakpoints() {}
  public func loadControls() {}
  public func changeProtection(to wanted: UInt32) -> UInt32 {
    defer { protection = wanted }
    return wanted == protection ? 0 : 1
  }

  public func switchTask(
    saving place: UnsafeMutablePointer<UInt32>, to stackPointer: UInt32, directory: UInt32, changesProtection: UInt32
  ) {
    let own = flow
    place.pointee = UInt32(own)
    goOn(at: stackPointer, directory)
    flows[own].wait()
  }

  public func resumeTask(at stackPointer: UInt32, directory: UInt32, changesProtection: UInt32) -> Never {
    goOn(at: stackPointer, directory)
    pthread_exit(nil)
  }

  private func goOn(at stackPointer: UInt32, _ directory: UInt32) {
    if directory != 0 { loadedDirectory = directory }
    switches += 1
    flow = Int(stackPointer)
    flows[flow].signal()
  }
}
