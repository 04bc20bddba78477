// Where the file of the running command is.

import Foundation

public enum RunningCommand {
  /// Its path, also after the file was built anew while the command runs: then the system says of the old one that it is deleted,
  /// and what lies there now is its successor.
  /// - Parameter link: what the system says (proc(5)).
  public static func path(link: String = "/proc/self/exe") -> String {
    // Text only: a path of which the file is gone cannot be resolved.
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link
    let mark = " (deleted)"
    return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
  }
}
