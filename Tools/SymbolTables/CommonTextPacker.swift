// Puts codes in place of the common texts in a string, so that the result is as short as it can be.

import Diagnostics

struct CommonTextPacker: Sendable {
  static let shared = CommonTextPacker()

  /// The texts by their first byte, each with its code.
  private let texts: [[(text: [UInt8], code: [UInt8])]]

  private init() {
    typealias Format = SymbolTableFormat
    var texts = [[(text: [UInt8], code: [UInt8])]](repeating: [], count: 256)
    let all = CommonTexts.all.withUTF8Buffer { Array($0) }
    for (index, text) in all.split(separator: UInt8(ascii: "|")).enumerated() {
      let long = index - Int(Format.shortCodes)
      let code =
        long < 0
        ? [Format.firstShortCode + UInt8(index)] : [Format.firstLongCode + UInt8(long / 255), UInt8(long % 255 + 1)]
      texts[Int(text[text.startIndex])].append((Array(text), code))
    }
    self.texts = texts
  }

  func packed(_ text: [UInt8]) -> [UInt8] {
    // From the end on: the shortest form of what begins at each place.
    var best = [(code: [UInt8], next: Int, count: Int)](repeating: ([], 0, 0), count: text.count + 1)
    for start in text.indices.reversed() {
      let byte = text[start]
      let own = byte < 0x20 ? [UInt8(ascii: "?")] : byte >= 0x80 ? [SymbolTableFormat.quote, byte] : [byte]
      best[start] = (own, start + 1, own.count + best[start + 1].count)
      for (common, code) in texts[Int(byte)] where text[start...].starts(with: common) {
        let next = start + common.count
        if code.count + best[next].count < best[start].count {
          best[start] = (code, next, code.count + best[next].count)
        }
      }
    }
    var packed: [UInt8] = []
    var index = 0
    while index < text.count {
      packed += best[index].code
      index = best[index].next
    }
    return packed
  }
}
