// What modules do wrong without an exception: with their memory, and in how they ask the kernel.

import ABI
import Primitives
import SDK
import ServiceSupport

enum MistakeTests {
  /// Each ends its call and fails the module, and what the module had is taken back.
  private static func isCaught(_ operation: LabOperation, _ word: UInt32 = 0, _ second: UInt32 = 0) -> Bool {
    guard Lab.load() == nil, let lab = try? ServiceClient(Lab.name) else { return false }
    defer { lab.close() }
    do throws(SystemError) {
      _ = try lab.callShort(operation.rawValue, word, second)
      return false
    } catch {
      return error == .serviceFaulted && Lab.information()?.hasFailed == true
        && Lab.information()?.threadsInside == 0 && Lab.unload() == nil
    }
  }

  static func memory() -> Bool {
    var before: UInt32 = 0
    for _ in 0..<2 {
      before = Lab.freePages()
      for operation in [LabOperation.overrun, .longOverrun, .wildFree, .secondFree] {
        guard isCaught(operation) else { return false }
      }
      for count in [1, 12, 13, 48] as [UInt32] where !isCaught(.shortUnderrun, count) { return false }
    }
    return Lab.freePages() == before && (try? Machine.memory(.check))?.discrepancies == 0
  }

  /// From tasks of all kinds, the call that does nothing and the one that ends a task, by the page and by the gate.
  static func systemCalls() -> Bool {
    let kinds: [StartFlags] = [[], .ring0, [.ring0, .sharedStack], [.ring0, .guarded]]
    for kind in kinds {
      for number in [SystemCall.null, .exit, .yield] {
        for gate in 0..<2 as Range<UInt32> {
          guard
            let thread = try? Thread.start(
              StartOptions(flags: kind), body: { isCaught(.systemCall, number.rawValue, gate) ? 0 : 1 }),
            (try? thread.join()) == .exited(status: 0)
          else { return false }
        }
      }
    }
    return true
  }

  /// A function that ends with a jump to an export: what lies on the stack is the kernel's own return address.
  static func jump() -> Bool {
    guard Lab.load() == nil else { return false }
    return Lab.call(0, 0, "lab-jump") == .success(0) && Lab.isWorking() && Lab.unload() == nil
  }
}
