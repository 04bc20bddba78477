// What the same service costs in each placement: the service `echo`, called by clients of both rings, empty and with
// data that it gives back.

import ABI
import Primitives
import Runtime
import SDK

enum PlacementRows {
  private static var placements: [(ServicePlacement, StaticString)] {
    [(.server, "server"), (.ring0Server, "ring0-server"), (.linked, "linked")]
  }
  private static var requests: [(UInt32, StaticString)] { [(0, "empty"), (64, "64 bytes"), (4096, "4096 bytes")] }

  static func measure(as kind: TaskKind, _ report: inout Report) {
    for (placement, label) in placements {
      let handle = start(placement)
      for (length, size) in requests {
        let name = RowName(kind.label, " to ", label, ", ", size)
        if handle >= 0, length == 0 {
          // As `ServiceClient` asks.
          report.measure(name) { SystemCalls.callInRegisters(UInt32(bitPattern: handle), 1, 2, 3, 4).result }
        } else if handle >= 0 {
          MessageRows.exchange(name, UInt32(bitPattern: handle), length: length, &report)
        } else {
          report.write(name, reason: "the service was not started")
        }
      }
      if handle >= 0 {
        MessageRows.lend(
          RowName(kind.label, " to ", label, ", 4096 bytes lent"), UInt32(bitPattern: handle), &report)
      }
      if handle >= 0 { _ = SystemCalls.close(UInt32(bitPattern: handle)) }
      _ = ask(.stop, .server)
    }
  }

  /// Starts the service and opens it.
  private static func start(_ placement: ServicePlacement) -> Int32 {
    ask(.start, placement) ? openService("echo") : -1
  }

  private static func ask(_ operation: ManagerOperation, _ placement: ServicePlacement) -> Bool {
    do throws(SystemError) {
      return try ManagerClient.ask(operation, Bytes("echo"), placement: placement) == nil
    } catch {
      return false
    }
  }
}
