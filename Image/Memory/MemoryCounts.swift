// The count of the machine's memory by owner, and the proof that it adds up.

import ABI
import Machine
import MachineSupport
import Memory
import Primitives
import Tasks

enum MemoryCounts {
  static func take() -> MemoryInformation {
    var information = MemoryInformation()
    information.total = kernel.memory.frames.totalFrames
    // Stacks kept ready are used before any other memory: they count as free.
    let idleStacks = kernel.memory.stacks.idlePages
    kernel.memory.heap.releaseEmptySlabs()
    information.free = kernel.memory.frames.freeFrames + idleStacks
    information.kernelImage = kernel.memory.frames.count(of: .kernelImage)
    information.bootArchive = kernel.memory.frames.count(of: .bootArchive)
    information.frameRecords = kernel.memory.frames.count(of: .metadata)
    information.pageTables = kernel.memory.frames.count(of: .pageTable)
    information.kernelHeap = kernel.memory.frames.count(of: .kernelHeap)
    information.kernelStacks = kernel.memory.frames.count(of: .kernelStack) - idleStacks
    information.processMemory = kernel.memory.frames.count(of: .processMemory)
    information.shared = kernel.memory.frames.count(of: .shared)
    information.devices = kernel.memory.frames.count(of: .device)
    information.modules = kernel.memory.frames.count(of: .module)
    return information
  }

  /// Walks the allocator's lists, the heap and every address space. Returns how many frames or structures are not as
  /// they must be, and logs the first of each kind.
  static func discrepancies() -> UInt32 {
    run_on_exit_stack(countDiscrepancies)
    return kernel.memory.discrepancies
  }

  fileprivate static func walk() -> UInt32 {
    var output = KernelOutput()
    var found: UInt32 = 0
    if let violation = kernel.memory.frames.check() {
      output.write("memory check: ")
      violation.describe(to: &output)
      output.write("\n")
      found += 1
    }
    do throws(HeapFault) { try kernel.memory.heap.check() } catch {
      output.write("memory check: ")
      error.describe(to: &output)
      output.write("\n")
      found += 1
    }
    let heapPages = kernel.memory.frames.count(of: .kernelHeap)
    if kernel.memory.heap.pageCount != heapPages {
      output.write("memory check: the heap holds ")
      output.write(decimal: kernel.memory.heap.pageCount)
      output.write(" pages of ")
      output.write(decimal: heapPages)
      output.write(" handed out to it\n")
      found += 1
    }
    // Every page that the address spaces hold, against the frames handed out to processes.
    var held: UInt32 = 0
    var last = TaskIdentity.none
    while let task = kernel.scheduler.tasks.next(after: last) {
      last = task.value.identity
      guard !task.value.isThread, let space = task.value.process.value.space else { continue }
      let mapped = space.countOwnedPages()
      if mapped != space.value.residentPages {
        output.write("memory check: address space ")
        output.write(decimal: space.value.identity)
        output.write(" counts ")
        output.write(decimal: space.value.residentPages)
        output.write(" pages and maps ")
        output.write(decimal: mapped)
        output.write("\n")
        found += 1
      }
      held += mapped
    }
    let handedOut = kernel.memory.frames.count(of: .processMemory)
    if held != handedOut {
      output.write("memory check: processes map ")
      output.write(decimal: held)
      output.write(" frames of ")
      output.write(decimal: handedOut)
      output.write(" handed out to them\n")
      found += held > handedOut ? held - handedOut : handedOut - held
    }
    return found
  }
}

/// The walk for the assembly, which calls a plain function on a stack with room for it.
@c private func countDiscrepancies() { kernel.memory.discrepancies = MemoryCounts.walk() }
