// What the start of the machine cost, and what memory is in use after it.

import ABI
import Primitives
import Runtime
import SDK

enum BootRows {
  static func measure(_ report: inout Report) {
    var counters = MachineCounters()
    if SystemCalls.counters(&counters) >= 0, counters.firstTaskStamp.value > 0 {
      let cost = counters.firstTaskStamp.value &- counters.entryStamp.value
      report.write(
        "kernel entry to first user instruction", value: UInt32(clamping: cost), unit: report.unit)
    } else {
      report.write("kernel entry to first user instruction", reason: "The kernel did not note the moments.")
    }
    var memory = MemoryInformation()
    guard SystemCalls.memoryInformation(&memory, []) >= 0 else { return }
    report.write("memory in use while bench runs", value: (memory.total &- memory.free) &* 4096, unit: "bytes")
    report.write("memory of the kernel's image", value: memory.kernelImage &* 4096, unit: "bytes")
    report.write("memory of the boot archive", value: memory.bootArchive &* 4096, unit: "bytes")
    report.write("memory of the frame records", value: memory.frameRecords &* 4096, unit: "bytes")
    report.write("memory of the page tables", value: memory.pageTables &* 4096, unit: "bytes")
    report.write("memory of the kernel's heap", value: memory.kernelHeap &* 4096, unit: "bytes")
    report.write("memory of kernel stacks", value: memory.kernelStacks &* 4096, unit: "bytes")
    report.write("memory of processes", value: memory.processMemory &* 4096, unit: "bytes")
  }
}
