// What the service `disk` can be asked for; it and its clients share this.

/// Operations on sectors of 512 bytes. Word 0 of every reply is a `SectorResult`.
public enum SectorOperation: UInt32, Sendable {
  /// The reply's words 1 to 3: how many sectors the disk has, how many were read and written since the service started.
  case status = 0
  /// Reads word 1 sectors from sector word 0, as many as the reply carries.
  case read = 1
  /// Writes the request's data, whole sectors, from sector word 0.
  case write = 2

  public static var sectorSize: Int { 512 }
  /// The most sectors that a request moves.
  public static var sectorLimit: UInt32 { 128 }
}

public enum SectorResult: UInt32, Sendable {
  case done = 0
  /// Sectors that the disk does not have, or none, or too many.
  case outOfRange = 1
  /// The disk failed or did not answer; the service has reset it.
  case failed = 2
  /// There is no disk, or its ports and its line belong to somebody else.
  case absent = 3
  case unknownOperation = 4
}
