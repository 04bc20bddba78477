// The stacks that calls into linked modules run on: 16 KiB each, between two pages that are never mapped. What the kernel
// keeps for a call (the edge, the request, its own frames) lies on the stack of the task, where no overrun of the module's
// reaches it, neither upwards nor downwards.
//
// One stack, of the first slot, is the processor's: the call that finds it free runs on it, and module_door.S gives it to
// requests in registers without asking anybody. As a call is not preempted it is nearly always free; only one that waits
// inside a module keeps it, and calls beside that one take stacks from the pool.
//
// Invariant: `module_stack_user` is 0 while the processor's stack is mapped and free, 1 while it is not mapped, else the
// address of the task whose call is on it.

import ABI
import Executables
import MachineSupport
import Platform
import Primitives
import Scheduling

/// The stack of one call that does not come in registers.
package struct ModuleStack {
  /// The first address.
  let start: UInt32
  /// That of the call which this one is made in; 0: there is none.
  private let outer: UInt32
  private let context: Context

  /// Takes one for a call of the current task.
  package static func take(_ context: Context) throws(SystemError) -> ModuleStack {
    let task = context.scheduler.current
    let start = try ModuleStacks(context).takeStart(for: task)
    let outer = task.value.moduleStack
    task.value.moduleStack = start
    return ModuleStack(start: start, outer: outer, context: context)
  }

  package var end: UInt32 { start + ModuleStacks.size }

  /// Gives it back after the call.
  package func release(by task: Reference<Task>) {
    task.value.moduleStack = outer
    ModuleStacks(context).free(start)
  }
}

package struct ModuleStacks {
  let context: Context

  package init(_ context: Context) { self.context = context }

  private static var pages: UInt32 { Self.size / pageSize }
  package static var size: UInt32 { ModuleStackLimits.size }
  static func makePool(_ context: Context) -> StackPool {
    StackPool(
      start: KernelLayout.moduleStacksStart, end: KernelLayout.moduleStacksEnd, pages: Self.pages,
      isFirstReserved: true, context)
  }
  fileprivate var pool: Reference<StackPool> { reference(to: &context.memory.moduleStacks) }
  fileprivate static var ofProcessor: UInt32 { KernelLayout.moduleStacksStart + pageSize }

  private static var absent: UInt32 { 1 }
  private var user: UInt32 {
    get { read_module_stack_user() }
    nonmutating set { write_module_stack_user(newValue) }
  }

  /// What module_door.S expects of the processor's stack.
  package static var isPlacedAsExpected: Bool { address_of_module_stack_end() == Self.ofProcessor + Self.size }

  /// All pages of such stacks.
  package var mappedPages: UInt32 { context.memory.moduleStacks.stackCount * Self.pages }

  /// The stack that the innermost call of a task into a module runs on; nil where it is in none.
  package func current(of task: Reference<Task>) -> UInt32? {
    if task.value.moduleStack != 0 { return task.value.moduleStack }
    return task.value.moduleEdge != 0 && user == UInt32(task.address) ? Self.ofProcessor : nil
  }

  fileprivate func takeStart(for task: Reference<Task>) throws(SystemError) -> UInt32 {
    if user == Self.absent {
      try pool.map(Self.ofProcessor)
      user = 0
    }
    guard user == 0 else { return try pool.take() }
    user = UInt32(task.address)
    return Self.ofProcessor
  }

  /// Whether the next call takes the processor's stack.
  package var isProcessorsFree: Bool { user == 0 }

  /// Whether the call on the processor's stack is this task's.
  package func isProcessors(of task: Reference<Task>) -> Bool { user == UInt32(task.address) }

  /// The first address of the stack that holds `address`, where it lies in one.
  package func stack(holding address: UInt32) -> UInt32? {
    context.memory.moduleStacks.contains(address) ? context.memory.moduleStacks.stack(near: address) : nil
  }

  fileprivate func free(_ start: UInt32) {
    if start == Self.ofProcessor { user = 0 } else { pool.free(start) }
  }

  /// A task ended inside a call.
  package func taskEnded(_ task: Reference<Task>) {
    if task.value.moduleStack != 0 {
      free(task.value.moduleStack)
      task.value.moduleStack = 0
    }
    if user == UInt32(task.address) { user = 0 }
  }

  /// Gives back the stacks that no call is on.
  func reclaim() {
    pool.reclaim()
    guard user == 0 else { return }
    user = Self.absent
    pool.unmap(Self.ofProcessor)
  }
}
