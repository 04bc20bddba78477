// The stacks that calls into linked modules run on: 16 KiB each, between two pages that are never mapped. What the kernel
// keeps for a call (the edge, the request, its own frames) lies on the stack of the task, where no overrun of the module's
// reaches it, neither upwards nor downwards.
//
// One stack, of the first slot, is the processor's: the call that finds it free runs on it, and module_call.S gives it to
// requests in registers without asking anybody. As a call is not preempted it is nearly always free; only one that waits
// inside a module keeps it, and calls beside that one take stacks from the pool.
//
// Invariant: `module_stack_user` is 0 while the processor's stack is mapped and free, 1 while it is not mapped, else the
// address of the task whose call is on it.

import ABI
import Diagnostics
import Executables
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

/// The stack of one call that does not come in registers.
struct ModuleStack {
  /// The first address.
  let start: UInt32
  /// That of the call which this one is made in; 0: there is none.
  private let outer: UInt32

  /// Takes one for a call of the current task.
  static func take() throws(SystemError) -> ModuleStack {
    let task = kernel.scheduler.current
    let start = try ModuleStacks.takeStart(for: task)
    let outer = task.value.moduleStack
    task.value.moduleStack = start
    return ModuleStack(start: start, outer: outer)
  }

  var end: UInt32 { start + ModuleStacks.size }

  /// Gives it back after the call.
  func giveBack(by task: Reference<Task>) {
    task.value.moduleStack = outer
    ModuleStacks.give(back: start)
  }
}

enum ModuleStacks {
  private static var pages: UInt32 { size / pageSize }
  static var size: UInt32 { ModuleStackLimits.size }
  static func makePool() -> StackPool {
    StackPool(
      start: KernelLayout.moduleStacksStart, end: KernelLayout.moduleStacksEnd, pages: pages, isFirstReserved: true)
  }
  fileprivate static var pool: Reference<StackPool> { reference(to: &kernel.memory.moduleStacks) }
  fileprivate static var ofProcessor: UInt32 { KernelLayout.moduleStacksStart + pageSize }

  private static var absent: UInt32 { 1 }
  private static var user: UInt32 {
    get { read_module_stack_user() }
    set { write_module_stack_user(newValue) }
  }

  /// What module_call.S expects of the processor's stack.
  static var isPlacedAsExpected: Bool { address_of_module_stack_end() == ofProcessor + size }

  /// All pages of such stacks.
  static var mappedPages: UInt32 { kernel.memory.moduleStacks.stackCount * pages }

  /// The stack that the innermost call of a task into a module runs on; nil where it is in none.
  static func current(of task: Reference<Task>) -> UInt32? {
    if task.value.moduleStack != 0 { return task.value.moduleStack }
    return task.value.moduleEdge != 0 && user == UInt32(task.address) ? ofProcessor : nil
  }

  fileprivate static func takeStart(for task: Reference<Task>) throws(SystemError) -> UInt32 {
    if user == absent {
      try pool.map(ofProcessor)
      user = 0
    }
    guard user == 0 else { return try pool.take() }
    user = UInt32(task.address)
    return ofProcessor
  }

  /// The first address of the stack that holds `address`, where it lies in one.
  static func stack(holding address: UInt32) -> UInt32? {
    kernel.memory.moduleStacks.contains(address) ? kernel.memory.moduleStacks.stack(near: address) : nil
  }

  fileprivate static func give(back start: UInt32) {
    if start == ofProcessor { user = 0 } else { pool.give(back: start) }
  }

  /// A task ended inside a call.
  static func taskEnded(_ task: Reference<Task>) {
    if task.value.moduleStack != 0 {
      give(back: task.value.moduleStack)
      task.value.moduleStack = 0
    }
    if user == UInt32(task.address) { user = 0 }
  }

  /// Gives back the stacks that no call is on.
  static func releaseIdle() {
    pool.releaseIdle()
    guard user == 0 else { return }
    user = absent
    pool.unmap(ofProcessor)
  }

  /// What an address in the guard pages of these stacks means to a task.
  static func meaning(of address: UInt32, for task: Reference<Task>) -> AddressMeaning? {
    guard kernel.memory.moduleStacks.isGuard(address) else { return nil }
    guard let start = current(of: task), let module = ModuleCall.module(of: task) else { return .kernelGuard }
    let stack = StackIdentity(owner: .module(module.value.name), size: size)
    if address < start && address >= start - pageSize { return .guardBelowStack(stack) }
    return address >= start + size && address < start + size + pageSize ? .guardAboveStack(stack) : .kernelGuard
  }
}
