// The program's own pages.

import ABI
import Primitives
import SDK
import UserSupport

enum Pages {
  static func check(_ checks: inout Checklist) {
    checks.check(Protect.faults { _ = volatile_read(opaque(0)) }, "address 0 cannot be read")
    checks.check(Protect.faults { call_address(opaque(0x100)) }, "address 0x100 cannot be run")
    checks.check(Protect.faults { volatile_write(text_start(), 0) }, "the program's code cannot be written")
    checks.check(
      Protect.faults { volatile_write(opaque(0xbfff_f000), 0) }, "the system-call page cannot be written")
    guard let page = try? Memory.map(4096, [.read, .write]) else {
      checks.check(false, "a page was mapped")
      return
    }
    volatile_write(page, 0xc3)
    checks.check(Protect.faults { call_address(page) } == Processor.hasNoExecute) {
      $0.write("writable memory cannot be run")
      if !Processor.hasNoExecute { $0.write(" (can here: the processor has no execute-disable)") }
    }
    checks.check(regionsAreSound(), "no region can be written and run, and every page of a guard is without memory")
    _ = try? Memory.unmap(page, 4096)
  }

  private static func regionsAreSound() -> Bool {
    var address: UInt32 = 0
    while let region = try? Machine.region(of: .current, above: address) {
      if region.permissions.isSuperset(of: [.write, .execute]) { return false }
      if region.purpose == RegionPurpose.guardPage.rawValue, region.residentPages > 0 { return false }
      let (end, overflow) = region.start.addingReportingOverflow(region.length)
      if overflow || end <= address { return false }
      address = end
    }
    return address > 0xbfff_0000
  }
}
