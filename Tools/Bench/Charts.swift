// Charts as SVG: bars for the costs of operations beside their budgets, lines for growth.

import Foundation
import Reports

/// A bar for each operation, on a linear scale, with a mark at the budget.
public struct BarChart: Sendable {
  public struct Bar: Sendable {
    public let label: String
    public let value: Int
    public let limit: Int?
    public init(label: String, value: Int, limit: Int?) {
      self.label = label
      self.value = value
      self.limit = limit
    }
  }
  public let title: String
  public let bars: [Bar]

  public init(title: String, bars: [Bar]) {
    self.title = title
    self.bars = bars
  }

  private static var labelWidth: Int { 430 }
  private static var barWidth: Int { 420 }
  private static var lineHeight: Int { 20 }

  public var svg: String {
    let largest = max(1, bars.flatMap { [$0.value, $0.limit ?? 0] }.max() ?? 1)
    func length(_ value: Int) -> Int { value * Self.barWidth / largest }
    var drawing = Drawing(
      width: Self.labelWidth + Self.barWidth + 110, height: (bars.count + 2) * Self.lineHeight)
    drawing.text(title, x: 10, y: 18, weight: "bold")
    for (index, bar) in bars.enumerated() {
      let top = (index + 1) * Self.lineHeight + 8
      let isOver = bar.limit.map { bar.value > $0 } ?? false
      drawing.text(bar.label, x: Self.labelWidth - 8, y: top + 14, anchor: "end")
      drawing.box(
        x: Self.labelWidth, y: top + 3, width: max(1, length(bar.value)), height: 14,
        color: isOver ? "#c0392b" : "#2e6f9e")
      if let limit = bar.limit {
        drawing.box(x: Self.labelWidth + length(limit), y: top, width: 2, height: 20, color: "#222222")
      }
      let end = Self.labelWidth + length(max(bar.value, bar.limit ?? 0)) + 8
      drawing.text(grouped(bar.value), x: end, y: top + 14)
    }
    return drawing.svg
  }
}

/// Costs of operations against a number that grows, both on a logarithmic scale.
public struct GrowthChart: Sendable {
  public struct Line: Sendable {
    public let label: String
    public let points: [(amount: Int, cost: Int)]
  }
  public let title: String
  public let lines: [Line]

  /// Makes a line of each operation whose rows are named `OPERATION among N THINGS`, for instance `tasks`.
  public init(title: String, rows: [BenchmarkRow]) {
    self.title = title
    var order: [String] = []
    var points: [String: [(amount: Int, cost: Int)]] = [:]
    for row in rows {
      let words = row.name.components(separatedBy: " among ")
      guard words.count == 2, let median = row.median,
        let amount = Int(words[1].filter { $0.isNumber })
      else { continue }
      let things = words[1].split(separator: " ").last ?? ""
      let label = "\(words[0]), \(things)"
      if points[label] == nil { order.append(label) }
      points[label, default: []].append((amount, median))
    }
    lines = order.map { Line(label: $0, points: points[$0] ?? []) }
  }

  private static var colors: [String] {
    [
      "#2e6f9e", "#c0392b", "#27813c", "#8e44ad", "#b9770e", "#555555", "#17a2b8", "#e377c2", "#7f7f00", "#000000",
      "#ff7f0e", "#7a5230",
    ]
  }

  public var svg: String {
    var drawing = Drawing(width: 860, height: 420)
    drawing.text(title, x: 10, y: 18, weight: "bold")
    let all = lines.flatMap { $0.points }
    let mostAmount = Self.logarithm(max(10, all.map { $0.amount }.max() ?? 10))
    let mostCost = Self.logarithm(max(10, all.map { $0.cost }.max() ?? 10)).rounded(.up)
    func place(_ amount: Int, _ cost: Int) -> (x: Int, y: Int) {
      (60 + Int(Self.logarithm(amount) / mostAmount * 420), 380 - Int(Self.logarithm(cost) / mostCost * 330))
    }
    var power = 1
    while Self.logarithm(power) <= mostCost {
      let y = place(1, power).y
      drawing.box(x: 60, y: y, width: 430, height: 1, color: "#dddddd")
      drawing.text(grouped(power), x: 52, y: y + 4, anchor: "end")
      power *= 10
    }
    power = 1
    while Self.logarithm(power) <= mostAmount {
      drawing.text(grouped(power), x: place(power, 1).x, y: 400, anchor: "middle")
      power *= 10
    }
    for (index, line) in lines.enumerated() {
      let color = Self.colors[index % Self.colors.count]
      drawing.line(line.points.map { place($0.amount, max(1, $0.cost)) }, color: color)
      drawing.box(x: 510, y: 42 + index * 22, width: 14, height: 4, color: color)
      drawing.text(line.label, x: 530, y: 48 + index * 22)
    }
    return drawing.svg
  }

  private static func logarithm(_ number: Int) -> Double { log10(Double(number)) }
}

/// The elements of an SVG file.
private struct Drawing {
  let width: Int
  let height: Int
  private var elements: [String] = []

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  mutating func text(_ text: String, x: Int, y: Int, anchor: String = "start", weight: String = "normal") {
    elements.append(
      "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" font-weight=\"\(weight)\">\(escapedForMarkup(text))</text>"
    )
  }

  mutating func box(x: Int, y: Int, width: Int, height: Int, color: String) {
    elements.append(
      "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" fill=\"\(color)\"/>")
  }

  mutating func line(_ points: [(x: Int, y: Int)], color: String) {
    let list = points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    elements.append("<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
  }

  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" font-family="sans-serif" \
    font-size="12">
    <rect width="100%" height="100%" fill="white"/>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }
}
