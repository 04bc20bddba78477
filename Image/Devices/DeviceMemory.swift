// Memory that devices read and write by themselves: runs of frames that a driver gets for the device whose ports it has.
//
// Invariants:
// - The frames belong to `device`, not to the driver's process: its end, however that comes, gives none of them back. The
//   device may write to them until somebody has silenced it.
// - They are given back when whoever has the device's ports says that it is silent, and no process has them mapped.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

struct DeviceRuns {
  fileprivate struct Run {
    let first: FrameNumber
    let count: UInt32
    /// The first of the ports for which it was asked.
    let port: UInt32
    /// Who asked, and where it is mapped there.
    let owner: TaskIdentity
    let address: UInt32
  }

  fileprivate var runs = InlineArray<16, Run?>(repeating: nil)
}

enum DeviceMemory {
  /// The most of one run: 64 KiB, which is what devices take at once, and a table of where it is.
  private static var limit: UInt32 { 32 * pageSize }

  /// Maps zeroed frames, one after the other in physical memory, for the device behind ports of the caller's.
  static func add(
    port: UInt32, length: UInt32, isLow: Bool, to place: UInt32
  ) throws(SystemError) {
    guard length > 0, length <= limit else { throw .badArgument }
    let process = kernel.scheduler.current.value.process
    guard let space = process.value.space else { throw .cancelled }
    guard let slot = kernel.deviceRuns.runs.indices.first(where: { kernel.deviceRuns.runs[$0] == nil }) else {
      throw .limitReached
    }
    let count = pagesNeeded(length)
    guard
      let first = kernel.memory.frames.allocateRun(count: count, zone: isLow ? .dma : .low, owner: .device)
    else { throw .outOfMemory }
    zero_words(DirectMap.address(of: first), count &* 1024)
    var mapped: UInt32 = 0
    do throws(SystemError) {
      mapped = try space.addDevice(first: first.value, count: count, [.read, .write], isCached: true)
      var answer = DeviceMemoryPlace()
      answer.address = mapped
      answer.physicalAddress = first.value &* pageSize
      try UserBuffer(address: place, length: 0).write(answer)
    } catch {
      if mapped != 0 { space.removeDevice(start: mapped, length: count * pageSize) }
      free(first, count)
      throw error
    }
    kernel.deviceRuns.runs[slot] = DeviceRuns.Run(
      first: first, count: count, port: port, owner: process.value.identity, address: mapped)
  }

  /// The device behind some ports is silent: what was kept for it is free, but for what is still mapped.
  static func release(first: UInt32, count: UInt32) {
    for slot in kernel.deviceRuns.runs.indices {
      guard let run = kernel.deviceRuns.runs[slot], run.port &- first < count, !isMapped(run) else { continue }
      kernel.deviceRuns.runs[slot] = nil
      free(run.first, run.count)
    }
  }

  private static func isMapped(_ run: DeviceRuns.Run) -> Bool {
    guard let task = kernel.scheduler.tasks.find(run.owner), let space = task.value.process.value.space else {
      return false
    }
    for page in 0..<run.count {
      if space.value.tables.lookup(VirtualAddress(run.address &+ page &* pageSize))?.frame
        == FrameNumber(run.first.value &+ page)
      {
        return true
      }
    }
    return false
  }

  private static func free(_ first: FrameNumber, _ count: UInt32) {
    do throws(FrameFault) { try kernel.memory.frames.freeRun(first, count: count) } catch { Frames.report(error) }
  }

  /// How many frames are kept for devices.
  static var frameCount: UInt32 {
    var count: UInt32 = 0
    for slot in kernel.deviceRuns.runs.indices { count &+= kernel.deviceRuns.runs[slot]?.count ?? 0 }
    return count
  }
}
