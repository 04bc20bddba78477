// Which system a program's file says that it is for: the note that linkers put into programs of free systems (Linux Standard Base,
// "ABI note tag"). Programs that were built for this one have none.
//
// Invariant: no number of the file is used before it is checked, and each step goes on in the file.

import Primitives

enum SystemTag {
  /// How many notes are looked at.
  private static var noteLimit: Int { 64 }

  /// Whether a segment of notes has one.
  static func isThere<Source: ByteSource & ~Copyable & ~Escapable>(
    in segment: ProgramHeader, fileSize: UInt32, source: inout Source
  ) throws(ElfError) -> Bool {
    let end = min(UInt64(segment.offset) &+ UInt64(segment.fileSize), UInt64(fileSize))
    var position = UInt64(segment.offset)
    for _ in 0..<noteLimit {
      // Sizes of name and contents, type, and the name that counts: four bytes.
      guard position &+ 16 <= end else { return false }
      var bytes = InlineArray<16, UInt8>(repeating: 0)
      try readWhole(&bytes, from: &source, at: UInt32(truncatingIfNeeded: position))
      let view = bytes.span
      let (nameSize, size) = (littleEndian32(view, at: 0), littleEndian32(view, at: 4))
      // "GNU", NT_GNU_ABI_TAG.
      if nameSize == 4, littleEndian32(view, at: 8) == 1, littleEndian32(view, at: 12) == 0x0055_4e47 { return true }
      position &+= 12 &+ (UInt64(nameSize) &+ 3) & ~3 &+ (UInt64(size) &+ 3) & ~3
    }
    return false
  }
}
