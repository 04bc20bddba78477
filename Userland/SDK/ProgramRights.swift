// What a program is granted when somebody at the shell starts it, and a service when the manager does: what its author has asked
// for, as far as the starter has it.

import ABI
import Primitives

public struct ProgramRights {
  /// What the file beside the program says; nil: there is none.
  public let wanted: Rights?
  /// Whether it is part of the system.
  public let isOwn: Bool

  /// Reads the file beside the program, or the server, at an absolute path.
  public init(_ path: [UInt8]) throws(UnknownRight) {
    isOwn = path.starts(with: Bytes("/bin/").copied) || path.starts(with: Bytes("/lib/services/").copied)
    wanted = try Self.contents(path + Bytes(RightsFile.ending).copied).map { text throws(UnknownRight) in
      try RightsFile.rights(in: text)
    }
  }

  public func granted(of starter: Rights) -> Rights { RightsFile.granted(wanted, isOwn: isOwn, of: starter) }

  /// What a file holds; nil where it is none that can be read.
  private static func contents(_ path: [UInt8]) -> [UInt8]? {
    path.withBytes { path in
      do throws(SystemError) { return try File(path).contents() } catch { return nil }
    }
  }
}
