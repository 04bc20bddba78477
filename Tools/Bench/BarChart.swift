// Bars for the costs of operations: in groups, one for each operation, and colored by who takes part. Where two tasks do,
// the upper half of a bar is the color of the first and the lower half that of the second.

import Foundation
import Reports

public struct BarChart: Sendable {
  public struct Bar: Sendable {
    public let name: String
    public let place: BarPlace
    public let value: Int
    public let limit: Int?
    public init(name: String, value: Int, limit: Int?) {
      self.name = name
      place = BarPlace(name: name)
      self.value = value
      self.limit = limit
    }
  }
  public let title: String
  /// The name of the horizontal axis.
  public let axis: String
  public let bars: [Bar]

  public init(title: String, axis: String = "instructions, median", bars: [Bar]) {
    self.title = title
    self.axis = axis
    self.bars = bars
  }

  /// The bars of `rows`, of those that were measured.
  public init(title: String, rows: [BenchmarkRow], budgets: Budgets = Budgets([:])) {
    self.init(
      title: title,
      bars: rows.compactMap { row in
        row.median.map { Bar(name: row.name, value: $0, limit: budgets.limit(of: row)) }
      })
  }

  private static var barWidth: Int { 440 }
  private static var lineHeight: Int { 18 }
  private static var over: String { "#c0392b" }
  private static var limit: String { "#111111" }

  /// Groups in the order of their first bars.
  private var groups: [(name: String, bars: [Bar])] {
    var order: [String] = []
    var members: [String: [Bar]] = [:]
    for bar in bars {
      if members[bar.place.group] == nil { order.append(bar.place.group) }
      members[bar.place.group, default: []].append(bar)
    }
    return order.map { ($0, members[$0] ?? []) }
  }

  /// Where nobody is compared with anybody, as each group has one bar, a bar's whole name is its label and there are no headings.
  private var comparesNothing: Bool { groups.allSatisfy { $0.bars.count == 1 } }

  private func label(_ bar: Bar) -> String { comparesNothing ? bar.name : bar.place.label }

  public var svg: String {
    let left = 24 + (bars.map { Drawing.width(of: label($0)) }.max() ?? 0)
    let largest = max(1, bars.flatMap { [$0.value, $0.limit ?? 0] }.max() ?? 1)
    func position(_ value: Int) -> Int { left + Int(Double(value) / Double(largest) * Double(Self.barWidth)) }
    var drawing = Drawing()
    drawing.text(title, x: 10, y: 20, isBold: true)
    let top = drawLegend(&drawing, y: 40)
    var lines: [(bar: Bar, y: Int)] = []
    var heads: [(name: String, y: Int)] = []
    var y = top
    for group in groups {
      if !group.name.isEmpty, !comparesNothing {
        heads.append((group.name, y + 13))
        y += Self.lineHeight
      }
      for bar in group.bars {
        lines.append((bar, y))
        y += Self.lineHeight
      }
      if !comparesNothing { y += 8 }
    }
    for mark in axisMarks(upTo: largest) {
      drawing.box(x: position(mark), y: top, width: 1, height: y - top, color: "#dddddd")
      drawing.text(grouped(mark), x: position(mark), y: y + 14, anchor: .middle)
    }
    drawing.text(axis, x: left + Self.barWidth / 2, y: y + 32, anchor: .middle)
    for head in heads {
      // No line of the axis goes through it.
      drawing.box(
        x: 10, y: head.y - 12, width: Drawing.width(of: head.name, isBold: true), height: 16, color: Drawing.background)
      drawing.text(head.name, x: 10, y: head.y, isBold: true)
    }
    for (bar, y) in lines { draw(bar, y: y, left: left, position: position, &drawing) }
    return drawing.svg
  }

  private func draw(_ bar: Bar, y: Int, left: Int, position: (Int) -> Int, _ drawing: inout Drawing) {
    drawing.text(label(bar), x: left - 8, y: y + 13, anchor: .end)
    let height = 14 / bar.place.colors.count
    for (index, color) in bar.place.colors.enumerated() {
      drawing.box(
        x: left, y: y + 2 + index * height, width: max(1, position(bar.value) - left), height: height,
        color: color.color)
    }
    if let limit = bar.limit {
      drawing.box(x: position(limit) - 1, y: y, width: 2, height: Self.lineHeight, color: Self.limit)
    }
    let isOver = bar.limit.map { bar.value > $0 } ?? false
    // The number stands at the end of its bar; behind the mark of the budget where there is no room before it.
    var end = position(bar.value) + 6
    if let limit = bar.limit.map(position), limit + 2 > end - 6,
      limit < end + Drawing.width(of: grouped(bar.value), isBold: isOver) + 4
    {
      end = limit + 6
    }
    drawing.text(
      grouped(bar.value), x: end, y: y + 13, isBold: isOver, color: isOver ? Self.over : "#222222")
  }

  /// Names the colors that are used, and the mark of a budget. Returns where the bars begin.
  private func drawLegend(_ drawing: inout Drawing, y: Int) -> Int {
    let used = bars.flatMap { $0.place.colors }
    let known = (BarColor.rings + BarColor.placements + [.other]).filter(used.contains)
    var (x, y) = (10, y)
    func next(_ width: Int) {
      if x > 10, x + width > 780 { (x, y) = (10, y + 20) }
    }
    for color in known {
      let width = 20 + Drawing.width(of: color.name) + 20
      next(width)
      drawing.box(x: x, y: y - 10, width: 14, height: 12, color: color.color)
      drawing.text(color.name, x: x + 20, y: y)
      x += width
    }
    if bars.contains(where: { $0.limit != nil }) {
      let text = "budget; a number in red is over it"
      next(20 + Drawing.width(of: text))
      drawing.box(x: x + 6, y: y - 12, width: 2, height: 16, color: Self.limit)
      drawing.text(text, x: x + 20, y: y)
    }
    if bars.contains(where: { $0.place.colors.count > 1 }) {
      y += 20
      drawing.text("Two colors: the one named first is above, the other below.", x: 10, y: y)
    }
    return y + 14
  }
}
