// What an address means to a task, from the kernel's own structures.

import ABI
import Diagnostics
import Machine
import MachineSupport
import Memory
import Primitives
import Tasks

enum AddressMeanings {
  static func meaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning {
    if address >= AddressLayout.kernelStart { return kernelMeaning(of: address, for: task) }
    if address < AddressLayout.nullGuardEnd { return .nullPage }
    guard task != kernel.scheduler.idle, let space = task.value.process.value.space else { return .unmapped }
    if let owner = task.value.process.task(withStackNear: address) {
      let stack = StackIdentity(
        owner: .task(FaultReporter.identity(of: owner)), size: owner.value.stackEnd &- owner.value.stackStart)
      if address < owner.value.stackStart { return .guardBelowStack(stack) }
      if address >= owner.value.stackEnd { return .guardAboveStack(stack) }
    }
    if let region = space.region(containing: address) { return .region(purpose(of: region.purpose)) }
    if let below = space.region(before: address) {
      return .unmappedAfter(purpose(of: below.purpose), distance: address &- UInt32(truncatingIfNeeded: below.end))
    }
    return .unmapped
  }

  private static func purpose(of purpose: ABI.RegionPurpose) -> Diagnostics.RegionPurpose {
    switch purpose {
    case .text: .code
    case .readOnlyData: .readOnlyData
    case .data: .data
    case .stack, .threadStack, .guardPage: .stack
    case .systemCallPage: .systemCallPage
    case .mapping, .device, .shared: .mapping
    case .lent: .lent
    }
  }

  private static func kernelMeaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning {
    if address >= address_of___text_start() && address < address_of___text_end() { return .kernelCode }
    if address >= address_of___read_only_start() && address < address_of___read_only_end() {
      return .kernelConstants
    }
    if KernelStacks.isGuard(address) {
      guard task != kernel.scheduler.idle else { return .kernelGuard }
      return .guardBelowStack(
        StackIdentity(owner: .kernelStack(of: FaultReporter.identity(of: task)), size: KernelStacks.size))
    }
    if let meaning = ModuleStacks.meaning(of: address, for: task) { return meaning }
    if let meaning = Modules.meaning(of: address) { return meaning }
    if address >= KernelLayout.localController && address < KernelLayout.windows { return .deviceMemory }
    return kernel.memory.tables.lookup(VirtualAddress(address)) == nil ? .kernelUnmapped : .kernelMemory
  }
}
