// What one client sends to one server: bytes of every size in each direction, and buffers that are no buffers. Every kind
// of client does it with every kind of server (PairTests.swift).
//
// Invariant: each check asks the server afterwards, in its own way, whether it is unharmed.

import ABI
import Primitives
import SDK

enum ClientChecks: CaseIterable {
  case sizes, buffers, lending

  var name: StaticString {
    switch self {
    case .sizes: "sizes"
    case .buffers: "buffers"
    case .lending: "lending"
    }
  }

  init?(named name: Bytes) {
    for checks in Self.allCases where name == checks.name {
      self = checks
      return
    }
    return nil
  }

  /// How many checks there are.
  var count: Int {
    switch self {
    case .sizes: Self.lengths.count * 3 + 4
    case .buffers: BadPlace.allCases.count * 4 + 4
    case .lending: 13
    }
  }

  /// Makes all checks. Returns how many came out true; says which did not.
  func run(_ service: Connection) -> Int32 {
    var checks = Counted()
    switch self {
    case .sizes: Self.checkSizes(service, &checks)
    case .buffers: Self.checkBuffers(service, &checks)
    case .lending: LendingChecks.run(service, &checks)
    }
    return checks.passed
  }

  struct Counted {
    private(set) var passed: Int32 = 0

    mutating func check(_ isTrue: Bool, _ describe: (inout ConsoleLine) -> Void) {
      if isTrue {
        passed += 1
      } else {
        Console.write {
          $0.write("FAIL ")
          describe(&$0)
          $0.write("\n")
        }
      }
    }
  }

  // MARK: Sizes

  private static let lengths: [UInt32] = [0, 1, 4095, 4096, 65536]

  private static func checkSizes(_ service: Connection, _ checks: inout Counted) {
    let data = Pages(65536)
    // At an address that is no whole number of words, so that pages of the two sides do not lie on each other.
    let buffer = Pages(73728)
    defer {
      data.end()
      buffer.end()
    }
    /// The short way of a call, and with a time limit the general one.
    func exchange(_ sent: UInt32, _ returned: UInt32) -> Bool {
      for limit in [nil, 10_000] as [UInt64?] {
        let seed = sent &* 3 &+ returned &+ (limit == nil ? 1 : 2)
        data.fill(sent, seed: seed)
        buffer.fill(returned + 8, seed: 0, at: 4093)
        let answer = service.call(
          Operation.check, sent, seed, returned, data: data.address, length: sent, buffer: buffer.address + 4093,
          capacity: returned, milliseconds: limit)
        guard answer.isDone, answer.words[0] == 1, answer.words[1] == seed, answer.length == returned,
          buffer.holds(returned, seed: seed &+ 1, at: 4093), buffer.isUntouched(after: returned, at: 4093)
        else { return false }
      }
      return true
    }
    for size in lengths {
      checks.check(exchange(size, 0)) { describe(&$0, size, " bytes to the server") }
      checks.check(exchange(0, size)) { describe(&$0, size, " bytes back") }
      checks.check(exchange(size, size)) { describe(&$0, size, " bytes both ways") }
    }
    checks.check(service.call(Operation.check, data: data.address, length: 65537).failed(with: .tooLarge)) {
      $0.write("65537 bytes to the server are refused")
    }
    checks.check(service.call(Operation.check, buffer: buffer.address, capacity: 65537).failed(with: .tooLarge)) {
      $0.write("room for 65537 bytes is refused")
    }
    checks.check(
      service.call(Operation.replyOf, 65537, buffer: buffer.address, capacity: 65536).says(.tooLarge)
    ) { $0.write("a server that answers with 65537 bytes is told, and answers again") }
    checks.check(service.call(Operation.replyOf, 4096, buffer: buffer.address, capacity: 4095).says(.tooLarge)) {
      $0.write("a server that answers with more than there is room for is told, and answers again")
    }
  }

  private static func describe(_ line: inout ConsoleLine, _ size: UInt32, _ text: StaticString) {
    line.write(decimal: size)
    line.write(text)
  }

  // MARK: Buffers

  private static func checkBuffers(_ service: Connection, _ checks: inout Counted) {
    let data = Pages(4096)
    let buffer = Pages(4096)
    defer {
      data.end()
      buffer.end()
    }
    for place in BadPlace.allCases {
      checks.check(requestFails(service, place)) { $0.write("a request's bytes at a bad place") }
      checks.check(replyFails(service, place, data)) { $0.write("a reply's room at a bad place") }
      checks.check(answerFails(service, place, buffer)) { $0.write("a server's answer at a bad place") }
      checks.check(receiveFails(service, place, data, buffer)) { $0.write("a server's room at a bad place") }
    }
    checks.check(messageFails(service)) { $0.write("a client's message at a bad place") }
    checks.check(receivedMessageFails(service)) { $0.write("a server's message at a bad place") }
    let text = service.call(
      Operation.check, 64, 0, 64, data: data.address, length: 64, buffer: AddressLayout.processTextStart, capacity: 64)
    checks.check(text.failed(with: .badAddress)) { $0.write("a reply's room in the program's text") }
    checks.check(Peer.isServing(service)) { $0.write("the server answers") }
  }

  private static func requests(_ service: Connection) -> UInt32 { service.call(Operation.count).words[0] }

  /// A request that cannot be read fails, and the server does not learn of it. One that can be read is none of these.
  private static func requestFails(_ service: Connection, _ place: BadPlace) -> Bool {
    let before = requests(service)
    let answer = place.withAddress {
      service.call(Operation.check, BadPlace.length, data: $0, length: BadPlace.length)
    }
    guard place.isAbsent else { return answer.isDone }
    return answer.failed(with: .badAddress) && requests(service) == before + 1
  }

  /// A reply that cannot be written fails for the client; the server, which answered, goes on.
  private static func replyFails(_ service: Connection, _ place: BadPlace, _ data: Pages) -> Bool {
    data.fill(BadPlace.length, seed: 5)
    let before = requests(service)
    let answer = place.withAddress {
      service.call(
        Operation.check, BadPlace.length, 5, BadPlace.length, data: data.address, length: BadPlace.length, buffer: $0,
        capacity: BadPlace.length)
    }
    return answer.failed(with: .badAddress) && requests(service) == before + 2
  }

  /// A server whose answer cannot be read is told, and answers again: the client sees nothing of it.
  private static func answerFails(_ service: Connection, _ place: BadPlace, _ buffer: Pages) -> Bool {
    buffer.fill(BadPlace.length, seed: 0)
    let answer = service.call(
      Operation.replyFromBadPlace, place.rawValue, buffer: buffer.address, capacity: BadPlace.length)
    // What can be read is an answer.
    guard place.isAbsent else { return answer.isDone && answer.length == BadPlace.length }
    return answer.says(.badAddress) && answer.length == BadPlace.length && buffer.holds(BadPlace.length, seed: 1)
  }

  /// A server that takes a request to a bad place is told, and takes it again: the client sees nothing of it.
  private static func receiveFails(
    _ service: Connection, _ place: BadPlace, _ data: Pages, _ buffer: Pages
  ) -> Bool {
    data.fill(BadPlace.length, seed: 9)
    guard service.call(Operation.receiveAtBadPlace, place.rawValue).isDone else { return false }
    let answer = service.call(
      Operation.check, BadPlace.length, 9, BadPlace.length, data: data.address, length: BadPlace.length,
      buffer: buffer.address, capacity: BadPlace.length)
    return answer.isDone && answer.words[0] == 1 && buffer.holds(BadPlace.length, seed: 10)
      && service.call(Operation.lastError).says(.badAddress)
  }

  private static func messageFails(_ service: Connection) -> Bool {
    let before = requests(service)
    for place in BadPlace.allCases {
      guard place.withAddress({ service.call(messageAt: $0) }).failed(with: .badAddress) else { return false }
    }
    // The one at the read-only page was done, and its answer had no place.
    return requests(service) == before + 2
  }

  private static func receivedMessageFails(_ service: Connection) -> Bool {
    for place in BadPlace.allCases {
      guard service.call(Operation.receiveMessageAtBadPlace, place.rawValue).isDone, Peer.isServing(service),
        service.call(Operation.lastError).says(.badAddress)
      else { return false }
    }
    return true
  }
}

extension Pages {
  /// Whether the 8 bytes after a reply are as `fill` with seed 0 left them, where the reply ended at a whole word.
  fileprivate func isUntouched(after count: UInt32, at offset: UInt32) -> Bool {
    count & 3 != 0 || holds(8, seed: 0, at: offset + count, from: count / 4)
  }
}
