// Sleeps until it is killed: a task that costs nothing but its memory.

import SDK

@main
struct Forever: Program {
  static func run() -> Int32 {
    while true { Thread.sleep(milliseconds: 3_600_000) }
  }
}
