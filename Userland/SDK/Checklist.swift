// For programs that test the system: named checks, one line each, and a status at the end.
//
// Invariant: the status is 0 only where at least one check was made and all came out true.

import ABI
import Primitives

public struct Checklist {
  private let program: StaticString
  private var passed: UInt32 = 0
  private var failed: UInt32 = 0

  public init(_ program: StaticString) { self.program = program }

  /// Writes whether `isTrue`, with what it is about. Returns it.
  @discardableResult @inline(never)
  public mutating func check(_ isTrue: Bool, _ what: StaticString) -> Bool {
    check(isTrue) { $0.write(what) }
  }

  /// Writes whether `isTrue`, with what `describe` writes.
  @discardableResult @inline(never)
  public mutating func check(_ isTrue: Bool, _ describe: (inout ConsoleLine) -> Void) -> Bool {
    if isTrue { passed += 1 } else { failed += 1 }
    Console.write {
      $0.write(isTrue ? "ok    " : "FAIL  ")
      describe(&$0)
      $0.write("\n")
    }
    return isTrue
  }

  /// Writes how many checks there were. Returns the exit status.
  public func conclude() -> Int32 {
    Console.write {
      $0.write(program)
      $0.write(": ")
      $0.write(decimal: passed)
      $0.write(" ok, ")
      $0.write(decimal: failed)
      $0.write(" failed\n")
    }
    return failed == 0 && passed > 0 ? 0 : 1
  }
}
