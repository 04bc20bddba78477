// Why a page fault happened, as the processor says it.

import ABI
import Diagnostics
import Platform
import Primitives

/// The error code of a page fault (Intel SDM Vol. 3, 4.7).
package struct PageFaultCode: OptionSet {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The page is there; the access is not allowed. Else: it is not there.
  static var protection: PageFaultCode { .init(rawValue: 1) }
  static var write: PageFaultCode { .init(rawValue: 2) }
  static var user: PageFaultCode { .init(rawValue: 4) }
  static var reserved: PageFaultCode { .init(rawValue: 8) }
  static var execute: PageFaultCode { .init(rawValue: 16) }
}
