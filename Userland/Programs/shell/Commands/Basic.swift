// The commands that concern the shell itself.

import ABI
import Primitives
import SDK

extension Builtin {
  func helpCommand() -> Int32 {
    Builtin.forEach { builtin in
      Console.write {
        $0.write(builtin.name, width: 8)
        $0.write(builtin.parameters, width: 30)
        $0.write(" ")
        $0.write(builtin.summary)
        $0.write("\n")
      }
    }
    Console.write("Any other name is a program in /bin, for example rings, crash, bench, strace; ls shows all.\n")
    Console.write("Commands are separated by ; and a & at the end runs a program beside the shell.\n")
    return 0
  }

  func exitCommand(_ words: borrowing CommandWords, _ lastStatus: Int32) -> Int32 {
    guard words.count > 1 else { return lastStatus }
    guard let status = words[1].number else { return reportUsage() }
    return Int32(bitPattern: status & 0xff)
  }

  func echoCommand(_ words: borrowing CommandWords) -> Int32 {
    var line = ConsoleLine()
    for index in 1..<words.count {
      if index > 1 { line.write(" ") }
      line.write(words[index])
    }
    line.write("\n")
    line.flush()
    return 0
  }

  func sleepCommand(_ words: borrowing CommandWords) -> Int32 {
    guard words.count == 2, let milliseconds = words[1].number else { return reportUsage() }
    Thread.sleep(milliseconds: milliseconds)
    return 0
  }

  /// Says what went wrong; returns the status of a failure.
  func reportFailure(_ sentence: StaticString) -> Int32 { report(Bytes(name), sentence) }
}
