// Whose authority a command has: that of the process which asks, never the manager's own. The manager has every right, and would
// otherwise be a way to them for those who have none.
//
// Invariant: a server never has a right that whoever had it started lacks, also when it moves or is started again.

import ABI
import SDK

enum Authority {
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
