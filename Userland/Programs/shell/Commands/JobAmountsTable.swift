// `free --by-job`: what each job has, and may have at the most.

import ABI
import Primitives
import SDK

extension Builtin {
  func jobTable() -> Int32 {
    do throws(SystemError) {
      let names = JobNames()
      Console.write("JOB  INSIDE  TASKS  MEMORY/KiB  KERNEL/KiB  PROCESS           LIMITS\n")
      var number: UInt32 = 0
      while let job = try Machine.job(after: number) {
        write(job, names)
        number = job.job
      }
      return 0
    } catch {
      return reportFailure(error.sentence)
    }
  }

  private func write(_ job: JobInformation, _ names: JobNames) {
    Console.write {
      $0.write(decimal: UInt64(job.job), width: 3)
      $0.write(decimal: UInt64(job.parent), width: 8)
      $0.write(decimal: UInt64(job.used.tasks), width: 7)
      $0.write(decimal: UInt64(job.used.pages) * 4, width: 12)
      $0.write(decimal: UInt64((job.used.kernelBytes + 1023) / 1024), width: 12)
      $0.write("  ")
      var limits = ByteWriter()
      limits.add("memory", job.limits.pages, unit: "K", factor: 4)
      limits.add("kernel", job.limits.kernelBytes, unit: "", factor: 1)
      limits.add("tasks", job.limits.tasks, unit: "", factor: 1)
      if job.isReserved != 0 { limits.write("reserved") }
      $0.write(names.name(of: job.job), width: 18)
      $0.write(limits.bytes)
      $0.write("\n")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func add(_ name: StaticString, _ limit: UInt32, unit: StaticString, factor: UInt64) {
    guard limit != .max else { return }
    if !bytes.isEmpty { write(",") }
    write(name)
    write("=")
    write(decimal: UInt64(limit) * factor)
    write(unit)
  }
}

/// The first process of each job.
private struct JobNames {
  private var tasks: [TaskInformation] = []

  init() {
    var task = TaskIdentity(0)
    while let next = task.next {
      if let information = try? next.information(), information.isThread == 0 { tasks.append(information) }
      task = next
    }
  }

  func name(of job: UInt32) -> Name { tasks.first { $0.job == job }?.name ?? Name() }
}
