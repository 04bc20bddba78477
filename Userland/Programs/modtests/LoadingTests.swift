// Loading and unloading.

import ABI
import Primitives
import SDK
import ServiceSupport

enum LoadingTests {
  static func refusals() -> Bool {
    let cases: [(parameter: StaticString?, path: StaticString, error: SystemError)] = [
      (nil, "/lib/modules/nothing.so", .notFound), (nil, "/bin/shell", .badModule), (nil, "/lib", .notFound),
      ("start_fault", Lab.path, .badArgument), ("nothing=1", Lab.path, .badArgument),
      ("start_fault=x", Lab.path, .badArgument), (nil, "/lib/modules/chain1.so", .notFound),
      ("kilobytes=99999", "/lib/modules/ramdisk.so", .badArgument),
    ]
    // The first round makes this program's own heap as large as it gets.
    var before: UInt32 = 0
    for _ in 0..<2 {
      before = Lab.freePages()
      for row in cases {
        guard let refusal = Lab.load(row.parameter, path: row.path) else { return false }
        guard refusal.error == row.error else {
          Console.write {
            $0.write(row.path)
            $0.write(": ")
            refusal.describe(to: &$0)
            $0.write("\n")
          }
          return false
        }
      }
    }
    return Modules.information(0) == nil && Lab.freePages() == before
  }

  static func failingStart() -> Bool {
    let before = Lab.freePages()
    // Faults by number: a null pointer, a division, a Swift trap, a stack that runs over, an endless loop.
    let parameters: [StaticString] = [
      "start_fault=0", "start_fault=3", "start_fault=5", "start_fault=8", "start_fault=20",
    ]
    for parameter in parameters {
      guard let refusal = Lab.load(parameter), refusal.error == .serviceFaulted else { return false }
      guard Lab.information() == nil, Lab.call(LabOperation.echo.rawValue) == .failure(.notFound) else { return false }
    }
    guard Lab.load("start_result=-5")?.error == .outOfMemory else { return false }
    return Lab.freePages() == before
  }

  /// Each is seen by the watchdog once or twice, all together more often than one call may be.
  static func longStarts() -> Bool {
    for _ in 0..<8 {
      guard Lab.load("start_milliseconds=60") == nil, Lab.isWorking(), Lab.unload() == nil else { return false }
    }
    return true
  }

  static func failingStop() -> Bool {
    // The first time makes this program's own heap as large as it gets.
    var before: UInt32 = 0
    for _ in 0..<2 {
      before = Lab.freePages()
      guard Lab.load("stop_fault=0") == nil, Lab.isWorking(), Lab.unload() == nil else { return false }
    }
    return Lab.information() == nil && Lab.freePages() == before
  }

  static func twice() -> Bool {
    guard Lab.load() == nil else { return false }
    let second = Lab.load()
    return second?.error == .alreadyExists && Lab.isWorking() && Lab.unload() == nil
  }

  static func again(_ rounds: UInt32) -> Bool {
    guard Lab.load() == nil, Lab.unload() == nil else { return false }
    let before = Lab.freePages()
    for _ in 0..<rounds {
      guard Lab.load() == nil, Lab.isWorking(), Lab.unload() == nil else { return false }
    }
    return Lab.freePages() == before
  }

  private static var chainLength: Int { 16 }

  private static func link(_ index: Int, _ body: (Bytes, Bytes) -> Bool) -> Bool {
    var name = Bytes("chain").copied
    if index >= 10 { name.append(0x30 + UInt8(index / 10)) }
    name.append(0x30 + UInt8(index % 10))
    let path = Bytes("/lib/modules/").copied + name + Bytes(".so").copied
    return unsafe path.withUnsafeBufferPointer { path in
      unsafe name.withUnsafeBufferPointer { name in
        unsafe body(
          Bytes(start: path.baseAddress!, count: path.count), Bytes(start: name.baseAddress!, count: name.count))
      }
    }
  }

  static func chain() -> Bool {
    let before = Lab.freePages()
    for index in 0..<chainLength {
      guard link(index, { path, _ in (try? Modules.load(path, parameters: WordList())) != nil }) else { return false }
    }
    // The last one calls through all of them.
    guard Lab.call(0, 0, "chain15") == .success(UInt32(chainLength)) else { return false }
    // One that is used stays.
    guard Lab.unload("chain7", .noWait)?.error == .busy, Lab.unload("chain0")?.error == .busy else { return false }
    for index in (0..<chainLength).reversed() {
      guard link(index, { _, name in (try? Modules.unload(name)) != nil }) else { return false }
    }
    return Modules.information(0) == nil && Lab.freePages() == before
  }

  static func leak() -> Bool {
    let before = Lab.freePages()
    guard Lab.load() == nil else { return false }
    for size in [16, 5000, 70_000] as [UInt32] {
      guard Lab.call(LabOperation.forget.rawValue, size) == .success(0) else { return false }
    }
    guard Lab.information()?.allocatedBytes == 75_016, Lab.unload() == nil else { return false }
    return Lab.freePages() == before
  }
}
