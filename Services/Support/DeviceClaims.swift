// How a service gets its device from the placement before.

/// What a placement claims for a service. It is bound in Services/Server and Services/Module.
public protocol DeviceClaims {
  /// Returns false where somebody else has the ports.
  static func claim(_ ports: ClosedRange<UInt16>) -> Bool
  /// Returns false where the task that waits is to end.
  static func sleep(milliseconds: UInt32) -> Bool
}

extension DeviceClaims {
  /// Claims ports that the placement before may be about to give back with its end: waits up to a second for it,
  /// unless the task is to end.
  public static func claimFromPredecessor(_ ports: ClosedRange<UInt16>) -> Bool {
    for _ in 0..<1000 {
      if claim(ports) { return true }
      guard sleep(milliseconds: 1) else { return false }
    }
    return false
  }
}
