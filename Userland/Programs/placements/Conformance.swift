// What each test service must do, whatever its placement. The suites know nothing of placements.

import ABI
import Primitives
import SDK
import ServiceSupport

enum ConformanceSuite: CaseIterable {
  case echo, store, log, files, clock

  var name: StaticString {
    switch self {
    case .echo: "echo"
    case .store: "store"
    case .log: "log"
    case .files: "files"
    case .clock: "clock"
    }
  }

  func passes() -> Bool {
    switch self {
    case .echo: Conformance.checksEcho()
    case .store: Conformance.checksStore()
    case .log: Conformance.checksLog()
    case .files: Conformance.checksFiles()
    case .clock: Conformance.checksClock()
    }
  }
}

enum Conformance {
  static func run() -> Int32 {
    var passed: UInt32 = 0
    var failed: UInt32 = 0
    for placement in ServicePlacement.all {
      for suite in ConformanceSuite.allCases {
        let name = suite.name
        let isRight = manage(.start, name, placement) && suite.passes() && refusesUnknown(name)
        let isStopped = manage(.stop, name)
        Console.write {
          $0.write(isRight && isStopped ? "PASS " : "FAIL ")
          $0.write(name)
          $0.write(" as ")
          $0.write(placement.name)
          $0.write("\n")
        }
        if isRight && isStopped { passed += 1 } else { failed += 1 }
      }
    }
    Console.write {
      $0.write("placements: ")
      $0.write(decimal: passed)
      $0.write(" passed, ")
      $0.write(decimal: failed)
      $0.write(" failed\n")
    }
    return failed == 0 ? 0 : 1
  }

  static func words(_ first: UInt32 = 0, _ second: UInt32 = 0) -> InlineArray<6, UInt32> {
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = first
    words[1] = second
    return words
  }

  // MARK: Echo

  static func checksEcho() -> Bool {
    do throws(SystemError) {
      let echo = try ServiceClient("echo")
      defer { echo.close() }
      for value in [0, 1, 0x7fff_fffe, 0xffff_fffe] as [UInt32] {
        guard try echo.callShort(7, value) == value else { return false }
      }
      for size in [0, 1, 63, 64, 4095, 4096, 4097, 65536] {
        var data: [UInt8] = []
        data.reserveCapacity(size)
        for index in 0..<size { data.append(UInt8(truncatingIfNeeded: index &* 31 &+ size)) }
        var request = InlineArray<6, UInt32>(repeating: 0)
        for index in 0..<6 { request[index] = UInt32(size + index) }
        var reply: [UInt8] = []
        let result = try echo.call(1, words: request, data: data, reply: &reply, capacity: size)
        for index in 0..<6 where result[index] != request[index] { return false }
        guard reply == data else { return false }
      }
      // The lowest bit of what a service can be asked: whether it lives.
      return try echo.callShort(CommonOperation.ping) == 1
    } catch {
      return false
    }
  }

  /// Whether an operation that no service has comes to `unsupported`. `echo` knows all; its answer is the word.
  private static func refusesUnknown(_ name: StaticString) -> Bool {
    guard let service = try? ServiceClient(name) else { return false }
    defer { service.close() }
    var errors: [SystemError] = []
    var none: [UInt8] = []
    do throws(SystemError) { _ = try service.call(0x7fff_fe00, words: words(unknownOperation), reply: &none) } catch {
      errors.append(error)
    }
    do throws(SystemError) { _ = try service.callShort(0x7fff_fe00, unknownOperation) } catch { errors.append(error) }
    return errors == [.unsupported, .unsupported]
  }

  // MARK: Store

  static func checksStore() -> Bool {
    do throws(SystemError) {
      let store = try ServiceClient("store")
      defer { store.close() }
      guard try store.callShort(StoreOperation.count.rawValue) == 0 else { return false }
      var reply: [UInt8] = []
      for number in 0..<200 as Range<UInt32> {
        let key = bytes(number)
        guard
          try store.call(StoreOperation.set.rawValue, words: words(4), data: key + value(number), reply: &reply)[0] == 0
        else {
          return false
        }
      }
      guard try store.callShort(StoreOperation.count.rawValue) == 200 else { return false }
      for number in 0..<200 as Range<UInt32> {
        guard
          try store.call(
            StoreOperation.get.rawValue, words: words(4), data: bytes(number), reply: &reply, capacity: 512)[0] == 1,
          reply == value(number)
        else { return false }
      }
      guard
        try store.call(StoreOperation.get.rawValue, words: words(4), data: bytes(999), reply: &reply, capacity: 512)[0]
          == 0
      else {
        return false
      }
      for number in 0..<100 as Range<UInt32> {
        guard
          try store.call(StoreOperation.remove.rawValue, words: words(4), data: bytes(number * 2), reply: &reply)[0]
            == 1
        else { return false }
      }
      guard try store.callShort(StoreOperation.count.rawValue) == 100 else { return false }
      for round in 1...50 as ClosedRange<UInt32> {
        guard
          try store.call(StoreOperation.add.rawValue, words: words(4, 3), data: bytes(5000), reply: &reply)[1] == round
            * 3,
          try store.callShort(StoreOperation.increment.rawValue, 9) == round
        else { return false }
      }
      return true
    } catch {
      return false
    }
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16),
      UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number),
    ]
  }

  /// A value whose length and bytes depend on its key.
  private static func value(_ number: UInt32) -> [UInt8] {
    var value: [UInt8] = []
    for index in 0..<(number % 300) { value.append(UInt8(truncatingIfNeeded: number &* 7 &+ index)) }
    return value
  }
}
