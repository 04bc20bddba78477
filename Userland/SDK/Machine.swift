// The machine as a whole: memory, log, power.

import ABI
import Runtime

public enum Machine {
  /// Stops the machine; `status` is what the host sees. Comes back only where the caller may not do that.
  public static func powerOff(status: Int32) {
    _ = SystemCalls.powerOff(UInt32(bitPattern: status))
  }

  /// Counts the machine's memory by owner, in pages.
  public static func memory(_ flags: MemoryInformationFlags = []) throws(SystemError) -> MemoryInformation {
    var information = MemoryInformation()
    _ = try checked(unsafe SystemCalls.memoryInformation(&information, flags))
    return information
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
