// Asking the service manager to start, stop or move a service.

import ABI
import Primitives

/// The operations of the service "manager".
public enum ManagerOperation: UInt32 {
  case start = 0
  case stop = 1
  case move = 2
  /// Keeps the service's state as it is now; if the service crashes, it goes on from there.
  case save = 3
}

public enum ManagerClient {
  /// Asks the manager. Returns nil, or the sentence with which it refused.
  public static func ask(
    _ operation: ManagerOperation, _ name: Bytes, placement: ServicePlacement = .server
  ) throws(SystemError) -> [UInt8]? {
    let manager = try ServiceClient("manager")
    defer { manager.close() }
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = placement.rawValue
    var reply: [UInt8] = []
    let result = try manager.call(operation.rawValue, words: words, data: name.copied, reply: &reply, capacity: 256)
    return result[0] == 0 ? nil : reply
  }
}
