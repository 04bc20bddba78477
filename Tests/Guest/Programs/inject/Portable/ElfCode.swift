// Where the code lies in a program's or module's file.

enum ElfCode {
  /// The executable segment of the 32-bit file: its bytes' range in the file and its address; nil where it has none.
  static func segment(of file: [UInt8]) -> (range: Range<Int>, address: UInt32)? {
    guard file.count >= 52, word(file, 0) == 0x464c_457f else { return nil }
    let table = Int(word(file, 28))
    let count = Int(word(file, 44) & 0xffff)
    for index in 0..<count {
      let header = table + 32 * index
      guard header + 32 <= file.count else { return nil }
      // PT_LOAD with PF_X.
      guard word(file, header) == 1, word(file, header + 24) & 1 != 0 else { continue }
      let start = Int(word(file, header + 4))
      let size = Int(word(file, header + 16))
      guard start + size <= file.count else { return nil }
      return (start..<start + size, word(file, header + 8))
    }
    return nil
  }

  /// The same without its address.
  static func range(of file: [UInt8]) -> Range<Int>? { segment(of: file)?.range }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) &<< 8 | UInt32(bytes[offset + 2]) &<< 16
      | UInt32(bytes[offset + 3]) &<< 24
  }
}
