// What a manager leaves for the next one: its book, in memory that init keeps. The kernel's tables say who serves; the journal
// says what is meant to run, with whose rights, what waits to be started again, and which states were kept.
//
// Invariants:
// - There are two places, written in turn, each with a checksum and a number: whenever its writer ends, one of them is whole.
// - A reader believes nothing: what does not check is no journal.

import ABI
import Primitives
import SDK
import ServiceSupport

enum ServiceJournal {
  /// The records that are meant to run. States that find no room in `limit` bytes are left out.
  static func bytes(of book: ServiceBook, limit: Int) -> [UInt8] {
    let records = book.records.filter { $0.isKept }
    var room = limit - 4
    for record in records { room -= Self.size(of: record) }
    guard room >= 0 else { return [] }
    var writer = StateWriter()
    writer.write(UInt32(records.count))
    for record in records {
      writer.write(record.name)
      writer.write(record.rights.rawValue)
      writer.write(record.placement.rawValue | (record.server == nil ? 0 : served))
      writer.write(record.restarts)
      let hasState = !record.keptState.isEmpty && record.keptState.count <= room
      if hasState { room -= record.keptState.count }
      writer.write(hasState ? record.keptState : [])
    }
    return writer.bytes
  }

  /// With the placement: somebody served it.
  private static var served: UInt32 { 0x100 }

  private static func size(of record: ServiceRecord) -> Int { record.name.count + 20 }

  /// The records in the order in which their servers began; those that were served have a server of no process. Nil where the
  /// bytes make no sense.
  static func records(in bytes: [UInt8]) -> [ServiceRecord]? {
    var reader = StateReader(bytes: bytes)
    guard let count = reader.number() else { return nil }
    var records: [ServiceRecord] = []
    for _ in 0..<count {
      guard let name = reader.text(), (1..<32).contains(name.count), let rights = reader.number(),
        let word = reader.number(), let placement = ServicePlacement(rawValue: word & ~served),
        let restarts = reader.number(),
        let state = reader.text()
      else { return nil }
      var record = ServiceRecord(name: name)
      record.rights = Rights(rawValue: rights).intersection(.all)
      record.placement = placement
      if word & served != 0 { record.server = Server(placement: placement, task: 0) }
      record.restarts = restarts
      record.keptState = state
      records.append(record)
    }
    return reader.isAtEnd ? records : nil
  }
}

/// The memory of a journal. Whoever has it keeps it as long as this is used.
@safe struct JournalMemory {
  /// In bytes; whole pages.
  static var length: Int { 8192 }
  private static var half: Int { length / 2 }
  private static var head: Int { 12 }
  /// The most bytes of a journal.
  static var limit: Int { half - head }

  private let start: UnsafeMutableRawPointer

  /// `start` is the first of `length` bytes, zero at first.
  @unsafe init(start: UnsafeMutableRawPointer) { unsafe self.start = start }

  func write(_ bytes: [UInt8]) {
    guard bytes.count <= Self.limit else { return }
    let latest = latest
    let place = latest?.place == 0 ? Self.half : 0
    let number = (latest?.number ?? 0) &+ 1
    setWord(place + 4, 0)
    for index in bytes.indices {
      unsafe (start + place + Self.head + index).storeBytes(of: bytes[index], as: UInt8.self)
    }
    setWord(place, UInt32(bytes.count))
    setWord(place + 8, number)
    setWord(place + 4, Self.checksum(bytes, number))
  }

  /// What was written last and is whole; nil where nothing is.
  func read() -> [UInt8]? { latest?.bytes }

  private var latest: (place: Int, number: UInt32, bytes: [UInt8])? {
    var best: (place: Int, number: UInt32, bytes: [UInt8])?
    for place in [0, Self.half] {
      let number = word(place + 8)
      guard let count = Int(exactly: word(place)), count <= Self.limit, number != 0 else { continue }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count)
      for index in 0..<count {
        bytes.append(unsafe start.load(fromByteOffset: place + Self.head + index, as: UInt8.self))
      }
      guard Self.checksum(bytes, number) == word(place + 4) else { continue }
      if let best, best.number > number { continue }
      best = (place, number, bytes)
    }
    return best
  }

  private func word(_ offset: Int) -> UInt32 { unsafe start.load(fromByteOffset: offset, as: UInt32.self) }
  private func setWord(_ offset: Int, _ word: UInt32) {
    unsafe start.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
  }

  /// FNV-1a of the number and the bytes; never 0, which is what stands there while a place is written.
  private static func checksum(_ bytes: [UInt8], _ number: UInt32) -> UInt32 {
    var sum: UInt32 = 0x811c_9dc5 ^ number
    for byte in bytes { sum = (sum ^ UInt32(byte)) &* 0x0100_0193 }
    return sum | 1
  }
}
