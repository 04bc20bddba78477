// The samples of one row.

import ABI
import SDK
import UserSupport

struct Samples {
  /// The most samples of a row.
  static var capacity: Int { 1024 }
  /// How many operations are done before the first that counts: caches and pools have filled by then.
  static var warmUp: Int { 16 }

  private let storage: UnsafeMutablePointer<UInt32>
  private(set) var count = 0
  /// What a pair of readings with nothing between them reads.
  private var empty: UInt32 = 0

  init?() {
    let bytes = UInt32(Self.capacity * 4)
    do throws(SystemError) {
      let address = try Memory.map(bytes, [.read, .write])
      guard let pointer = UnsafeMutablePointer<UInt32>(bitPattern: UInt(address)) else { return nil }
      storage = pointer
    } catch {
      return nil
    }
    storage.initialize(repeating: 0, count: Self.capacity)
    var least = UInt32.max
    for _ in 0..<8 {
      let start = read_stamp()
      least = min(least, read_stamp() &- start)
    }
    empty = least
  }

  /// Takes `count` samples of `operation`, which returns the result of a system call. Returns the error where there
  /// was one.
  @inline(__always)
  mutating func take(_ count: Int, warmUp: Int, _ operation: () -> Int32) -> SystemError? {
    let wanted = min(count, Self.capacity)
    var index = -warmUp
    while index < wanted {
      let start = read_stamp()
      let result = operation()
      let end = read_stamp()
      if result < 0 { return SystemError(rawValue: result) ?? .unknownCall }
      storage[max(index, 0)] = end &- start &- empty
      index += 1
    }
    self.count = wanted
    if wanted <= 4 { sort() }
    return nil
  }

  @inline(__always)
  mutating func collect(_ count: Int, warmUp: Int, _ operation: () -> UInt32) {
    let wanted = min(count, Self.capacity)
    var index = -warmUp
    while index < wanted {
      let sample = operation()
      storage[max(index, 0)] = sample
      index += 1
    }
    self.count = wanted
  }

  /// Adds one sample; those beyond the capacity are dropped.
  mutating func append(_ sample: UInt32) {
    guard count < Self.capacity else { return }
    storage[count] = sample
    count += 1
  }

  mutating func sort() {
    // Shell's sort, with gaps of 3^k / 2.
    var gap = 364
    while gap > 0 {
      var index = gap
      while index < count {
        let value = storage[index]
        var place = index
        while place >= gap, storage[place - gap] > value {
          storage[place] = storage[place - gap]
          place -= gap
        }
        storage[place] = value
        index += 1
      }
      gap /= 3
    }
  }

  // Of sorted samples.
  var minimum: UInt32 { storage[0] }
  var median: UInt32 { storage[count / 2] }
  var nineTenths: UInt32 { storage[min(count * 9 / 10, count - 1)] }
  var maximum: UInt32 { storage[count - 1] }
}
