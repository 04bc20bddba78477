// The state of this library: what linked modules know of addresses in the kernel half.

import Diagnostics
import Platform
import Primitives
import Scheduling

package struct FaultReportState {
  /// What an address means to a task where it lies in memory of modules; nil where it does not.
  package let moduleMeaning: (Context, UInt32, Reference<Task>) -> AddressMeaning?
  /// The module that an address of code belongs to.
  package let moduleImage: (Context, UInt32) -> CodeImage?

  package init(
    moduleMeaning: @escaping (Context, UInt32, Reference<Task>) -> AddressMeaning?,
    moduleImage: @escaping (Context, UInt32) -> CodeImage?
  ) {
    self.moduleMeaning = moduleMeaning
    self.moduleImage = moduleImage
  }
}

extension Context {
  package var faultReports: FaultReportState {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: .faultReports)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: .faultReports) }
  }
}
