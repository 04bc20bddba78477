// Whose authority a command has: that of the process which asks, never the manager's own. The manager has every right, and would
// otherwise be a way to them for those who have none.
//
// Invariant: a server never has a right that whoever had it started lacks, also when it moves or is started again; and of those
// it has the ones that its author asked for.

import ABI
import Primitives
import SDK

enum Authority {
  /// What a server gets of the rights of whoever has it started. Every server has `services`, without which it could not serve; one
  /// of the system's own has that alone where no file says more.
  ///
  /// - Parameter text: what the file of rights beside it holds; nil: there is none.
  static func granted(_ text: [UInt8]?, isOwn: Bool, of rights: Rights) throws(ManagerRefusal) -> Rights {
    do throws(UnknownRight) {
      let wanted = try text.map { text throws(UnknownRight) in try RightsFile.rights(in: text).union(.services) }
      return RightsFile.granted(wanted ?? (isOwn ? .services : nil), isOwn: isOwn, of: rights)
    } catch {
      var sentence = ByteWriter()
      error.describe(to: &sentence)
      throw ManagerRefusal(sentence.bytes)
    }
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
