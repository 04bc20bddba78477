// The standard handles of a new process: its starter's, or others that the start names.
//
// Invariants:
// - Nothing is counted before the process is there; until then the starter's own handles keep what they stand for.
// - A process gets by itself only what bytes are read from or written to: a service or a device is given to it by name.

import ABI
import Platform
import Primitives

package struct StandardHandles {
  private typealias Entry = (target: HandleTarget, rights: HandleRights)
  private var entries = InlineArray<3, (target: HandleTarget, rights: HandleRights)>(repeating: (.none, []))

  /// Those of the first process: the console.
  package init() {
    entries[Int(StandardHandle.input)] = (HandleTarget(.consoleInput), .all)
    entries[Int(StandardHandle.output)] = (HandleTarget(.consoleOutput), .all)
    entries[Int(StandardHandle.error)] = (HandleTarget(.consoleOutput), .all)
  }

  /// Those that `sources` name among the handles of `starter`.
  package init(
    _ sources: InlineArray<3, HandleSource>, of starter: Reference<Process>, _ context: Context
  ) throws(SystemError) {
    for place in 0..<StandardHandle.count {
      switch sources[Int(place)] {
      case .none: break
      case .inherited:
        do throws(SystemError) {
          let entry = try Handles(context).copy(of: place, needed: .duplicate, in: starter)
          if context.objects.kinds.isStream(entry.target) { entries[Int(place)] = entry }
        } catch {}
      case let source:
        entries[Int(place)] = try Handles(context).copy(of: source.rawValue &- 1, needed: .duplicate, in: starter)
      }
    }
  }

  /// Gives them to a process that has none.
  package func give(to process: Reference<Process>, _ context: Context) {
    for place in 0..<StandardHandle.count where entries[Int(place)].target.kind != .none {
      Handles(context).retain(entries[Int(place)].target)
      process.value.handles.place(place, entries[Int(place)].target, entries[Int(place)].rights)
    }
  }
}
