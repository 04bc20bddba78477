// The kinds of tasks that call and serve: the four of docs/process-model.md, those in Ring 0 also on a shared stack, and
// guarded.
//
// Invariant: a thread of one ring belongs to a process of the other, so that what holds for it is not its process's.

import ABI
import Primitives
import SDK

struct Kind {
  private let number: UInt32
  let name: StaticString
  let isThread: Bool
  /// Of the task itself.
  let flags: StartFlags

  private static var count: UInt32 { 8 }

  init?(_ number: UInt32?) {
    switch number {
    case 0: self.init(0, "Ring-3 process", false, [])
    case 1: self.init(1, "Ring-3 thread", true, [])
    case 2: self.init(2, "Ring-0 process", false, .ring0)
    case 3: self.init(3, "Ring-0 thread", true, .ring0)
    case 4: self.init(4, "shared process", false, [.ring0, .sharedStack])
    case 5: self.init(5, "shared thread", true, [.ring0, .sharedStack])
    case 6: self.init(6, "guarded process", false, [.ring0, .guarded])
    case 7: self.init(7, "guarded thread", true, [.ring0, .guarded])
    default: return nil
    }
  }

  private init(_ number: UInt32, _ name: StaticString, _ isThread: Bool, _ flags: StartFlags) {
    self.number = number
    self.name = name
    self.isThread = isThread
    self.flags = flags
  }

  static var all: [Kind] { (0..<count).compactMap { Kind($0) } }

  /// Of the process in which it is, or which it is.
  var processFlags: StartFlags { !isThread ? flags : flags.contains(.ring0) ? [] : .ring0 }

  /// How a command line names it.
  var word: StaticString {
    let words: InlineArray<8, StaticString> = ["0", "1", "2", "3", "4", "5", "6", "7"]
    return words[Int(number)]
  }
}
