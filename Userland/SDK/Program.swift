// How a program begins and ends.
//
// A program is a type marked `@main` that conforms to `Program`:
//
//     @main struct Hello: Program {
//       static func run() -> Int32 { ... }
//     }

import ABI
import Runtime
import UserSupport

/// A program. `run` is its first thread; what it returns is the exit status of the process.
public protocol Program {
  static func run() -> Int32
}

extension Program {
  @inlinable
  public static func main() {
    let status = run()
    let hasFailed = unsafe OutputFailure.error != 0
    SystemCalls.exit(UInt32(bitPattern: status == 0 && hasFailed ? 1 : status))
  }
}

/// The program's arguments, by custom with its name first, and its environment.
public enum ProgramInformation {
  /// How many arguments there are.
  public static var argumentCount: Int { unsafe Int(initial_stack_words()![0]) }

  /// An argument, 0 ..< `argumentCount`; the bytes live as long as the process.
  public static func argument(_ index: Int) -> Bytes {
    precondition(index >= 0 && index < argumentCount)
    return unsafe Bytes(terminatedAt: initial_stack_words()![1 + index])
  }

  /// How many environment entries there are.
  public static var environmentCount: Int {
    var count = 0
    while unsafe initial_stack_words()![2 + argumentCount + count] != 0 { count += 1 }
    return count
  }

  /// An environment entry `NAME=VALUE`, 0 ..< `environmentCount`.
  public static func environmentEntry(_ index: Int) -> Bytes {
    precondition(index >= 0 && index < environmentCount)
    return unsafe Bytes(terminatedAt: initial_stack_words()![2 + argumentCount + index])
  }
}
