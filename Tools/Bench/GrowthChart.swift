// Lines for what operations cost while there is more and more of something: a chart for each thing that grows, with both
// scales logarithmic.

import Foundation
import Reports

public struct GrowthChart: Sendable {
  public struct Line: Sendable {
    public let label: String
    public let points: [(amount: Int, cost: Int)]
  }
  /// What there is more and more of: `tasks`, `free pages`.
  public let things: String
  public let lines: [Line]

  /// Makes a chart for each of the things in rows that are named `OPERATION among N THINGS`.
  public static func charts(of rows: [BenchmarkRow]) -> [GrowthChart] {
    var things: [String] = []
    var order: [String: [String]] = [:]
    var points: [String: [(amount: Int, cost: Int)]] = [:]
    for row in rows {
      let words = row.name.components(separatedBy: " among ")
      guard words.count == 2, let median = row.median, let space = words[1].firstIndex(of: " "),
        let amount = Int(words[1][..<space].filter { $0.isNumber })
      else { continue }
      let thing = String(words[1][words[1].index(after: space)...])
      if !things.contains(thing) { things.append(thing) }
      let key = "\(thing)/\(words[0])"
      if points[key] == nil { order[thing, default: []].append(words[0]) }
      points[key, default: []].append((amount, median))
    }
    return things.map { thing in
      GrowthChart(
        things: thing,
        lines: (order[thing] ?? []).map { label in
          Line(label: label, points: (points["\(thing)/\(label)"] ?? []).sorted { $0.amount < $1.amount })
        })
    }
  }

  /// The name of its file, without the extension.
  public var fileName: String { "growth-\(things.replacing(" ", with: "-"))" }

  private static var colors: [String] {
    ["#2e6f9e", "#c0392b", "#27813c", "#8e44ad", "#b9770e", "#555555"]
  }
  private static let (left, top, width, height) = (90, 40, 460, 300)

  /// A logarithmic scale. It begins and ends at a power of ten, or at twice or five times one, with all values between.
  struct Scale {
    private let steps: [Int]

    init(_ values: [Int]) {
      let all = (0...17).flatMap { power in [1, 2, 5].map { $0 * Int(pow(10, Double(power))) } }
      let (least, most) = (max(1, values.min() ?? 1), max(1, values.max() ?? 1))
      let first = all.lastIndex { $0 <= least } ?? 0
      // Two steps at least, so that there is something between the ends.
      let last = max(all.firstIndex { $0 >= most } ?? all.count - 1, min(first + 2, all.count - 1))
      steps = Array(all[first...last])
    }

    func place(_ value: Int, in length: Int) -> Int {
      let (low, high) = (log10(Double(steps.first ?? 1)), log10(Double(steps.last ?? 10)))
      return Int((log10(Double(max(1, value))) - low) / (high - low) * Double(length))
    }

    /// The powers of ten, and where there are few of them all steps; the ends in any case.
    var marks: [Int] {
      guard steps.count > 7 else { return steps }
      return steps.filter { $0 == steps.first || $0 == steps.last || String($0).allSatisfy { "10".contains($0) } }
    }
  }

  public var svg: String {
    let (left, top, width, height) = (Self.left, Self.top, Self.width, Self.height)
    let all = lines.flatMap { $0.points }
    let (amounts, costs) = (Scale(all.map { $0.amount }), Scale(all.map { $0.cost }))
    func place(_ amount: Int, _ cost: Int) -> (x: Int, y: Int) {
      (left + amounts.place(amount, in: width), top + height - costs.place(cost, in: height))
    }
    var drawing = Drawing()
    drawing.text("Cost while the number of \(things) grows", x: 10, y: 20, isBold: true)
    for mark in costs.marks {
      let y = top + height - costs.place(mark, in: height)
      drawing.box(x: left, y: y, width: width, height: 1, color: "#dddddd")
      drawing.text(grouped(mark), x: left - 8, y: y + 4, anchor: .end)
    }
    for mark in amounts.marks {
      let x = left + amounts.place(mark, in: width)
      drawing.box(x: x, y: top, width: 1, height: height, color: "#eeeeee")
      drawing.text(grouped(mark), x: x, y: top + height + 18, anchor: .middle)
    }
    drawing.text("number of \(things)", x: left + width / 2, y: top + height + 38, anchor: .middle)
    drawing.uprightText("instructions, median", x: 20, y: top + height / 2)
    for (index, line) in lines.enumerated() {
      let color = Self.colors[index % Self.colors.count]
      let points = line.points.map { place($0.amount, $0.cost) }
      drawing.line(points, color: color)
      for point in points { drawing.dot(x: point.x, y: point.y, color: color) }
      let y = top + 10 + index * 22
      drawing.line([(left + width + 20, y), (left + width + 38, y)], color: color)
      drawing.dot(x: left + width + 29, y: y, color: color)
      drawing.text(line.label, x: left + width + 44, y: y + 4)
    }
    return drawing.svg
  }
}
