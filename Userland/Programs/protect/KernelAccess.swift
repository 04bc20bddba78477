// What the kernel's own code may touch. The call `kernelTest` reads, writes and calls addresses with the kernel's
// rights and comes back with an error where the processor refused.
//
// While a Ring-0 task runs, whose code and stack are user pages, SMEP and SMAP are off; the rest holds for it too. For
// a guarded one the kernel works with CR0.WP off, so that it could write its own code.

import ABI
import Primitives
import SDK
import UserSupport

enum KernelAccess {
  static func check(_ checks: inout Checklist) {
    checks.check(isRefused(.read, 0), "the kernel cannot read address 0")
    checks.check(isRefused(.write, 0xfffc), "the kernel cannot write the last word below 64 KiB")
    checks.check(!isRefused(.read, 0xc010_0000), "the kernel can read its own code")
    judge(
      isRefused(.write, 0xc010_1000), !Protect.ownFlags.contains(.guarded), &checks,
      "the kernel cannot write its own code")
    checks.check(isRefused(.read, 0xe000_0000), "the page below the first kernel stack is not there")
    judge(isRefused(.execute, 0), Processor.hasNoExecute, &checks, "the kernel cannot run its own heap")
    var word: UInt32 = 7
    let address = unsafe withUnsafeMutablePointer(to: &word) { UInt32(UInt(bitPattern: $0)) }
    let hasAccessPrevention = Processor.hasAccessPrevention && !Protect.isRing0
    judge(
      isRefused(.read, address), hasAccessPrevention, &checks, "the kernel cannot read a program's memory by mistake")
    judge(
      isRefused(.write, address), hasAccessPrevention, &checks, "the kernel cannot write a program's memory by mistake")
    guard let code = makeFunction() else {
      checks.check(false, "a page of code was made")
      return
    }
    judge(
      isRefused(.execute, code), Processor.hasExecutionPrevention && !Protect.isRing0, &checks,
      "the kernel cannot run a program's code by mistake")
    _ = try? Memory.unmap(code, 4096)
  }

  /// Checks what depends on the processor: where it cannot refuse, the access must pass.
  private static func judge(_ isRefused: Bool, _ shouldBe: Bool, _ checks: inout Checklist, _ what: StaticString) {
    checks.check(isRefused == shouldBe) {
      $0.write(what)
      if !shouldBe { $0.write(" (can here: no such protection, or off while it works for this task)") }
    }
  }

  /// A page that holds the instruction RET.
  private static func makeFunction() -> UInt32? {
    guard let page = try? Memory.map(4096, [.read, .write]) else { return nil }
    volatile_write(page, 0xc3)
    guard (try? Memory.protect(page, 4096, [.read, .execute])) != nil else { return nil }
    return page
  }

  private static func isRefused(_ test: KernelTest, _ address: UInt32) -> Bool {
    do throws(SystemError) {
      try Machine.test(test, address)
      return false
    } catch { return error == .badAddress }
  }
}
