// Frames of modules that are larger than their stack.

import ABI
import Primitives
import SDK
import ServiceSupport
import UserSupport

enum StackTests {
  /// A service keeps a table of each size from 1 KiB to 4 MiB on its stack. The call fails where the table has no room, and
  /// the stacks of Ring-0 threads, which the kernel works on as well, stay as they are.
  static func frames() -> Bool {
    let isOver = Mutex<Bool>(false)
    var watchers: [Thread] = []
    for flags in [.ring0, [.ring0, .sharedStack], .ring0, [.ring0, .sharedStack]] as [StartFlags] {
      guard let watcher = try? Thread.start(StartOptions(flags: flags), body: { watch(isOver) }) else { return false }
      watchers.append(watcher)
    }
    var isContained = Lab.load() == nil
    for exponent in [10, 12, 13, 14, 16, 18, 20, 22] as [UInt32] { isContained = isContained && fill(exponent) }
    isOver.withLock { $0 = true }
    var untouched = 0
    for watcher in watchers where (try? watcher.join()) == .exited(status: 0) { untouched += 1 }
    return isContained && untouched == 4 && Lab.unload() == nil
  }

  private static func fill(_ exponent: UInt32) -> Bool {
    let result = Lab.call(LabOperation.fillFrame.rawValue, exponent)
    if result == .success(77) { return exponent < 14 }
    return exponent > 12 && result == .failure(.serviceFaulted) && Lab.unload() == nil && Lab.load() == nil
      && Lab.isWorking()
  }

  /// Returns 0 where its frame is what it was, each time that it looks.
  @inline(never)
  private static func watch(_ isOver: Mutex<Bool>) -> Int32 {
    var known = InlineArray<1024, UInt32>(repeating: opaque(0x1234_5678))
    return withUnsafeMutablePointer(to: &known) { first in
      while !isOver.withLock({ $0 }) {
        Thread.sleep(milliseconds: 1)
        for index in 0..<1024 as Range<UInt32>
        where volatile_read(UInt32(UInt(bitPattern: first)) &+ index &* 4) != 0x1234_5678 { return 1 }
      }
      return 0
    }
  }
}
