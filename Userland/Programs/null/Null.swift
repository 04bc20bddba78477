// A program that does nothing, as small as a program can be: what `bench` starts.

import SDK

@main
struct Null: Program {
  static func run() -> Int32 { 0 }
}
