// The words of the command line. Nothing here is to be changed.

struct Words {
  private var place: UnsafePointer<CChar>?

  init(_ text: UnsafePointer<CChar>?) { place = text }

  mutating func next() -> Word? {
    guard var start = place else { return nil }
    while start.pointee == 0x20 { start += 1 }
    guard start.pointee != 0 else { return nil }
    var end = start
    while end.pointee != 0, end.pointee != 0x20 { end += 1 }
    place = end
    return Word(start: start, count: end - start)
  }
}

struct Word {
  let start: UnsafePointer<CChar>
  let count: Int

  /// 0 where it is none.
  var number: UInt32 {
    var number: UInt32 = 0
    for index in 0..<count {
      let digit = UInt8(bitPattern: start[index]) &- 0x30
      guard digit < 10 else { return 0 }
      number = number &* 10 &+ UInt32(digit)
    }
    return number
  }

  static func == (word: Word, text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<word.count where UInt8(bitPattern: word.start[index]) != text.utf8Start[index] { return false }
    return true
  }
}
