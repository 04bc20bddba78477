// The disk that a machine gets: contents that a guest can check without having seen them (Userland/Programs/disk).

/// A disk image.
public enum DiskImage {
  public static var sectorCount: UInt32 { 2048 }

  /// 1 MiB: in word w of sector s the number s * 2,654,435,761 + w * 40,503, modulo 2^32, little-endian.
  public static let contents: [UInt8] = {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(sectorCount) * 512)
    for sector in 0..<sectorCount {
      for word in 0..<128 as Range<UInt32> {
        let value = sector &* 2_654_435_761 &+ word &* 40_503
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
      }
    }
    return bytes
  }()
}
