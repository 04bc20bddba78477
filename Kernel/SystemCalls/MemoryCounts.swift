// The count of the machine's memory by owner, and the proof that it adds up.

import ABI
import Consoles
import Devices
import Diagnostics
import Jobs
import LinkedModules
import MachineSupport
import Memory
import Objects
@_spi(Entry) import Platform
import Primitives
import Processes
import Scheduling
import VirtualMemory

struct MemoryCounts {
  package let context: Context

  init(_ context: Context) { self.context = context }

  /// Counts the frames by owner. What is kept ready for later is given up first, so that it counts as free.
  func take() -> MemoryInformation {
    Frames(context).reclaim()
    func count(_ owner: FrameOwner) -> UInt32 { context.memory.frames.count(of: owner) }
    var information = MemoryInformation()
    information.total = context.memory.frames.totalFrames
    information.free = context.memory.frames.freeFrames
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
  func discrepancies() -> UInt32 {
    // The walk needs more of a stack than a kernel stack has left.
    run_on_reaper_stack {
      let context = Context()
      context.memory.discrepancies = MemoryCounts(context).walk()
    }
    return context.memory.discrepancies
  }

  fileprivate func walk() -> UInt32 {
    Frames(context).reclaim()
    var found: UInt32 = 0
    if let violation = context.memory.frames.check() {
      report { violation.describe(to: &$0) }
      found += 1
    }
    do throws(HeapFault) { try context.memory.heap.check() } catch {
      report { error.describe(to: &$0) }
      found += 1
    }
    found += ModuleHeap(context).countMistakes()
    found += compare("the heap", holds: context.memory.heap.pageCount, .kernelHeap)
    // Every page and every table that the address spaces hold, against the frames that were handed out for them.
    var own: UInt32 = 0
    var shared: UInt32 = 0
    var tables = context.memory.tables.countKernelTables() + GuardedView(context).pages
    var stacks = ModuleStacks(context).mappedPages
    var paid: UInt32 = 0
    func add(_ space: Reference<AddressSpace>) {
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
      paid += space.value.residentPages - pages.lent
      shared += pages.shared
      tables += space.value.tables.countOwnTables()
    }
    var last = TaskIdentity.none
    while let task = context.scheduler.tasks.next(after: last) {
      last = task.value.identity
      if task.value.kernelStackEnd != 0 { stacks += KernelStacks.pages }
      if Frames(context).holdsShared(task) { shared += 1 }
      if let space = task.value.spaceInMaking { add(space) }
      if !task.value.isThread, let space = task.value.process.value.space { add(space) }
    }
    found += compare("processes", holds: own, .processMemory)
    found += compare("address spaces and the kernel", holds: tables, .pageTable)
    found += compare("tasks and calls into modules", holds: stacks, .kernelStack)
    found += compare("devices", holds: DeviceMemory(context).frameCount, .device)
    found += compare(
      "modules", holds: context.modules.value.mappedPages + context.memory.moduleHeapArea.mappedPages, .module)
    let charged = context.memory.jobs.total(.pages)
    if charged != paid {
      report {
        $0.write("jobs pay for ")
        $0.write(decimal: charged)
        $0.write(" pages, and address spaces have ")
        $0.write(decimal: paid)
      }
      found += 1
    }
    let holders = context.memory.frames.holders(of: .shared)
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
  private func compare(_ name: StaticString, holds held: UInt32, _ owner: FrameOwner) -> UInt32 {
    let handedOut = context.memory.frames.count(of: owner)
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

  private func report(_ describe: (inout KernelOutput) -> Void) {
    var output = KernelOutput(context)
    output.write("memory check: ")
    describe(&output)
    output.write("\n")
  }
}
