// How the Swift package manager builds the host's side: the command itself and the tests.

public enum HostBuild {
  /// A module at a time (docs/decisions/0051-host-builds-by-module.md), and an object for each file all the same, as the package
  /// manager expects: that is what a number of threads asks for. The launcher builds the command with the same flags, so that
  /// modules that both have are compiled once.
  public static let flags = ["-whole-module-optimization", "-num-threads", "1"].flatMap { ["-Xswiftc", $0] }
}
