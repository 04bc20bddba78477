// Writes boot archives: cpio, format "newc", as the kernel's file system reads them.

/// An archive in the making.
public struct BootArchive: Sendable {
  private var content: [UInt8] = []
  private var count: UInt32 = 0

  public init() {}

  /// Adds an ordinary file. `path` has no leading slash.
  public mutating func add(path: String, contents: [UInt8]) {
    count += 1
    append(path: path, contents: contents, number: count, mode: 0o100755)
  }

  /// The whole archive, with its trailer.
  public func bytes() -> [UInt8] {
    var copy = self
    copy.append(path: "TRAILER!!!", contents: [], number: 0, mode: 0)
    return copy.content
  }

  private mutating func append(path: String, contents: [UInt8], number: UInt32, mode: UInt32) {
    let name = Array(path.utf8) + [0]
    let fields: [UInt32] = [
      number, mode, 0, 0, 1, 0, UInt32(contents.count), 0, 0, 0, 0, UInt32(name.count), 0,
    ]
    content += Array("070701".utf8)
    for field in fields {
      let digits = String(field, radix: 16, uppercase: true)
      content += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
    content += name
    pad()
    content += contents
    pad()
  }

  private mutating func pad() {
    while content.count % 4 != 0 { content.append(0) }
  }
}
