// Writers at once on one file system, each a process; and an end of the machine in the middle of it.
//
// Each writer makes a file in each round, takes away the one that is some rounds old, and has all synced. It says what is
// synced after it is, and what it takes away before it does: so whoever reads the console knows which files must be whole
// when the power is cut.

import ABI
import Primitives
import SDK

@main struct DiskLoad: Program {
  static func run() -> Int32 {
    switch ProgramInformation.argumentCount {
    case 5 where ProgramInformation.argument(1) == "write": return write()
    case 5 where ProgramInformation.argument(1) == "writer": return writer()
    case 5 where ProgramInformation.argument(1) == "check": return check()
    case 3 where ProgramInformation.argument(1) == "cut": return cut()
    default:
      Console.complain(
        "usage: diskload write|check FOLDER WRITERS ROUNDS, diskload writer FOLDER NUMBER ROUNDS, or diskload cut MILLISECONDS\n"
      )
      return 2
    }
  }

  private static var folder: [UInt8] { ProgramInformation.argument(2).copied }
  private static func number(_ index: Int) -> UInt32 { ProgramInformation.argument(index).number ?? 0 }

  /// Stops the machine as a cut of the power would: nobody is asked.
  private static func cut() -> Int32 {
    Thread.sleep(milliseconds: number(2))
    Console.write("diskload: the power is cut\n")
    Machine.powerOff(status: 0)
    return 1
  }

  private static func write() -> Int32 {
    var writers: [TaskIdentity] = []
    var failed: UInt32 = 0
    for index in 0..<number(3) {
      var words = WordList()
      words.append(ProgramInformation.argument(0))
      words.append("writer")
      words.append(folder)
      words.append([0x30 + UInt8(index / 10), 0x30 + UInt8(index % 10)])
      words.append(ProgramInformation.argument(4))
      do throws(Refusal) {
        writers.append(try Process.start(named: ProgramInformation.argument(0), arguments: words))
      } catch { failed += 1 }
    }
    for writer in writers {
      if (try? writer.wait()) != .exited(status: 0) { failed += 1 }
    }
    Console.write {
      $0.write("diskload: ")
      $0.write(decimal: writers.count)
      $0.write(" writers, ")
      $0.write(decimal: failed)
      $0.write(" failed\n")
    }
    return failed == 0 ? 0 : 1
  }

  private static func path(_ contents: LoadContents) -> [UInt8] { folder + [0x2f] + contents.name }

  private static func say(_ word: StaticString, _ contents: LoadContents) {
    Console.write {
      $0.write(word)
      $0.write(" ")
      $0.write(contents.name)
      $0.write("\n")
    }
  }

  private static func writer() -> Int32 {
    let writer = number(3)
    do throws(SystemError) {
      let own = LoadContents(writer: writer, round: 0).name
      try Files.makeDirectory(folder + [0x2f] + own.prefix { $0 != 0x2f })
      for round in 0..<number(4) {
        let contents = LoadContents(writer: writer, round: round)
        try File(path(contents), [.write, .create, .exclusive]).write(contents.bytes)
        if round >= LoadContents.life {
          let old = LoadContents(writer: writer, round: round - LoadContents.life)
          say("removing", old)
          try Files.remove(path(old))
        }
        try Files.sync(folder)
        say("synced", contents)
      }
      return 0
    } catch {
      Console.write {
        $0.write("diskload: writer ")
        $0.write(decimal: writer)
        $0.write(": ")
        $0.write(error.sentence)
        $0.write("\n")
      }
      return 1
    }
  }

  /// Whether each writer's last files, and no others, are there and are what was written.
  private static func check() -> Int32 {
    var wrong: UInt32 = 0
    var count: UInt32 = 0
    for writer in 0..<number(3) {
      for round in 0..<number(4) {
        let contents = LoadContents(writer: writer, round: round)
        let isThere = round + LoadContents.life >= number(4)
        let bytes = try? File(path(contents)).contents()
        if bytes != (isThere ? contents.bytes : nil) { wrong += 1 }
        if bytes != nil { count += 1 }
      }
    }
    Console.write {
      $0.write("diskload: ")
      $0.write(decimal: count)
      $0.write(" files, ")
      $0.write(decimal: wrong)
      $0.write(" wrong\n")
    }
    return wrong == 0 ? 0 : 1
  }
}
