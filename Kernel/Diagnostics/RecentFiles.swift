// The files of the rows before, as writer and reader of a symbol table both keep them: code that was inlined makes the source
// of neighbouring instructions jump between few files, and back to nearly the same line.

/// The latest files, the very latest first, each with its latest line.
public struct RecentFiles {
  private var files = InlineArray<8, UInt32>(repeating: 0)
  private var lines = InlineArray<8, UInt32>(repeating: 0)
  public private(set) var count: Int = 0

  public init() {}

  /// The place of a file in the list; `count` where it is not in it.
  public func place(of file: UInt32) -> Int {
    for place in 0..<count where files[place] == file { return place }
    return count
  }

  /// The file and its line at a place below `count`.
  public func entry(_ place: Int) -> (file: UInt32, line: UInt32) { (files[place], lines[place]) }

  /// Makes `file` and `line` the latest. The file was at `place`, or is new where that is `count`; then the last one goes
  /// where the list is full.
  public mutating func use(_ file: UInt32, _ line: UInt32, from place: Int) {
    if place == count && count < files.count { count &+= 1 }
    var index = min(place, count &- 1)
    while index > 0 {
      files[index] = files[index &- 1]
      lines[index] = lines[index &- 1]
      index &-= 1
    }
    files[0] = file
    lines[0] = line
  }
}
