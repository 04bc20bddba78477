// The smallest program: it greets and ends.

import SDK

@main
struct Hello: Program {
  static func run() -> Int32 {
    Console.write("Hello from Megha!\n")
    return 0
  }
}
