// The little of an ELF file (System V ABI, Intel386 supplement) that symbol tables and profiles are made from: which
// symbols name code, which sections hold code, and what code is loaded.
//
// Invariant: every offset is checked against the file before it is followed.

import Foundation

/// What is wrong with a file that should be a linked i386 image.
public enum ElfImageError: Error, Equatable, CustomStringConvertible {
  case notAnElfFile(path: String)
  /// Only 32-bit little-endian files for the 386 have symbol tables made.
  case wrongKind(path: String, elfClass: UInt8, machine: UInt16)
  case outOfBounds(path: String, what: String, offset: Int, size: Int)

  public var description: String {
    switch self {
    case .notAnElfFile(let path): "\(path) is not an ELF file"
    case .wrongKind(let path, let elfClass, let machine):
      "\(path) is not a 32-bit file for the 386: its class is \(elfClass), its machine \(machine)"
    case .outOfBounds(let path, let what, let offset, let size):
      "\(path): \(what) at \(offset) lies outside of the file's \(size) bytes"
    }
  }
}

/// The code symbols of a linked image.
struct ElfImage {
  struct CodeSymbol: Equatable {
    var name: String
    var address: UInt32
    var size: UInt32
    /// Symbols of hand-written assembly often lack a type; the compiler's never do.
    var isFunction: Bool
    var isGlobal: Bool
  }

  /// Addresses `start ..< end` of each section that holds code.
  private(set) var codeRanges: [Range<UInt32>] = []
  private(set) var symbols: [CodeSymbol] = []
  /// What of the file is loaded to be executed, and where; and the whole pages of the file in which that lies, where it has
  /// the same place in a page there as in memory.
  private(set) var codeSegments: [(address: UInt32, bytes: [UInt8], pagesInFile: [UInt8])] = []

  /// The size of each section, in bytes.
  private(set) var sectionSizes: [String: Int] = [:]

  /// The section `.stack_sizes`: for each function its address and the size of its frame as ULEB128.
  private(set) var stackSizes: [UInt8] = []

  private struct Section {
    var name, type, flags, address, offset, size, link: UInt32
  }

  init(path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    guard bytes.count >= 52, Array(bytes[0..<4]) == [0x7f, 0x45, 0x4c, 0x46] else {
      throw ElfImageError.notAnElfFile(path: path)
    }
    func number(_ offset: Int, _ width: Int, _ what: String) throws -> UInt32 {
      guard offset >= 0, offset + width <= bytes.count else {
        throw ElfImageError.outOfBounds(path: path, what: what, offset: offset, size: bytes.count)
      }
      return (0..<width).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    let machine = UInt16(try number(18, 2, "e_machine"))
    guard bytes[4] == 1, bytes[5] == 1, machine == 3 else {
      throw ElfImageError.wrongKind(path: path, elfClass: bytes[4], machine: machine)
    }

    let segmentTable = Int(try number(28, 4, "e_phoff"))
    for index in 0..<Int(try number(44, 2, "e_phnum")) {
      func word(_ field: Int) throws -> UInt32 {
        try number(segmentTable + index * 32 + field * 4, 4, "a program header")
      }
      // PT_LOAD with PF_X.
      guard try word(0) == 1, try word(6) & 1 == 1 else { continue }
      let (offset, size) = (Int(try word(1)), Int(try word(4)))
      guard offset + size <= bytes.count else {
        throw ElfImageError.outOfBounds(path: path, what: "a segment", offset: offset, size: bytes.count)
      }
      let address = try word(2)
      let pageSize = CodeImage.pageSize
      var pagesInFile: [UInt8] = []
      if offset % pageSize == Int(address) % pageSize {
        let end = min((offset + size + pageSize - 1) / pageSize * pageSize, bytes.count)
        pagesInFile = Array(bytes[(offset / pageSize * pageSize)..<end])
      }
      codeSegments.append((address, Array(bytes[offset..<(offset + size)]), pagesInFile))
    }

    let sectionTable = Int(try number(32, 4, "e_shoff"))
    let sectionCount = Int(try number(48, 2, "e_shnum"))
    let sections = try (0..<sectionCount).map { index in
      func word(_ field: Int) throws -> UInt32 {
        try number(sectionTable + index * 40 + field * 4, 4, "a section header")
      }
      return Section(
        name: try word(0), type: try word(1), flags: try word(2), address: try word(3), offset: try word(4),
        size: try word(5), link: try word(6))
    }
    func text(at start: Int) -> String? {
      guard start < bytes.count, let end = bytes[start...].firstIndex(of: 0), end > start else { return nil }
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
    let nameTable = Int(try number(50, 2, "e_shstrndx"))
    if nameTable < sections.count {
      for section in sections {
        guard let name = text(at: Int(sections[nameTable].offset) + Int(section.name)) else { continue }
        sectionSizes[name, default: 0] += Int(section.size)
        let (start, end) = (Int(section.offset), Int(section.offset) + Int(section.size))
        if name == ".stack_sizes", end <= bytes.count { stackSizes += bytes[start..<end] }
      }
    }
    // SHF_ALLOC and SHF_EXECINSTR.
    let code = sections.map { $0.flags & 6 == 6 && $0.size > 0 }
    codeRanges = zip(sections, code).filter(\.1).map { section, _ in
      section.address..<(section.address &+ section.size)
    }.sorted { $0.lowerBound < $1.lowerBound }

    // SHT_SYMTAB, or SHT_DYNSYM where that is all a stripped module kept.
    let tables = sections.filter { $0.type == 2 }
    for table in tables.isEmpty ? sections.filter({ $0.type == 11 }) : tables {
      guard Int(table.link) < sections.count else { continue }
      let strings = sections[Int(table.link)]
      for index in 0..<Int(table.size / 16) {
        let entry = Int(table.offset) + index * 16
        let information = try number(entry + 12, 1, "a symbol")
        let sectionIndex = Int(try number(entry + 14, 2, "a symbol"))
        let kind = information & 15  // STT_NOTYPE 0, STT_FUNC 2
        guard kind == 0 || kind == 2, sectionIndex < sections.count, code[sectionIndex] else { continue }
        let start = Int(strings.offset) + Int(try number(entry, 4, "a symbol"))
        guard let name = text(at: start) else { continue }
        symbols.append(
          CodeSymbol(
            name: name,
            address: try number(entry + 4, 4, "a symbol"), size: try number(entry + 8, 4, "a symbol"),
            isFunction: kind == 2, isGlobal: information >> 4 != 0))
      }
    }
  }
}
