// What an address means to a task, from the kernel's own structures.

import ABI
import Diagnostics
import MachineSupport
import Memory
import Objects
import Platform
import Primitives
import Scheduling
import VirtualMemory

package struct AddressClassifier {
  package let context: Context

  package init(_ context: Context) { self.context = context }

  package func meaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning {
    if address >= AddressLayout.kernelStart { return kernelMeaning(of: address, for: task) }
    if address < AddressLayout.nullGuardEnd { return .nullPage }
    guard task != context.scheduler.idle, let space = task.value.process.value.space else { return .unmapped }
    let process = task.value.process
    let own = task.value.stackStart == 0 ? nil : stack(of: task)
    if let meaning = AddressMeaning.nearStack(
      address, own: own, other: process.task(withStackNear: address).map(stack))
    {
      return meaning
    }
    if let region = space.region(containing: address) {
      let purpose = purpose(of: region.purpose)
      let isAbsent = region.attributes.permissions.contains(.write) && space.readWord(at: address & ~3) == nil
      return isAbsent ? .promised(purpose) : .region(purpose)
    }
    return .nothing(
      at: address, own: own, above: process.task(withStackAbove: address).map(stack),
      below: space.region(before: address).map {
        (purpose: purpose(of: $0.purpose), end: UInt32(truncatingIfNeeded: $0.end))
      })
  }

  /// What a stack pointer means below which `needed` bytes could not be used.
  package func meaning(ofStackPointer address: UInt32, needed: UInt32, for task: Reference<Task>) -> AddressMeaning {
    let below = meaning(of: address &- 4, for: task)
    guard address < AddressLayout.kernelStart, task != context.scheduler.idle else { return below }
    let other = task.value.process.task(withStackNear: address).flatMap { $0 == task ? nil : stack(of: $0) }
    return AddressMeaning.stackPointer(
      address, own: stack(of: task), other: other, needed: needed, isShared: task.value.mode == .kernelSharedStack)
      ?? below
  }

  private func stack(of task: Reference<Task>) -> StackPlace {
    let (start, end) = (task.value.stackStart, task.value.stackEnd)
    return StackPlace(
      identity: StackIdentity(owner: .task(task.inReports), size: end &- start), start: start,
      end: end)
  }

  private func purpose(of purpose: RegionPurpose) -> RegionMeaning {
    switch purpose {
    case .text: .code
    case .readOnlyData: .readOnlyData
    case .data: .data
    case .stack, .threadStack, .guardPage: .stack
    case .systemCallPage: .systemCallPage
    case .mapping, .device, .shared: .mapping
    case .lent: .lent
    case .exchange: .exchange
    }
  }

  private func kernelMeaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning {
    if address >= address_of___text_start() && address < address_of___text_end() { return .kernelCode }
    if address >= address_of___read_only_start() && address < address_of___read_only_end() {
      return .kernelConstants
    }
    if KernelStacks(context).isGuard(address) {
      guard task != context.scheduler.idle else { return .kernelGuard }
      return .guardBelowStack(
        StackIdentity(owner: .kernelStack(of: task.inReports), size: KernelStacks.size))
    }
    if let meaning = context.faultReports.moduleMeaning(context, address, task) { return meaning }
    if address >= Processor.controller && address < KernelLayout.windows { return .deviceMemory }
    return context.memory.tables.lookup(VirtualAddress(address)) == nil ? .kernelUnmapped : .kernelMemory
  }
}
