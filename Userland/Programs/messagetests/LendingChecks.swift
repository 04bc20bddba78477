// Pages that a client lends with its request: what arrives, what is refused, and that none of them stays.

import ABI
import Primitives
import Runtime
import SDK

enum LendingChecks {
  static func run(_ service: Connection, _ checks: inout ClientChecks.Counted) {
    let data = Pages(65536)
    let buffer = Pages(65536)
    defer {
      data.end()
      buffer.end()
    }
    for count in [1, 2, 16] as [UInt32] {
      checks.check(exchange(service, count * 4096, data, buffer)) {
        $0.write(decimal: count)
        $0.write(" pages are lent")
      }
    }
    func lend(_ address: UInt32, _ length: UInt32) -> Answer {
      service.call(Operation.check, length, 7, data: address, length: length, isLent: true)
    }
    let readOnly = Pages(4096, .read)
    checks.check(lend(readOnly.address, 4096).isDone) { $0.write("a page is lent that was not touched before") }
    readOnly.end()
    checks.check(lend(data.address, 69632).failed(with: .tooLarge)) { $0.write("17 pages are refused") }
    checks.check(lend(data.address, 0).failed(with: .badArgument)) { $0.write("no page is refused") }
    checks.check(lend(data.address, 4095).failed(with: .badArgument)) { $0.write("a part of a page is refused") }
    checks.check(lend(data.address + 4, 4096).failed(with: .badArgument)) { $0.write("an odd address is refused") }
    let before = service.call(Operation.count).words[0]
    var isAbsentRefused = true
    for place in [0x5000_0000, 0xc010_0000, 0xffff_f000] as [UInt32] {
      isAbsentRefused = lend(place, 8192).failed(with: .badAddress) && isAbsentRefused
    }
    checks.check(isAbsentRefused) { $0.write("pages that are not there are refused") }
    checks.check(lendHalf(lend)) { $0.write("pages of which one is not there are refused") }
    checks.check(lend(AddressLayout.systemCallPage, 4096).failed(with: .badAddress)) {
      $0.write("a page of the kernel's is refused")
    }
    checks.check(service.call(Operation.count).words[0] == before + 1) {
      $0.write("the server learns of none of these")
    }
    checks.check(Peer.isServing(service)) { $0.write("the server answers") }
  }

  /// Nothing may use the heap while there is a hole, or it would be filled.
  private static func lendHalf(_ lend: (UInt32, UInt32) -> Answer) -> Bool {
    let pages = Pages(8192)
    defer { try? Memory.unmap(pages.address, 4096) }
    try? Memory.unmap(pages.address + 4096, 4096)
    return lend(pages.address, 8192).failed(with: .badAddress)
  }

  /// The short way of a call, and with a time limit the general one; the reply's bytes come back copied.
  private static func exchange(_ service: Connection, _ length: UInt32, _ data: Pages, _ buffer: Pages) -> Bool {
    for limit in [nil, 10_000] as [UInt64?] {
      let seed = length &+ (limit == nil ? 1 : 2)
      data.fill(length, seed: seed)
      let answer = service.call(
        Operation.check, length, seed, length, data: data.address, length: length, isLent: true,
        buffer: buffer.address, capacity: length, milliseconds: limit)
      guard answer.isDone, answer.words[0] == 1, buffer.holds(length, seed: seed &+ 1) else { return false }
    }
    return true
  }
}
