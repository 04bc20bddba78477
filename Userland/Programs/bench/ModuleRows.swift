// What it costs to link a module into the kernel, and to take it out again.

import ABI
import Primitives
import SDK
import UserSupport

enum ModuleRows {
  static func measure(_ report: inout Report) {
    measure("chain0", "/lib/modules/chain0.so", &report)
    measure("lab", "/lib/modules/lab.so", &report)
  }

  private static func measure(_ name: StaticString, _ path: StaticString, _ report: inout Report) {
    report.collect(RowName("load and link the module ", name), samples: 50) {
      let start = read_stamp()
      guard load(path) else { return .max }
      let sample = read_stamp() &- start
      return unload(name) ? sample : .max
    }
    report.collect(RowName("unload the module ", name), samples: 50) {
      guard load(path) else { return .max }
      let start = read_stamp()
      return unload(name) ? read_stamp() &- start : .max
    }
  }

  static func load(_ path: StaticString) -> Bool {
    (try? Modules.load(Bytes(path), parameters: WordList())) != nil
  }

  static func unload(_ name: StaticString) -> Bool { (try? Modules.unload(Bytes(name))) != nil }
}
