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
  /// Tells what it needs, and how often it has been started again.
  case describe = 4
  /// Tells which services have crashed and are to be started again.
  case waiting = 5
  /// Moves a service that does not tell its state: the new server begins with nothing, and calls that the old one does not
  /// answer fail.
  case moveWithoutState = 6
  /// Of init alone: words 0 and 1 are address and length of the journal's memory in the manager.
  case takeOver = 7
}

public enum ManagerClient {
  /// Asks the manager. Returns nil, or the sentence with which it refused.
  public static func ask(
    _ operation: ManagerOperation, _ name: Bytes, placement: ServicePlacement = .server
  ) throws(SystemError) -> [UInt8]? {
    var reply: [UInt8] = []
    return try call(operation, name, placement, &reply)[0] == 0 ? nil : reply
  }

  /// What a service needs, with spaces between the names, and how often it has been started again in a row.
  public static func describe(_ name: Bytes) throws(SystemError) -> (needs: [UInt8], restarts: UInt32) {
    var reply: [UInt8] = []
    let result = try call(.describe, name, .server, &reply)
    return result[0] == 0 ? (reply, result[1]) : ([], 0)
  }

  /// The services that have crashed and are to be started again, with spaces between their names.
  public static func waiting() throws(SystemError) -> [UInt8] {
    var reply: [UInt8] = []
    return try call(.waiting, Bytes("manager"), .server, &reply)[0] == 0 ? reply : []
  }

  private static func call(
    _ operation: ManagerOperation, _ name: Bytes, _ placement: ServicePlacement, _ reply: inout [UInt8]
  ) throws(SystemError) -> InlineArray<6, UInt32> {
    let manager = try ServiceClient("manager")
    defer { manager.close() }
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = placement.rawValue
    return try manager.call(operation.rawValue, words: words, data: name.copied, reply: &reply, capacity: 256)
  }
}
