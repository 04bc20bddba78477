// What the test programs print: a line for each test and a line for all.

import Primitives

public struct TestReport {
  private let program: StaticString
  private var passed: UInt32 = 0
  private var failed: UInt32 = 0

  public init(program: StaticString) { self.program = program }

  /// Runs a test, which says whether it passed, and prints `PASS` or `FAIL` with its name.
  @inline(never)
  public mutating func run(_ name: StaticString, _ test: () -> Bool) {
    run {
      $0.write(name)
    } test: {
      test()
    }
  }

  /// The same with a name that `describe` writes. Returns whether it passed.
  @discardableResult @inline(never)
  public mutating func run(_ describe: (inout ConsoleLine) -> Void, test: () -> Bool) -> Bool {
    let hasPassed = test()
    if hasPassed { passed += 1 } else { failed += 1 }
    Console.write {
      $0.write(hasPassed ? "PASS " : "FAIL ")
      describe(&$0)
      $0.write("\n")
    }
    return hasPassed
  }

  /// Prints the counts; returns the exit status of the program.
  public func finish() -> Int32 {
    Console.write {
      $0.write(program)
      $0.write(": ")
      $0.write(decimal: passed)
      $0.write(" passed, ")
      $0.write(decimal: failed)
      $0.write(" failed\n")
    }
    return failed == 0 ? 0 : 1
  }
}
