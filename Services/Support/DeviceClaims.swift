// How a service gets its device from the placement before.

/// What a placement claims for a service. It is bound in Services/Server and Services/Module.
public protocol DeviceClaims {
  /// Returns false where somebody else has the ports.
  static func claim(_ ports: ClosedRange<UInt16>) -> Bool
  static func sleep(milliseconds: UInt32)
}

extension DeviceClaims {
  /// Claims ports that the placement before may be about to give back with its end: waits up to a second for it.
  public static func claimFromPredecessor(_ ports: ClosedRange<UInt16>) -> Bool {
    for _ in 0..<1000 {
      if claim(ports) { return true }
      sleep(milliseconds: 1)
    }
    return false
  }
}
