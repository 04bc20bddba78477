// Calls of modules, by tasks of all kinds, while they sleep, fault, or are being unloaded.

import ABI
import Primitives
import Runtime
import SDK
import ServiceSupport

enum CallTests {
  /// Sectors written to the RAM disk read back the same, and a sector past its end is refused.
  static func disk() -> Bool {
    let name: StaticString = "ramdisk"
    let before = Lab.freePages()
    guard Lab.load("kilobytes=8", path: "/lib/modules/ramdisk.so") == nil else { return false }
    guard let disk = try? ServiceClient(name) else { return false }
    var reply: [UInt8] = []
    let size = try? disk.call(RamdiskOperation.size.rawValue, reply: &reply)
    guard let size, size[0] == 16, size[1] == 512 else { return false }
    var sectors: [UInt8] = []
    for index in 0..<1024 { sectors.append(UInt8(truncatingIfNeeded: index &* 3)) }
    guard
      (try? disk.call(RamdiskOperation.write.rawValue, words: [14, 0, 0, 0, 0, 0], data: sectors, reply: &reply))
        != nil,
      (try? disk.call(RamdiskOperation.read.rawValue, words: [14, 2, 0, 0, 0, 0], reply: &reply, capacity: 1024))
        != nil,
      reply == sectors
    else { return false }
    let isPastTheEnd =
      (try? disk.call(RamdiskOperation.read.rawValue, words: [15, 2, 0, 0, 0, 0], reply: &reply, capacity: 1024)) == nil
    disk.close()
    return isPastTheEnd && Lab.unload(name) == nil && Lab.freePages() <= before
  }

  static func bytes() -> Bool {
    guard Lab.load() == nil else { return false }
    defer { _ = Lab.unload() }
    guard let lab = try? ServiceClient(Lab.name) else { return false }
    defer { lab.close() }
    for count in [0, 1, 4095, 4096, 65_536] {
      var data: [UInt8] = []
      for index in 0..<count { data.append(UInt8(truncatingIfNeeded: index &* 7)) }
      var reply: [UInt8] = []
      guard (try? lab.call(LabOperation.giveBack.rawValue, data: data, reply: &reply, capacity: count)) != nil,
        reply == data
      else { return false }
    }
    var reply: [UInt8] = []
    // A reply that does not fit is cut to what does.
    guard (try? lab.call(LabOperation.giveBack.rawValue, data: [1, 2, 3], reply: &reply, capacity: 2)) != nil else {
      return false
    }
    return reply == [1, 2]
  }

  static func badAddress() -> Bool {
    guard Lab.load() == nil else { return false }
    defer { _ = Lab.unload() }
    guard let handle = openLab() else { return false }
    defer { _ = SystemCalls.close(handle) }
    var message = Message()
    message.operation = LabOperation.giveBack.rawValue
    let bad: [UInt32] = [8, AddressLayout.kernelStart, 0xffff_fff0, AddressLayout.dynamicEnd - 16]
    for address in bad {
      message.dataAddress = address
      message.dataLength = 64
      guard unsafe SystemCalls.call(handle, &message, .max, .max) == SystemError.badAddress.rawValue else {
        return false
      }
    }
    return Lab.isWorking() && Lab.information()?.state == 1
  }

  private static func openLab() -> UInt32? {
    let name = Bytes(Lab.name)
    let result = unsafe SystemCalls.serviceOpen(name.address, UInt32(name.count))
    return result < 0 ? nil : UInt32(result)
  }

  /// Runs `body` in a thread of its own, and returns whether that thread ended with status 0.
  private static func runThread(_ flags: StartFlags, _ body: @escaping () -> Bool) -> Bool {
    guard let thread = try? Thread.start(StartOptions(flags: flags), body: { body() ? 0 : 1 }) else { return false }
    return (try? thread.join()) == .exited(status: 0)
  }

  static func kinds() -> Bool {
    let kinds: [StartFlags] = [[], .ring0, [.ring0, .sharedStack], [.ring0, .guarded]]
    let faults = [Lab.Fault.divide, Lab.Fault.stack, Lab.Fault.loop]
    for kind in kinds {
      for fault in faults {
        guard Lab.load() == nil else { return false }
        let isContained = runThread(kind) {
          Lab.isWorking() && Lab.call(fault) == .failure(.serviceFaulted)
            && Lab.call(LabOperation.echo.rawValue) == .failure(.serviceFaulted)
        }
        guard isContained, Lab.information()?.hasFailed == true, Lab.unload() == nil else { return false }
      }
    }
    return true
  }

  static func endlessExport() -> Bool {
    guard Lab.load() == nil else { return false }
    defer { _ = Lab.unload() }
    return Lab.call(LabOperation.askForEver.rawValue) == .failure(.serviceFaulted)
  }

  static func sleeper() -> Bool {
    guard Lab.load() == nil else { return false }
    guard
      let thread = try? Thread.start(body: { Lab.call(LabOperation.sleep.rawValue, 200) == .success(0) ? 0 : 1 })
    else { return false }
    while Lab.information()?.threadsInside != 1 { Thread.sleep(milliseconds: 1) }
    guard let refusal = Lab.unload(Lab.name, .noWait), refusal.error == .busy, !refusal.explanation.isEmpty else {
      return false
    }
    // The call goes on, and others may come in; then it is waited for.
    guard Lab.isWorking(), Lab.unload() == nil else { return false }
    return (try? thread.join()) == .exited(status: 0) && Lab.information() == nil
  }

  /// Fifty tasks call, some of them asleep inside, while the module is taken out and put back.
  static func unloadUnderLoad(_ rounds: UInt32) -> Bool {
    guard Lab.load() == nil else { return false }
    let isOver = Mutex<Bool>(false)
    var threads: [Thread] = []
    for index in 0..<50 as Range<UInt32> {
      let thread = try? Thread.start { callUntil(isOver, index) }
      if let thread { threads.append(thread) }
    }
    var failures = 0
    for _ in 0..<rounds {
      if Lab.unload() != nil { failures += 1 }
      if Lab.load() != nil { failures += 1 }
      Thread.yield()
    }
    isOver.withLock { $0 = true }
    for thread in threads where (try? thread.join()) != .exited(status: 0) { failures += 1 }
    return failures == 0 && threads.count == 50 && Lab.isWorking() && Lab.unload() == nil
  }

  /// Every call must succeed or say that nobody serves now.
  private static func callUntil(_ isOver: Mutex<Bool>, _ index: UInt32) -> Int32 {
    while !isOver.withLock({ $0 }) {
      let isSleeper = index % 10 == 0
      let result = isSleeper ? Lab.call(LabOperation.sleep.rawValue, 1) : Lab.call(LabOperation.echo.rawValue, index)
      switch result {
      case .success(let word): if word != (isSleeper ? 0 : index) { return 1 }
      case .failure(let error): if error != .peerGone && error != .notFound { return 2 }
      }
      Thread.yield()
    }
    return 0
  }
}
