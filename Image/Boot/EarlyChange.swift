// The control of the two-cures test (docs/process-model.md, "Two cures").
//
// Megha cures the failure of a kernel that works on a Ring-0 task's own stack twice: such a task can have a kernel
// stack, and the address space changes only as the last step of a switch, together with the stack pointer. A test
// kernel, compiled with EARLY_CHANGE, takes the second cure away: it changes the address space, or what is mapped where
// the caller's stack is, in the middle of the work. With a shared stack that kernel must fail, or the test proves
// nothing; with a separate stack it must pass. In every other kernel these functions are empty.
//
// Invariant: without EARLY_CHANGE nothing here does anything.

import ABI
import MachineSupport
import Memory
import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

enum EarlyChange {
  /// What is done around starts and ends.
  static var observer: StartObserver {
    var observer = StartObserver()
    #if EARLY_CHANGE
      // While a new process is made ready its address space is loaded, to write to it by its own addresses.
      observer.beginProcess = { context, space in
        load(UInt32(truncatingIfNeeded: space.value.tables.root.value))
      }
      observer.endProcess = { context in
        let task = context.scheduler.current
        load(task == context.scheduler.idle ? context.processor.kernelDirectory : task.value.directory)
      }
      // While a new thread is made ready its stack is where every first stack is, as the same code writes both.
      observer.beginThread = { _, task, space in exchange(task, space) }
      observer.endThread = { _, task, space in exchange(task, space) }
      // A task that ends leaves its address space while it stands on its stack.
      observer.end = { context in load(context.processor.kernelDirectory) }
    #endif
    return observer
  }

  #if EARLY_CHANGE
    @inline(never)
    fileprivate static func load(_ directory: UInt32) {
      cpu.loaded_directory = directory
      write_cr3(directory)
    }

    /// Exchanges the pages of a thread's stack with those of the first stack.
    private static func exchange(_ task: Reference<Task>, _ space: Reference<AddressSpace>) {
      var offset: UInt32 = pageSize
      while offset <= task.value.stackEnd - task.value.stackStart {
        let first = VirtualAddress(AddressLayout.processStackEnd - offset)
        let second = VirtualAddress(task.value.stackEnd - offset)
        if let one = space.value.tables.lookup(first), let other = space.value.tables.lookup(second) {
          place(other.frame, at: first, space)
          place(one.frame, at: second, space)
        }
        offset += pageSize
      }
    }

    private static func place(_ frame: FrameNumber, at page: VirtualAddress, _ space: Reference<AddressSpace>) {
      do throws(PageTableError) {
        _ = try space.value.tables.unmap(page)?.flush(SpaceTranslationCache(space: space))
        try space.value.tables.map(page, to: frame, [.user, .write]).flush(SpaceTranslationCache(space: space))
      } catch { panic("the test kernel could not exchange stacks") }
    }
  #endif
}

/// For the platform, which calls a plain function before the last step of each switch.
@c(before_switch) func beforeSwitch(_ directory: UInt32) {
  #if EARLY_CHANGE
    // The next task's address space is loaded before the registers of the one that runs are saved.
    if directory != 0 { EarlyChange.load(directory) }
  #endif
}
