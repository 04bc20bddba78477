// Paths as spans of bytes: `/bin/a`, `bin/a`, `./bin//a` are one path. Nothing is copied; paths are
// compared component by component.
//
// Invariant: a component is never empty and never `.`; `..` is refused where a path comes in, so no
// comparison ever has to give it a meaning.

import Primitives

/// Why a path was refused.
public enum PathError: Error, Equatable, Sendable {
  /// No bytes at all.
  case empty
  /// A component `..`, `offset` bytes into the path.
  case climbs(offset: Int)

  /// Writes one sentence.
  public func describe(to output: inout some TextOutput) {
    switch self {
    case .empty: output.write("The path is empty.")
    case .climbs(let offset):
      output.write("The path has a component \"..\" at byte ")
      output.write(decimal: offset)
      output.write(", and archives have no way up.")
    }
  }
}

extension Span<UInt8> {
  /// The next component of this path from `position` on, which moves past it; nil at the end.
  func nextComponent(from position: inout Int) -> Range<Int>? {
    let slash = UInt8(ascii: "/")
    while position < count {
      if self[position] == slash {
        position &+= 1
        continue
      }
      let start = position
      while position < count && self[position] != slash { position &+= 1 }
      let isDot = position &- start == 1 && self[start] == UInt8(ascii: ".")
      if !isDot { return start..<position }
    }
    return nil
  }

  /// Refuses an empty path and one with `..`.
  func validatePath() throws(PathError) {
    if isEmpty { throw .empty }
    var position = 0
    while let component = nextComponent(from: &position) {
      if extracting(component).hasSameBytes(as: "..") { throw .climbs(offset: component.lowerBound) }
    }
  }
}
