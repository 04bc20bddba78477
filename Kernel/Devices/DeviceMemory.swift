// Memory that devices read and write by themselves: runs of frames that a driver gets for the device whose ports it has.
//
// Invariants:
// - The frames belong to `device`, not to the driver's process: its end, however that comes, gives none of them back. The
//   device may write to them until somebody has silenced it.
// - They are given back when whoever has the device's ports says that it is silent, and no process has them mapped.

import ABI
import Boot
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct DeviceRuns {
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

package struct DeviceMemory {
  let context: Context

  package init(_ context: Context) { self.context = context }

  /// The most of one run: 64 KiB, which is what devices take at once, and a table of where it is.
  private static var limit: UInt32 { 32 * pageSize }

  /// Maps zeroed frames, one after the other in physical memory, for the device behind ports of the caller's.
  package func add(
    port: UInt32, length: UInt32, isLow: Bool, to place: UInt32
  ) throws(SystemError) {
    guard length > 0, length <= Self.limit else { throw .badArgument }
    let process = context.currentProcess
    let space = context.scheduler.current.value.space
    guard let slot = context.devices.runs.runs.indices.first(where: { context.devices.runs.runs[$0] == nil }) else {
      throw .limitReached
    }
    let count = pagesNeeded(length)
    guard
      let first = context.memory.frames.allocateRun(count: count, zone: isLow ? .dma : .low, owner: .device)
    else { throw .outOfMemory }
    zero_words(DirectMap.address(of: first), count &* 1024)
    var mapped: UInt32 = 0
    do throws(SystemError) {
      mapped = try space.addDevice(first: first.value, count: count, [.read, .write], isCached: true)
      var answer = DeviceMemoryPlace()
      answer.address = mapped
      answer.physicalAddress = first.value &* pageSize
      try UserBuffer(address: place, length: 0, in: context).write(answer)
    } catch {
      if mapped != 0 { space.removeDevice(start: mapped, length: count * pageSize) }
      free(first, count)
      throw error
    }
    context.devices.runs.runs[slot] = DeviceRuns.Run(
      first: first, count: count, port: port, owner: process.value.identity, address: mapped)
  }

  /// The device behind some ports is silent: what was kept for it is free, but for what is still mapped.
  package func release(first: UInt32, count: UInt32) {
    for slot in context.devices.runs.runs.indices {
      guard let run = context.devices.runs.runs[slot], run.port &- first < count, !isMapped(run) else { continue }
      context.devices.runs.runs[slot] = nil
      free(run.first, run.count)
    }
  }

  private func isMapped(_ run: DeviceRuns.Run) -> Bool {
    guard let task = context.scheduler.tasks.find(run.owner), let space = task.value.process.value.space else {
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

  private func free(_ first: FrameNumber, _ count: UInt32) {
    do throws(FrameFault) { try context.memory.frames.freeRun(first, count: count) } catch {
      Frames(context).report(error)
    }
  }

  /// How many frames are kept for devices.
  package var frameCount: UInt32 {
    var count: UInt32 = 0
    for slot in context.devices.runs.runs.indices { count &+= context.devices.runs.runs[slot]?.count ?? 0 }
    return count
  }
}
