// Takes all memory there is.
//
//     eatmemory [--hold PAGES]
//
// It maps memory and touches every page. Without the option it goes on until the kernel ends it. With it, it stops when
// no more than so many pages are free, and keeps what it has until somebody ends it.

import ABI
import Primitives
import SDK
import UserSupport

@main
struct EatMemory: Program {
  private static var pieceLength: UInt32 { 1 << 20 }

  static func run() -> Int32 {
    var rest: UInt32?
    if ProgramInformation.argumentCount == 3, ProgramInformation.argument(1) == "--hold" {
      rest = ProgramInformation.argument(2).number
    }
    guard rest != nil || ProgramInformation.argumentCount == 1 else {
      Console.complain("usage: eatmemory [--hold PAGES]\n")
      return 2
    }
    var pages: UInt32 = 0
    while let piece = try? Memory.map(pieceLength, [.read, .write]) {
      for offset in stride(from: 0, to: pieceLength, by: 4096) {
        if let rest, free() <= rest { return hold(pages) }
        volatile_write(piece + offset, pages)
        pages += 1
      }
    }
    // More memory than addresses.
    return hold(pages)
  }

  private static func free() -> UInt32 { (try? Machine.memory())?.free ?? 0 }

  private static func hold(_ pages: UInt32) -> Int32 {
    Console.write {
      $0.write("eatmemory: holding ")
      $0.write(decimal: pages)
      $0.write(" pages in Ring ")
      $0.write(decimal: read_code_segment() & 3)
      $0.write("\n")
    }
    while true { Thread.sleep(milliseconds: 60_000) }
  }
}
