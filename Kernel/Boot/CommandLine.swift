// Options on the kernel's command line: words separated by blanks, `name` or `name=value`.

extension Span<UInt8> {
  /// Where the value of the option `name` lies in this command line: an empty range for a word `name`,
  /// nil where the option is missing. Of several the last wins, so that what is appended overrides.
  func valueOfOption(_ name: StaticString) -> Range<Int>? {
    var found: Range<Int>? = nil
    forEachWord { if let value = value(in: $0, named: name) { found = value } }
    return found
  }

  func forEachWord(_ body: (Range<Int>) -> Void) {
    var position = 0
    while position < count {
      if self[position] <= 0x20 {
        position &+= 1
        continue
      }
      var end = position
      while end < count && self[end] > 0x20 { end &+= 1 }
      body(position..<end)
      position = end
    }
  }

  private func value(in word: Range<Int>, named name: StaticString) -> Range<Int>? {
    let length = name.utf8CodeUnitCount
    guard word.count >= length else { return nil }
    for index in 0..<length {
      guard unsafe self[word.lowerBound &+ index] == name.utf8Start[index] else { return nil }
    }
    let next = word.lowerBound &+ length
    if next == word.upperBound { return next..<next }
    return self[next] == UInt8(ascii: "=") ? next &+ 1..<word.upperBound : nil
  }
}
