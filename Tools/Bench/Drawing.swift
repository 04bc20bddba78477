// The elements of an SVG file, and how wide texts are in it.

import Reports

/// A picture that grows with what is drawn: its size is what its elements need, so nothing is cut.
struct Drawing {
  private var elements: [String] = []
  private var right = 0
  private var bottom = 0

  static let fontSize = 12
  static let background = "white"
  private static let margin = 10

  /// How wide a text is, in pixels. Fonts differ; this is the widest that is common, DejaVu Sans.
  static func width(of text: String, isBold: Bool = false) -> Int { (text.count * (isBold ? 84 : 74) + 9) / 10 }

  enum Anchor: String { case start, middle, end }

  mutating func text(
    _ text: String, x: Int, y: Int, anchor: Anchor = .start, isBold: Bool = false, color: String = "#222222"
  ) {
    let width = Self.width(of: text, isBold: isBold)
    switch anchor {
    case .start: reach(x + width, y)
    case .middle: reach(x + width / 2, y)
    case .end: reach(x, y)
    }
    elements.append(
      "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\""
        + (isBold ? " font-weight=\"bold\"" : "") + ">\(escapedForMarkup(text))</text>")
  }

  /// A text that is read upwards, for the name of a vertical axis; `y` is its middle.
  mutating func uprightText(_ text: String, x: Int, y: Int) {
    reach(x, y + Self.width(of: text) / 2)
    elements.append(
      "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"middle\" fill=\"#222222\" transform=\"rotate(-90 \(x) \(y))\">"
        + "\(escapedForMarkup(text))</text>")
  }

  mutating func box(x: Int, y: Int, width: Int, height: Int, color: String) {
    reach(x + width, y + height)
    elements.append(
      "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" fill=\"\(color)\"/>")
  }

  mutating func dot(x: Int, y: Int, color: String) {
    reach(x + 4, y + 4)
    elements.append("<circle cx=\"\(x)\" cy=\"\(y)\" r=\"3\" fill=\"\(color)\"/>")
  }

  mutating func line(_ points: [(x: Int, y: Int)], color: String) {
    for point in points { reach(point.x, point.y) }
    let list = points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    elements.append("<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
  }

  private mutating func reach(_ x: Int, _ y: Int) {
    right = max(right, x)
    bottom = max(bottom, y)
  }

  var svg: String {
    let (width, height) = (right + Self.margin, bottom + Self.margin)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="DejaVu Sans, Verdana, sans-serif" font-size="\(Self.fontSize)">
      <rect width="100%" height="100%" fill="\(Self.background)"/>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }
}

/// The values at which an axis from 0 has its marks: four to eight, at 1, 2 or 5 times a power of ten.
func axisMarks(upTo largest: Int) -> [Int] {
  var step = 1
  var factors = [2, 5, 10]
  var base = 1
  while largest / step > 8 {
    step = base * factors[0]
    factors.append(factors.removeFirst())
    if factors[0] == 2 { base *= 10 }
  }
  return Array(stride(from: 0, through: largest, by: step))
}
