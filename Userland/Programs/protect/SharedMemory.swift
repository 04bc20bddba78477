// Memory that two processes share.

import ABI
import Primitives
import SDK
import UserSupport

enum SharedMemory {
  private static var length: UInt32 { 3 * 4096 }

  static func check(_ checks: inout Checklist) {
    // The first time around this process grows to the size it needs.
    var warming = Checklist("protect, first time")
    share(&warming)
    let before = pages()
    share(&checks)
    checks.check(pages() == before, "nothing of it is left")
  }

  private static func share(_ checks: inout Checklist) {
    guard let pages = try? Memory.map(length, [.read, .write]), let child = start("--share", 1) else {
      checks.check(false, "a child was started")
      return
    }
    volatile_write(pages + 4096, 41)
    guard let place = try? Memory.share(pages, length, with: child, [.read, .write]) else {
      checks.check(false, "memory was shared with a child")
      _ = try? child.kill(status: 1)
      return
    }
    // The child finds the memory by looking for a shared region, and waits for a word in it.
    checks.check(
      (try? Machine.region(of: child, above: place))?.purpose == RegionPurpose.shared.rawValue,
      "the child has a region of shared memory")
    checks.check(
      isRefused { () throws(SystemError) in try Memory.protect(pages, length, [.read, .execute]) },
      "nobody runs what another may write")
    volatile_write(pages + 8192, 1)
    checks.check(
      (try? child.wait()) == .exited(status: 0), "the child saw what the parent wrote, and was refused to run it")
    checks.check(volatile_read(pages + 4096) == 42, "the parent sees what the child wrote")
    checks.check(
      (try? Memory.protect(pages, length, [.read, .execute])) != nil,
      "what the other side has given up is the parent's alone, and may be run")
    checks.check(
      isRefused { () throws(SystemError) in _ = try Memory.share(text_start() & ~4095, 4096, with: .current, .read) },
      "a program's code is not to be shared")
    _ = try? Memory.unmap(pages, length)
  }

  /// What the child does: waits for shared memory, changes it, and tries what it must not do.
  static func child(_ argument: Bytes) -> Int32 {
    for _ in 0..<1000 {
      if let region = sharedRegion(), volatile_read(region.start + 8192) == 1 {
        guard region.length == length, volatile_read(region.start + 4096) == 41 else { return 2 }
        volatile_write(region.start + 4096, 42)
        let isRefused = isRefused { () throws(SystemError) in
          try Memory.protect(region.start, region.length, [.read, .execute])
        }
        guard isRefused, (try? Memory.unmap(region.start, region.length)) != nil, sharedRegion() == nil else {
          return 3
        }
        return 0
      }
      Thread.sleep(milliseconds: 1)
    }
    return 4
  }

  private static func sharedRegion() -> RegionInformation? {
    var address: UInt32 = 0x1000_0000
    while address < 0xb000_0000, let region = try? Machine.region(of: .current, above: address) {
      if region.purpose == RegionPurpose.shared.rawValue { return region }
      address = region.start + region.length
    }
    return nil
  }

  private static func start(_ role: StaticString, _ number: UInt32) -> TaskIdentity? {
    var words = WordList()
    words.append("protect")
    words.append(role)
    words.append("1")
    return try? Process.start(Bytes("/bin/protect"), arguments: words, options: StartOptions(flags: Protect.ownFlags))
  }

  private static func isRefused(_ body: () throws(SystemError) -> Void) -> Bool {
    do throws(SystemError) {
      try body()
      return false
    } catch { return true }
  }

  /// The machine's free pages and those of this process.
  private static func pages() -> UInt32 {
    ((try? Machine.memory())?.free ?? 0) + ((try? TaskIdentity.current.information())?.pages ?? 0)
  }
}
