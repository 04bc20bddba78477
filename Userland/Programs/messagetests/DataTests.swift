// What a message carries: sizes, order, and memory of either side that is not what it should be.

import ABI
import Primitives
import SDK

enum DataTests {
  static func run(_ kind: ServerKind, _ report: inout TestReport) {
    let peer = Peer(kind)
    defer { peer.end() }
    guard let service = peer.service else {
      report.run("the server starts") { false }
      return
    }
    report.run("words and bytes of every size go both ways") { sizes(service) }
    report.run("more than 64 KiB is refused on either side") { limits(service) }
    report.run("a request in memory that is not there fails for its caller alone") { badRequests(service) }
    report.run("a reply to memory that is not there fails for its caller alone") { badReplies(service) }
    report.run("a server that answers from nowhere is told, and can answer again") {
      let answer = service.call(Operation.replyFromNowhere, capacity: 0)
      return answer.isDone && badServerReply(service)
    }
    report.run("a server that answers too much is told, and can answer again") {
      let answer = service.call(Operation.replyTooMuch)
      return answer.isDone && answer.words[0] == UInt32(bitPattern: SystemError.tooLarge.rawValue)
    }
    report.run("a server whose own buffer is bad is told, and the request is not lost") { badReceive(service) }
    report.run("the calls of each client come in order") { order(service) }
  }

  private static func sizes(_ service: Connection) -> Bool {
    let data = Pages(65536)
    let buffer = Pages(65536)
    defer {
      data.end()
      buffer.end()
    }
    for size in [0, 1, 4095, 4096, 65536] as [UInt32] {
      data.fill(size, from: UInt8(truncatingIfNeeded: size &+ 3))
      let answer = service.call(
        Operation.echo, size, ~size, data: data.address, length: size, buffer: buffer.address, capacity: 65536)
      guard answer.isDone, answer.words[0] == size, answer.words[1] == ~size, answer.length == size,
        buffer.holds(size, from: UInt8(truncatingIfNeeded: size &+ 3))
      else { return false }
    }
    // Across pages, at odd addresses.
    data.fill(9000, from: 5)
    let answer = service.call(
      Operation.echo, data: data.address, length: 9000, buffer: buffer.address + 4093, capacity: 9000)
    return answer.isDone && answer.length == 9000
  }

  private static func limits(_ service: Connection) -> Bool {
    let pages = Pages(131072)
    defer { pages.end() }
    return service.call(Operation.echo, data: pages.address, length: 65537).failed(with: .tooLarge)
      && service.call(Operation.echo, buffer: pages.address, capacity: 65537).failed(with: .tooLarge)
      && service.call(Operation.echo, 1).isDone
  }

  private static func badRequests(_ service: Connection) -> Bool {
    // Null, unmapped, the kernel's, and a range that runs out of the address space.
    for address in [0, 0x5000_0000, 0xc010_0000, 0xffff_fff0, 0xbfff_fff0] as [UInt32] {
      guard service.call(Operation.echo, data: address, length: 64).failed(with: .badAddress) else { return false }
    }
    let page = Pages(4096)
    defer { page.end() }
    // The first page is there, the second is not.
    let isSplitRefused = service.call(Operation.echo, data: page.address, length: 4097 + 65536 / 2)
      .failed(with: .badAddress)
    return isSplitRefused && service.call(Operation.echo, 1).isDone
  }

  private static func badReplies(_ service: Connection) -> Bool {
    let data = Pages(4096)
    let readOnly = Pages(4096, .read)
    defer {
      data.end()
      readOnly.end()
    }
    for address in [0, 0x5000_0000, 0xc010_0000, readOnly.address, AddressLayout.processTextStart] as [UInt32] {
      let answer = service.call(
        Operation.echo, data: data.address, length: 64, buffer: address, capacity: 64)
      guard answer.failed(with: .badAddress) else { return false }
    }
    return service.call(Operation.echo, 1).isDone
  }

  private static func badServerReply(_ service: Connection) -> Bool {
    let buffer = Pages(4096)
    defer { buffer.end() }
    let answer = service.call(Operation.replyFromNowhere, buffer: buffer.address, capacity: 4096)
    return answer.isDone && answer.words[0] == UInt32(bitPattern: SystemError.badAddress.rawValue)
  }

  private static func badReceive(_ service: Connection) -> Bool {
    let data = Pages(4096)
    let buffer = Pages(4096)
    defer {
      data.end()
      buffer.end()
    }
    data.fill(4096, from: 9)
    // Both of the server's threads are told to take the next request into nothing.
    guard service.call(Operation.receiveNowhere).isDone, service.call(Operation.receiveNowhere).isDone else {
      return false
    }
    for _ in 0..<3 {
      let answer = service.call(
        Operation.echo, data: data.address, length: 4096, buffer: buffer.address, capacity: 4096, milliseconds: 500)
      guard answer.isDone, buffer.holds(4096, from: 9) else { return false }
    }
    return service.call(Operation.lastError).words[0] == UInt32(bitPattern: SystemError.badAddress.rawValue)
  }

  private static func order(_ service: Connection) -> Bool {
    var threads: [Thread] = []
    for client in 0..<6 as Range<UInt32> {
      let flags: StartFlags = client % 3 == 0 ? [] : client % 3 == 1 ? .ring0 : [.ring0, .sharedStack]
      let thread = try? Thread.start(StartOptions(flags: flags)) {
        for count in 1...100 as ClosedRange<UInt32> {
          let answer = service.call(Operation.order, client, count)
          if !answer.isDone || answer.words[0] != 1 { return 1 }
        }
        return 0
      }
      if let thread { threads.append(thread) }
    }
    var isInOrder = threads.count == 6
    for thread in threads { isInOrder = thread.returned(nil) && isInOrder }
    return isInOrder
  }
}
