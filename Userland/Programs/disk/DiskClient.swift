// The service `disk` as its clients see it.

import ABI
import Primitives
import SDK
import ServiceSupport

struct DiskClient {
  private let service: ServiceClient

  init?() {
    guard let service = try? ServiceClient("disk") else { return nil }
    self.service = service
  }

  func close() { service.close() }

  enum Answer {
    case success(sectors: UInt32, byMaster: Bool)
    case failure(StaticString)
  }

  func status() -> Answer {
    var reply: [UInt8] = []
    do throws(SystemError) {
      let words = try service.call(DiskOperation.status.rawValue, reply: &reply)
      if let sentence = try Self.sentence(words[0]) { return .failure(sentence) }
      return .success(sectors: words[1], byMaster: words[4] == 1)
    } catch { return .failure(error.sentence) }
  }

  /// Returns what went wrong, or nil.
  func read(_ sector: UInt32, _ count: UInt32, into bytes: inout [UInt8]) -> StaticString? {
    do throws(SystemError) { return try tryRead(sector, count, into: &bytes) } catch { return error.sentence }
  }

  /// The same; the service's end is thrown.
  func tryRead(_ sector: UInt32, _ count: UInt32, into bytes: inout [UInt8]) throws(SystemError) -> StaticString? {
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = sector
    words[1] = count
    let reply = try service.call(
      DiskOperation.read.rawValue, words: words, reply: &bytes, capacity: Int(count) * DiskOperation.sectorSize)
    return try Self.sentence(reply[0])
  }

  func write(_ sector: UInt32, _ bytes: [UInt8]) -> StaticString? {
    var words = InlineArray<6, UInt32>(repeating: 0)
    words[0] = sector
    var none: [UInt8] = []
    do throws(SystemError) {
      let reply = try service.call(DiskOperation.write.rawValue, words: words, data: bytes, reply: &none)
      return try Self.sentence(reply[0])
    } catch { return error.sentence }
  }

  /// Whether the service says so where it does not know a request.
  func refusesUnknown() -> Bool {
    var none: [UInt8] = []
    do throws(SystemError) {
      _ = try service.call(0x7fff_fe00, reply: &none)
      return false
    } catch { return error == .unsupported }
  }

  private static func sentence(_ word: UInt32) throws(SystemError) -> StaticString? {
    switch try Verdict<DiskFailure>.failure(word) {
    case nil: nil
    case .outOfRange: "the disk has no such sectors"
    case .failed: "the disk failed"
    case .absent: "there is no disk, or somebody else drives it"
    case .notPermitted: "whoever asks has not the right \"disk\""
    }
  }
}

/// What the image of `megha run` holds.
enum DiskImage {
  static func isRight(_ bytes: [UInt8], from sector: UInt32, _ count: UInt32) -> Bool {
    guard bytes.count == Int(count) * DiskOperation.sectorSize else { return false }
    for index in stride(from: 0, to: bytes.count, by: 4) {
      let place = sector &+ UInt32(index / DiskOperation.sectorSize)
      let word = UInt32(index % DiskOperation.sectorSize / 4)
      let expected = place &* 2_654_435_761 &+ word &* 40_503
      let found =
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
        | UInt32(bytes[index + 3]) << 24
      if found != expected { return false }
    }
    return true
  }
}
