// Where the relative paths of a process begin.
//
// Invariant: the record does not change while two processes have it: who changes directory gets another one. A process at the root
// has none.

import ABI
import Files
import Jobs
import Platform
import Primitives
import VirtualMemory

package struct WorkingDirectory: ~Copyable {
  fileprivate var references: UInt32 = 1
  fileprivate let job: Reference<Job>
  fileprivate var path: AbsolutePath

  fileprivate init(_ path: PathText, _ job: Reference<Job>) {
    self.path = AbsolutePath(copying: path)
    self.job = job
  }
}

package struct WorkingDirectories {
  private let context: Context

  package init(_ context: Context) { self.context = context }

  package func path(of process: Reference<Process>) -> AbsolutePath {
    guard let record = process.value.workingDirectory else { return AbsolutePath() }
    return record.value.path.withText { AbsolutePath(copying: $0) }
  }

  /// Throws where there is no memory for it; nothing has changed then.
  package func set(_ path: PathText, of process: Reference<Process>) throws(SystemError) {
    var record: Reference<WorkingDirectory>?
    if !path.isRoot {
      let job = process.value.job
      let pointer: UnsafeMutablePointer<WorkingDirectory> =
        try unsafe KernelHeap(context).allocate(tag: .process, for: job)
      unsafe pointer.initialize(to: WorkingDirectory(path, job))
      record = unsafe Reference(pointer)
    }
    giveUp(of: process)
    process.value.workingDirectory = record
  }

  package func inherit(from parent: Reference<Process>, to process: Reference<Process>) {
    parent.value.workingDirectory?.value.references &+= 1
    process.value.workingDirectory = parent.value.workingDirectory
  }

  package func giveUp(of process: Reference<Process>) {
    guard let record = process.value.workingDirectory else { return }
    process.value.workingDirectory = nil
    record.value.references &-= 1
    guard record.value.references == 0 else { return }
    let job = record.value.job
    unsafe record.unsafePointer.deinitialize(count: 1)
    unsafe KernelHeap(context).free(record.unsafePointer, of: job)
  }
}
