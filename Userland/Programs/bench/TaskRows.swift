// What starting a task, letting it run and end, and waiting for it costs.

import ABI
import Primitives
import Runtime
import SDK

enum TaskRows {
  static func measure(as kind: TaskKind, _ report: inout Report) {
    for other in TaskKind.allCases {
      report.measure(RowName("thread of ", other.label, ", from ", kind.label), samples: 50) {
        guard let thread = BareThread(endAtOnce, argument: 0, kind: other) else {
          return SystemError.outOfMemory.rawValue
        }
        thread.join()
        return 0
      }
    }
    for other in TaskKind.allCases {
      report.measure(RowName("process of ", other.label, ", from ", kind.label), samples: 50) { runNull(as: other) }
    }
  }

  /// Starts a program that ends at once, and waits for its end. Returns the last call's result.
  @inline(__always)
  static func runNull(as kind: TaskKind) -> Int32 {
    let path: StaticString = "/bin/null"
    var request = ProcessRequest()
    request.path = TextSlice(
      address: UInt32(UInt(bitPattern: path.utf8Start)), length: UInt32(path.utf8CodeUnitCount))
    request.flags = kind.flags
    let task = SystemCalls.processStart(&request, UInt32(MemoryLayout<ProcessRequest>.size))
    return task < 0 ? task : SystemCalls.wait(UInt32(bitPattern: task), [], nil)
  }
}

@c func endAtOnce(_ argument: UInt32) { SystemCalls.exit(0) }
