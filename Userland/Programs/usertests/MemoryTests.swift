// Memory: zeroed, protected, given back, and running out.

import ABI
import SDK
import UserSupport

enum MemoryTests {
  static func run(in report: inout TestReport) {
    report.run("mapped memory is zero", isZeroed)
    report.run("writable and executable together is refused", refusesWritableCode)
    report.run("bad places and lengths are refused", refusesBadPlaces)
    report.run("memory given back faults") {
      guard let address = try? Memory.map(4096, [.read, .write]) else { return false }
      volatile_write(address, 1)
      guard (try? Memory.unmap(address, 4096)) != nil else { return false }
      return writing(address) == UserTests.pageFault
    }
    report.run("a hole in a mapping faults, and its neighbours stay") {
      guard let address = try? Memory.map(3 * 4096, [.read, .write]) else { return false }
      for page in 0..<(3 as UInt32) { volatile_write(address + page * 4096, page + 7) }
      guard (try? Memory.unmap(address + 4096, 4096)) != nil, writing(address + 4096) == UserTests.pageFault
      else { return false }
      return volatile_read(address) == 7 && volatile_read(address + 8192) == 9
        && (try? Memory.unmap(address, 3 * 4096)) != nil
    }
    report.run("memory made read-only faults when written and keeps its contents") {
      guard let address = try? Memory.map(4096, [.read, .write]) else { return false }
      volatile_write(address, 0x1234_5678)
      guard (try? Memory.protect(address, 4096, .read)) != nil, writing(address) == UserTests.pageFault else {
        return false
      }
      return volatile_read(address) == 0x1234_5678 && (try? Memory.unmap(address, 4096)) != nil
    }
    report.run("null faults when read and when written") {
      reading(0) == UserTests.pageFault && writing(0) == UserTests.pageFault
        && reading(0xfffc) == UserTests.pageFault
    }
    report.run("the program's text cannot be written") { writing(text_start()) == UserTests.pageFault }
    report.run("kernel memory cannot be read in Ring 3, and can in Ring 0") {
      reading(0xc010_0000) == (UserTests.isRing0 ? .exited(status: 0) : UserTests.pageFault)
    }
    report.run("the page below a stack is a guard") {
      UserTests.outcome {
        guard let task = try? TaskIdentity.current.information() else { return 1 }
        volatile_write(task.stackStart &- 4, 1)
        return 0
      } == UserTests.pageFault
    }
    report.run("the heap keeps what it holds", heapKeepsContents)
    report.run("a page that was shared can be run once nobody else holds it", sharedPageCanBeRunAgain)
    // What counts is the same in every ring, and takes a while.
    if !UserTests.isRing0 {
      report.run("a page is shared as often as can be counted, and then refused", sharingIsBounded)
    }
  }

  private static func sharedPageCanBeRunAgain() -> Bool {
    guard let page = try? Memory.map(4096, [.read, .write]), let other = try? Child.start("sleep") else { return false }
    volatile_write(page, 0x1234_5678)
    guard (try? Memory.share(page, 4096, with: other, [.read, .write])) != nil,
      UserTests.fails(.badArgument, { () throws(SystemError) in try Memory.protect(page, 4096, [.read, .execute]) }),
      (try? other.kill(status: 9)) != nil, (try? other.wait()) == .killed(status: 9)
    else { return false }
    return (try? Memory.protect(page, 4096, [.read, .execute])) != nil && volatile_read(page) == 0x1234_5678
      && (try? Memory.unmap(page, 4096)) != nil
  }

  private static func sharingIsBounded() -> Bool {
    guard let page = try? Memory.map(4096, [.read, .write]), let other = try? Child.start("sleep") else { return false }
    volatile_write(page, 7)
    var count = 0
    var refusal: SystemError?
    while refusal == nil {
      do throws(SystemError) {
        _ = try Memory.share(page, 4096, with: other, .read)
        count += 1
      } catch { refusal = error }
    }
    // This process is one of 65,535 holders. With fewer there is room again.
    guard count == 65_534, refusal == .limitReached, (try? other.kill(status: 9)) != nil,
      (try? other.wait()) == .killed(status: 9), let next = try? Child.start("sleep"),
      (try? Memory.share(page, 4096, with: next, .read)) != nil, (try? next.kill(status: 9)) != nil,
      (try? next.wait()) == .killed(status: 9)
    else { return false }
    return volatile_read(page) == 7 && (try? Memory.unmap(page, 4096)) != nil
  }

  private static func reading(_ address: UInt32) -> Outcome? {
    UserTests.outcome {
      _ = volatile_read(opaque(address))
      return 0
    }
  }

  private static func writing(_ address: UInt32) -> Outcome? {
    UserTests.outcome {
      volatile_write(opaque(address), 1)
      return 0
    }
  }

  private static func isZeroed() -> Bool {
    // The second mapping may get the frames of the first back.
    for _ in 0..<2 {
      guard let address = try? Memory.map(8 * 4096, [.read, .write]) else { return false }
      for word in 0..<(8 * 1024 as UInt32) {
        if volatile_read(address + 4 * word) != 0 { return false }
        volatile_write(address + 4 * word, .max)
      }
      guard (try? Memory.unmap(address, 8 * 4096)) != nil else { return false }
    }
    return true
  }

  private static func refusesWritableCode() -> Bool {
    guard UserTests.fails(.badArgument, { () throws(SystemError) in _ = try Memory.map(4096, .all) }),
      let address = try? Memory.map(4096, [.read, .write])
    else { return false }
    return UserTests.fails(.badArgument) { () throws(SystemError) in
      try Memory.protect(address, 4096, [.write, .execute])
    } && (try? Memory.unmap(address, 4096)) != nil
  }

  private static func refusesBadPlaces() -> Bool {
    for length in [0, 0xb000_0000, 0xffff_f001, .max] as [UInt32] {
      if megha_system_call3(SystemCall.memoryMap.rawValue, 0, length, 3) >= 0 { return false }
    }
    let places: [UInt32] = [
      0x1000, 0x0040_0000, 0xbffe_f000, 0xbfff_f000, 0xc000_0000, 0xffff_f000, 0x2000_0001,
    ]
    for place in places {
      for call in [SystemCall.memoryMap, .memoryUnmap, .memoryProtect] {
        if megha_system_call3(call.rawValue, place, 4096, 3) >= 0 { return false }
      }
    }
    return true
  }

  /// Allocates and frees blocks of many sizes, each filled with its own number, and looks at them all again and again.
  private static func heapKeepsContents() -> Bool {
    var blocks: [[UInt32]] = []
    var random: UInt32 = 0x2545_f491
    for round in 0..<600 {
      random ^= random << 13
      random ^= random >> 17
      random ^= random << 5
      let length = Int(random % (random & 0x700 == 0 ? 12_000 : 200))
      if blocks.count > 40 { blocks.remove(at: Int(random >> 8) % blocks.count) }
      blocks.append([UInt32](repeating: UInt32(length), count: length))
      guard round % 20 == 0 else { continue }
      for block in blocks {
        for word in block where word != UInt32(block.count) { return false }
      }
    }
    return true
  }
}
