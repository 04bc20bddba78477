// The standard handles of a new process: its starter's, or others that the start names.
//
// Invariants:
// - What they stand for is counted from when they are found until `release`: the starter's other threads may close its own
//   handles while the start waits for a file, or lets others run.
// - A process gets by itself only what bytes are read from or written to: a service or a device is given to it by name.

import ABI
import Platform
import Primitives

package struct StandardHandles {
  private typealias Entry = (target: HandleTarget, rights: HandleRights)
  private var entries = InlineArray<3, (target: HandleTarget, rights: HandleRights)>(repeating: (.none, []))

  /// Those of the first process: the console.
  package init() {
    entries[Int(StandardHandle.input)] = (HandleTarget(.terminal), [.duplicate, .pass, .read])
    entries[Int(StandardHandle.output)] = (HandleTarget(.terminal), [.duplicate, .pass, .write])
    entries[Int(StandardHandle.error)] = (HandleTarget(.terminal), [.duplicate, .pass, .write])
  }

  /// Those that `sources` name among the handles of `starter`.
  package init(
    _ sources: InlineArray<3, HandleSource>, of starter: Reference<Process>, _ context: Context
  ) throws(SystemError) {
    do throws(SystemError) {
      for place in 0..<StandardHandle.count {
        guard let entry = try Self.find(sources[Int(place)], at: place, of: starter, context) else { continue }
        Handles(context).retain(entry.target)
        entries[Int(place)] = entry
      }
    } catch {
      release(of: starter, context)
      throw error
    }
  }

  private static func find(
    _ source: HandleSource, at place: UInt32, of starter: Reference<Process>, _ context: Context
  ) throws(SystemError) -> Entry? {
    switch source {
    case .none: return nil
    case .inherited:
      do throws(SystemError) {
        let entry = try Handles(context).copy(of: place, needed: .duplicate, in: starter)
        return context.objects.kinds.isStream(entry.target) ? entry : nil
      } catch { return nil }
    case let source:
      return try Handles(context).copy(of: source.rawValue &- 1, needed: .duplicate, in: starter)
    }
  }

  /// Gives up what the starter's were counted for, whether a process has them or not.
  package func release(of starter: Reference<Process>, _ context: Context) {
    for place in 0..<StandardHandle.count where entries[Int(place)].target.kind != .none {
      Handles(context).release(entries[Int(place)].target, of: starter)
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
