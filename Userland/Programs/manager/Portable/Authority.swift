// Whose authority a command has: that of the process which asks, never the manager's own. The manager has every right, and would
// otherwise be a way to them for those who have none.
//
// Invariant: a server never has a right that whoever had it started lacks, also when it moves or is started again; and of those
// it has the ones that its author asked for.

import ABI
import SDK

enum Authority {
  /// The rights that a text names, between spaces and line ends; what follows `#` in a line is a comment. Every server has
  /// `services`, without which it could not serve. Nil where the text names what is no right.
  static func rights(in text: [UInt8]) -> Rights? {
    var rights = Rights.services
    for name in ServiceOrder.names(in: text) {
      guard let right = named.first(where: { Bytes($0.name).copied == name })?.right else { return nil }
      rights.insert(right)
    }
    return rights
  }

  private static var named: [(name: StaticString, right: Rights)] {
    [
      ("ring0", .ring0), ("modules", .modules), ("tasks", .tasks), ("power", .power), ("services", .services),
      ("devices", .devices),
    ]
  }

  /// Refuses a command for a service in this placement to who could not do by itself what it comes to.
  static func check(_ rights: Rights, for placement: ServicePlacement) throws(ManagerRefusal) {
    guard rights.contains(.services) else {
      throw ManagerRefusal("whoever asks has not the right \"services\"")
    }
    switch placement {
    case .server: break
    case .ring0Server:
      guard rights.contains(.ring0) else { throw ManagerRefusal("whoever asks has not the right \"ring0\"") }
    case .linked:
      guard rights.contains(.modules) else { throw ManagerRefusal("whoever asks has not the right \"modules\"") }
    }
  }
}
