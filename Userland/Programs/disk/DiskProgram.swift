// Looks at the disk through the service `disk`, wherever that is placed.
//
//     disk                  how many sectors there are
//     disk read SECTOR      a sector's bytes
//     disk check COUNT      reads COUNT sectors, here and there, and compares each with what the image was made with
//     disk write SECTOR     writes a sector, reads it, and puts back what was there
//     disk kill ROUNDS      ends the server ROUNDS times while four threads read; every read is done or fails clearly,
//                           and what was read is right
//     disk clients ROUNDS   ends ROUNDS clients in the middle of a request; the driver must go on for others
//
// The image that `megha run` makes has in word w of sector s the number s * 2,654,435,761 + w * 40,503, modulo 2^32.

import ABI
import Primitives
import SDK
import ServiceSupport

@main
struct DiskProgram: Program {
  static func run() -> Int32 {
    let command = ProgramInformation.argumentCount > 1 ? ProgramInformation.argument(1) : Bytes("")
    let number = ProgramInformation.argumentCount > 2 ? ProgramInformation.argument(2).number : nil
    guard let disk = DiskClient() else { return say("the service `disk` is not there: service start disk") }
    if command == "kill", let number { return KillCheck.run(number) }
    if command == "clients", let number { return ClientCheck.run(number, disk) }
    switch disk.status() {
    case .failure(let sentence): return say(sentence)
    case .success(let sectors, let byMaster):
      if command == "read", let number { return read(disk, number) }
      if command == "check", let number { return check(disk, number, of: sectors) }
      if command == "write", let number { return write(disk, number) }
      guard command == "" else {
        return say("usage: disk [read SECTOR|check COUNT|write SECTOR|kill ROUNDS|clients ROUNDS]")
      }
      Console.write {
        $0.write("disk: ")
        $0.write(decimal: sectors)
        $0.write(" sectors of 512 bytes, moved by the ")
        $0.write(byMaster ? "controller\n" : "processor\n")
      }
      return 0
    }
  }

  private static func say(_ sentence: StaticString, status: Int32 = 1) -> Int32 {
    Console.write {
      $0.write("disk: ")
      $0.write(sentence)
      $0.write("\n")
    }
    return status
  }

  private static func read(_ disk: DiskClient, _ sector: UInt32) -> Int32 {
    var bytes: [UInt8] = []
    if let sentence = disk.read(sector, 1, into: &bytes) { return say(sentence) }
    for line in 0..<8 {
      Console.write {
        $0.write(hexadecimal: UInt32(line * 64), digits: 4)
        for index in line * 64..<line * 64 + 64 where index % 4 == 0 {
          $0.write(" ")
          for byte in bytes[index..<index + 4] {
            $0.write(hexadecimalDigit: byte >> 4)
            $0.write(hexadecimalDigit: byte)
          }
        }
        $0.write("\n")
      }
    }
    return 0
  }

  private static func check(_ disk: DiskClient, _ count: UInt32, of sectors: UInt32) -> Int32 {
    guard disk.refusesUnknown() else { return say("an unknown request is not refused") }
    var bytes: [UInt8] = []
    var sector: UInt32 = 0
    for index in 0..<count {
      let length = min(1 + index % 8, sectors - sector)
      if let sentence = disk.read(sector, length, into: &bytes) { return say(sentence) }
      guard DiskImage.isRight(bytes, from: sector, length) else {
        Console.write {
          $0.write("disk: sector ")
          $0.write(decimal: sector)
          $0.write(" is not what the image was made with\n")
        }
        return 1
      }
      sector = (sector &+ 977) % sectors
    }
    Console.write {
      $0.write("disk: ")
      $0.write(decimal: count)
      $0.write(" reads, all right\n")
    }
    return 0
  }

  private static func write(_ disk: DiskClient, _ sector: UInt32) -> Int32 {
    var old: [UInt8] = []
    if let sentence = disk.read(sector, 1, into: &old) { return say(sentence) }
    let new = old.map { ~$0 }
    if let sentence = disk.write(sector, new) { return say(sentence) }
    var read: [UInt8] = []
    if let sentence = disk.read(sector, 1, into: &read) { return say(sentence) }
    if let sentence = disk.write(sector, old) { return say(sentence) }
    guard read == new else { return say("what was written is not what is read") }
    return say("what was written is read, and the old contents are back", status: 0)
  }
}
