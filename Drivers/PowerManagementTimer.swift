// The power management timer of ACPI (ACPI 6.4, 4.8.3.3): a counter of 24 or 32 bits that runs at 3.579545 MHz and that
// nothing can stop or set.
//
// Invariant: distances are taken modulo the counter's width, so a counter that runs over is no matter.

/// The timer behind the port that the firmware's table FADT names.
public struct PowerManagementTimer<Ports: PortAccess> {
  private let port: UInt16
  private let mask: UInt32

  /// - Parameter isWide: it counts 32 bits, not 24 (TMR_VAL_EXT).
  public init(port: UInt16, isWide: Bool) {
    self.port = port
    mask = isWide ? 0xffff_ffff : 0x00ff_ffff
  }

  /// The rate at which it counts, in hertz.
  public static var frequency: UInt32 { 3_579_545 }

  /// The counter.
  public var count: UInt32 { Ports.read32(port) & mask }

  /// How far the counter has gone since it was `start`.
  public func distance(from start: UInt32) -> UInt32 { (count &- start) & mask }
}
