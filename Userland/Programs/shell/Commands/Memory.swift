// The commands that show memory.

import ABI
import Primitives
import SDK

extension Builtin {
  func freeCommand(_ words: borrowing CommandWords) -> Int32 {
    if words.count == 2 && words[1] == "--heap" { return kernelHeapTable() }
    if words.count == 2 && words[1] == "--by-job" { return jobTable() }
    let proves = words.count == 2 && words[1] == "--check"
    guard proves || words.count == 1 else { return reportUsage() }
    do throws(SystemError) {
      let memory = try Machine.memory(proves ? .check : [])
      write("total", memory.total)
      write("free", memory.free)
      write("kernel image", memory.kernelImage)
      write("boot archive", memory.bootArchive)
      write("frame records", memory.frameRecords)
      write("page tables", memory.pageTables)
      write("kernel heap", memory.kernelHeap)
      write("kernel stacks", memory.kernelStacks)
      write("processes", memory.processMemory)
      write("shared", memory.shared)
      write("devices", memory.devices)
      write("modules", memory.modules)
      write("in use", memory.total - memory.free)
      guard proves else { return 0 }
      Console.write {
        $0.write("frames whose owner is wrong: ")
        $0.write(decimal: memory.discrepancies)
        $0.write("\n")
      }
      return memory.discrepancies == 0 ? 0 : 1
    } catch {
      return reportFailure(error.sentence)
    }
  }

  /// `free --heap`: what is in the kernel's heap, by owner.
  private func kernelHeapTable() -> Int32 {
    do throws(SystemError) {
      Console.write("OWNER               ALLOCATIONS     BYTES\n")
      var index: UInt32 = 0
      var isGuarded = false
      while let owner = try Machine.kernelHeap(index) {
        Console.write {
          $0.write(owner.name, width: 20)
          $0.write(decimal: UInt64(owner.allocations), width: 11)
          $0.write(decimal: UInt64(owner.bytes), width: 10)
          $0.write("\n")
        }
        isGuarded = owner.isGuarded != 0
        index += 1
      }
      Console.write(
        isGuarded
          ? "The heap is guarded: overruns and use after free stop the machine with an explanation.\n"
          : "The heap is not guarded (boot option heap=guarded).\n")
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }

  private func write(_ owner: StaticString, _ pages: UInt32) {
    Console.write {
      $0.write(owner, width: 14)
      $0.write(decimal: UInt64(pages), width: 8)
      $0.write(" pages")
      $0.write(decimal: UInt64(pages) * 4, width: 10)
      $0.write(" KiB\n")
    }
  }

  func mapsCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2, let task = words[1].number else { return reportUsage() }
    do throws(SystemError) {
      var address: UInt32 = 0
      while let region = try Machine.region(of: TaskIdentity(task), above: address) {
        write(region)
        let (end, overflow) = region.start.addingReportingOverflow(region.length)
        // A region that ends where the last one did would make this loop endless.
        if overflow || end <= address { break }
        address = end
      }
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }

  private func write(_ region: RegionInformation) {
    Console.write {
      $0.write(hexadecimal: region.start)
      $0.write("-")
      $0.write(hexadecimal: UInt64(region.start) + UInt64(region.length))
      $0.write(region.permissions.contains(.read) ? " r" : " -")
      $0.write(region.permissions.contains(.write) ? "w" : "-")
      $0.write(region.permissions.contains(.execute) ? "x" : "-")
      $0.write(decimal: UInt64(region.residentPages), width: 6)
      $0.write(" pages  ")
      $0.write(purposeName(region.purpose))
      if region.task != 0 {
        $0.write(" of task ")
        $0.write(decimal: region.task)
      }
      $0.write("\n")
    }
  }

  private func purposeName(_ purpose: UInt32) -> StaticString {
    switch RegionPurpose(rawValue: purpose) {
    case .text: "text"
    case .readOnlyData: "read-only data"
    case .data: "data"
    case .mapping: "mapping"
    case .stack: "stack"
    case .threadStack: "thread stack"
    case .guardPage: "guard page"
    case .systemCallPage: "system-call page"
    case .device: "device"
    case .shared: "shared memory"
    case .lent: "window for lent pages"
    case .exchange: "exchange with its personality"
    case nil: "?"
    }
  }
}
