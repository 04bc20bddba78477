// What a profile needs of a linked image: the names of its functions, and the pages that its code fills in memory, by
// which code is recognized wherever it runs.

import Foundation

public enum CodeImage {
  public struct Function: Equatable, Sendable {
    public let name: String
    public let address: UInt32
    public let size: UInt32

    public init(name: String, address: UInt32, size: UInt32) {
      self.name = name
      self.address = address
      self.size = size
    }
  }

  /// A page as it is in memory. Outside of the segment it is zero where the segment was copied, and what the file has there
  /// where it runs in place.
  public struct Page: Equatable, Sendable {
    public let address: UInt32
    public let bytes: [UInt8]
  }

  public static let pageSize = 4096

  /// The functions of the image at `path`, by address.
  public static func functions(of path: String, tools: ToolchainTools? = nil) throws -> [Function] {
    let functions = SymbolTableBuilder.functionExtents(of: try ElfImage(path: path))
    let names = try FunctionNames.readable(functions.map(\.name), tools: try tools ?? ToolchainTools.find())
    return zip(functions, names).map { Function(name: $1, address: $0.address, size: $0.size) }
  }

  /// The size of each section of the image at `path`, in bytes.
  public static func sectionSizes(of path: String) throws -> [String: Int] { try ElfImage(path: path).sectionSizes }

  /// The pages of the segments of the image at `path` that hold code, in both forms.
  public static func pages(of path: String) throws -> [Page] {
    try ElfImage(path: path).codeSegments.flatMap { segment in
      pages(of: segment.bytes, at: segment.address)
        + pages(of: segment.pagesInFile, at: segment.address & ~UInt32(pageSize - 1))
    }
  }

  /// How many pages the code of the image at `path` fills.
  public static func codePageCount(of path: String) throws -> Int {
    try ElfImage(path: path).codeSegments.reduce(0) { $0 + pages(of: $1.bytes, at: $1.address).count }
  }

  static func pages(of bytes: [UInt8], at address: UInt32) -> [Page] {
    let lead = Int(address) % pageSize
    let padded = [UInt8](repeating: 0, count: lead) + bytes
    return stride(from: 0, to: padded.count, by: pageSize).map { start in
      let own = padded[start..<min(start + pageSize, padded.count)]
      return Page(
        address: address - UInt32(lead) + UInt32(start),
        bytes: own + [UInt8](repeating: 0, count: pageSize - own.count))
    }
  }
}
