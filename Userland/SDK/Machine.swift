// The machine as a whole: memory, log, power.

import ABI
import Runtime

public enum Machine {
  /// Stops the machine; `status` is what the host sees. Comes back only where the caller may not do that.
  public static func powerOff(status: Int32) {
    _ = SystemCalls.powerOff(UInt32(bitPattern: status))
  }

  /// Waits until the attention key is pressed, for the first process, which reads what is typed then. Returns how many microseconds
  /// ago that was.
  public static func waitForAttention() throws(SystemError) -> UInt32 {
    try checked(SystemCalls.attentionWait())
  }

  /// What the kernel has counted since boot.
  public static var counters: MachineCounters {
    var counters = MachineCounters()
    _ = unsafe SystemCalls.counters(&counters)
    return counters
  }

  /// Counts the machine's memory by owner, in pages.
  public static func memory(_ flags: MemoryInformationFlags = []) throws(SystemError) -> MemoryInformation {
    var information = MemoryInformation()
    _ = try checked(unsafe SystemCalls.memoryInformation(&information, flags))
    return information
  }

  /// The job with the next higher number; nil after the last.
  public static func job(after number: UInt32) throws(SystemError) -> JobInformation? {
    var information = JobInformation()
    do throws(SystemError) {
      _ = try checked(unsafe SystemCalls.jobInformation(number, &information))
    } catch {
      if error == .notFound { return nil }
      throw error
    }
    return information
  }

  /// What the owner with number `index` has in the kernel's heap; nil after the last.
  public static func kernelHeap(_ index: UInt32) throws(SystemError) -> HeapInformation? {
    var information = HeapInformation()
    do throws(SystemError) {
      _ = try checked(unsafe SystemCalls.heapInformation(index, &information))
      return information
    } catch {
      if error == .notFound { return nil }
      throw error
    }
  }

  /// Does something to the kernel to see what comes of it; needs the right `ring0`.
  @discardableResult
  public static func test(_ test: KernelTest, _ argument: UInt32 = 0) throws(SystemError) -> UInt32 {
    try checked(SystemCalls.kernelTest(test.rawValue, argument))
  }

  /// The first region of a task's address space that ends above `address`; nil after the last.
  public static func region(
    of task: TaskIdentity, above address: UInt32
  ) throws(SystemError) -> RegionInformation? {
    var information = RegionInformation()
    do throws(SystemError) {
      _ = try checked(unsafe SystemCalls.memoryRegion(task.number, address, &information))
      return information
    } catch {
      if error == .notFound { return nil }
      throw error
    }
  }

  /// Calls `body` with the pieces of the kernel's log, from its oldest byte.
  public static func readLog(_ body: (Bytes) -> Void) throws(SystemError) {
    var buffer = InlineArray<512, UInt8>(repeating: 0)
    var position: UInt32 = 0
    while true {
      let result = unsafe withUnsafeMutablePointer(to: &buffer) {
        unsafe SystemCalls.logRead(position, $0, 512)
      }
      let count = try checked(result)
      if count == 0 { return }
      unsafe withUnsafePointer(to: &buffer) {
        unsafe $0.withMemoryRebound(to: UInt8.self, capacity: 512) {
          unsafe body(Bytes(start: $0, count: Int(count)))
        }
      }
      position &+= count
    }
  }
}
