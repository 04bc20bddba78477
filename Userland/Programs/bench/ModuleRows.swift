// What it costs to link a module into the kernel, and to take it out again.

import ABI
import Primitives
import SDK
import UserSupport

/// A module of the system.
struct MeasuredModule {
  let name: StaticString
  let path: StaticString

  static var lab: MeasuredModule { MeasuredModule(name: "lab", path: "/lib/modules/lab.so") }

  /// Returns false where it was not loaded.
  func load() -> Bool { (try? Modules.load(Bytes(path), parameters: WordList())) != nil }
  func unload() -> Bool { (try? Modules.unload(Bytes(name))) != nil }
}

enum ModuleRows {
  static func measure(_ report: inout Report) {
    for module in [MeasuredModule(name: "chain0", path: "/lib/modules/chain0.so"), .lab] {
      measureLoading(module, RowName("load and link the module ", module.name), &report)
      report.collect(RowName("unload the module ", module.name), samples: 50) {
        guard module.load() else { return .max }
        let start = read_stamp()
        return module.unload() ? read_stamp() &- start : .max
      }
    }
  }

  static func measureLoading(_ module: MeasuredModule, _ name: RowName, _ report: inout Report) {
    report.collect(name, samples: 50) {
      let start = read_stamp()
      guard module.load() else { return .max }
      let sample = read_stamp() &- start
      return module.unload() ? sample : .max
    }
  }
}
