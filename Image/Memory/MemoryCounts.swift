// The count of the machine's memory by owner, and the proof that it adds up.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives
import Scheduling

enum MemoryCounts {
  /// Counts the frames by owner. What is kept ready for later is given up first, so that it counts as free.
  static func take() -> MemoryInformation {
    Frames.releaseIdle()
    func count(_ owner: FrameOwner) -> UInt32 { kernel.memory.frames.count(of: owner) }
    var information = MemoryInformation()
    information.total = kernel.memory.frames.totalFrames
    information.free = kernel.memory.frames.freeFrames
    information.kernelImage = count(.kernelImage)
    information.bootArchive = count(.bootArchive)
    information.frameRecords = count(.metadata)
    information.pageTables = count(.pageTable)
    information.kernelHeap = count(.kernelHeap)
    information.kernelStacks = count(.kernelStack)
    information.processMemory = count(.processMemory)
    information.shared = count(.shared)
    information.devices = count(.device)
    information.modules = count(.module)
    return information
  }

  /// Walks the allocator's lists, the heap and every address space. Returns how many frames or structures are not as
  /// they must be, and logs the first of each kind.
  static func discrepancies() -> UInt32 {
    run_on_exit_stack(countDiscrepancies)
    return kernel.memory.discrepancies
  }

  fileprivate static func walk() -> UInt32 {
    Frames.releaseIdle()
    var found: UInt32 = 0
    if let violation = kernel.memory.frames.check() {
      report { violation.describe(to: &$0) }
      found += 1
    }
    do throws(HeapFault) { try kernel.memory.heap.check() } catch {
      report { error.describe(to: &$0) }
      found += 1
    }
    found += ModuleHeap.countMistakes()
    found += compare("the heap", holds: kernel.memory.heap.pageCount, .kernelHeap)
    // Every page and every table that the address spaces hold, against the frames that were handed out for them.
    var own: UInt32 = 0
    var shared: UInt32 = 0
    var tables = kernel.memory.tables.countKernelTables() + GuardedView.pages
    var stacks = ModuleStacks.mappedPages
    var last = TaskIdentity.none
    while let task = kernel.scheduler.tasks.next(after: last) {
      last = task.value.identity
      if task.value.kernelStackEnd != 0 { stacks += KernelStacks.pages }
      guard !task.value.isThread, let space = task.value.process.value.space else { continue }
      let pages = space.countPages()
      if pages.own + pages.shared != space.value.residentPages {
        report {
          $0.write("address space ")
          $0.write(decimal: space.value.identity)
          $0.write(" counts ")
          $0.write(decimal: space.value.residentPages)
          $0.write(" pages and maps ")
          $0.write(decimal: pages.own + pages.shared)
        }
        found += 1
      }
      own += pages.own
      shared += pages.shared
      tables += space.value.tables.countOwnTables()
    }
    found += compare("processes", holds: own, .processMemory)
    found += compare("address spaces and the kernel", holds: tables, .pageTable)
    found += compare("tasks and calls into modules", holds: stacks, .kernelStack)
    found += compare("devices", holds: DeviceMemory.frameCount, .device)
    found += compare(
      "modules", holds: kernel.modules.value.mappedPages + kernel.memory.moduleHeapArea.mappedPages, .module)
    let holders = kernel.memory.frames.holders(of: .shared)
    if shared != holders {
      report {
        $0.write("shared frames are mapped ")
        $0.write(decimal: shared)
        $0.write(" times and held ")
        $0.write(decimal: holders)
        $0.write(" times")
      }
      found += 1
    }
    return found
  }

  /// How many frames of `owner` there are too many or too few.
  private static func compare(_ name: StaticString, holds held: UInt32, _ owner: FrameOwner) -> UInt32 {
    let handedOut = kernel.memory.frames.count(of: owner)
    guard held != handedOut else { return 0 }
    report {
      $0.write(name)
      $0.write(" hold ")
      $0.write(decimal: held)
      $0.write(" frames of ")
      $0.write(decimal: handedOut)
      $0.write(" handed out as ")
      $0.write(owner.name)
    }
    return held > handedOut ? held - handedOut : handedOut - held
  }

  private static func report(_ describe: (inout KernelOutput) -> Void) {
    var output = KernelOutput()
    output.write("memory check: ")
    describe(&output)
    output.write("\n")
  }
}

/// The walk for the assembly, which calls a plain function on a stack with room for it.
@c private func countDiscrepancies() { kernel.memory.discrepancies = MemoryCounts.walk() }
