// A profile as an SVG picture: each function is a bar as wide as what it and its callees executed, above its caller.
// Callers of the same name are one bar. A bar's title, which viewers show under the pointer, has the exact numbers.

import Reports

public struct FlameGraph {
  private let tree: CallTree
  private let title: String
  private let totals: [UInt64]
  private let children: [[Int]]

  private static let width = 1200.0
  private static let lineHeight = 17
  private static let margin = 10.0
  private static let headHeight = 30
  /// Narrower bars cannot be seen.
  private static let narrowest = 0.4
  private static let characterWidth = 6.6

  public init(_ tree: CallTree, title: String) {
    self.tree = tree
    self.title = title
    totals = tree.totals
    var children = [[Int]](repeating: [], count: tree.nodes.count)
    for index in tree.nodes.indices.dropFirst() where totals[index] > 0 {
      children[tree.nodes[index].parent].append(index)
    }
    self.children = children
  }

  public var svg: String {
    var bars: [Bar] = []
    place(0, left: 0, level: 0, into: &bars)
    let levels = (bars.map(\.level).max() ?? 0) + 1
    let height = levels * Self.lineHeight + Self.headHeight + Int(Self.margin)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(Self.width))" height="\(height)" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(Int(Self.margin))" y="20" font-weight="bold">\(escapedForMarkup(title))</text>
      \(bars.map { drawing($0, height: height) }.joined(separator: "\n"))
      </svg>

      """
  }

  private struct Bar {
    let node: Int
    let left: Double
    let width: Double
    let level: Int
  }

  private func place(_ node: Int, left: Double, level: Int, into bars: inout [Bar]) {
    let scale = (Self.width - 2 * Self.margin) / Double(max(totals[0], 1))
    let width = Double(totals[node]) * scale
    guard width >= Self.narrowest else { return }
    bars.append(Bar(node: node, left: left, width: width, level: level))
    var place = left
    for child in children[node].sorted(by: { name(of: $0) < name(of: $1) }) {
      self.place(child, left: place, level: level + 1, into: &bars)
      place += Double(totals[child]) * scale
    }
  }

  private func name(of node: Int) -> String {
    node == 0 ? "all" : tree.functions[tree.nodes[node].function].name
  }

  private func drawing(_ bar: Bar, height: Int) -> String {
    let name = name(of: bar.node)
    let top = height - Int(Self.margin) - (bar.level + 1) * Self.lineHeight
    let x = Self.tenths(Self.margin + bar.left)
    let share = ProfileTable.share(totals[bar.node], of: totals[0])
    var text = """
      <g><title>\(escapedForMarkup(name)): \(grouped(totals[bar.node])) instructions, \(share)</title>\
      <rect x="\(x)" y="\(top)" width="\(Self.tenths(bar.width))" height="\(Self.lineHeight - 1)" \
      fill="\(color(of: bar.node))"/>
      """
    let room = Int((bar.width - 6) / Self.characterWidth)
    if room >= 3 {
      let shown = name.count <= room ? name : name.prefix(room - 1) + "…"
      text +=
        "<text x=\"\(Self.tenths(Self.margin + bar.left + 3))\" y=\"\(top + 12)\">\(escapedForMarkup(shown))</text>"
    }
    return text + "</g>"
  }

  /// Blue shades in the kernel, orange ones elsewhere; the same for every bar of a function.
  private func color(of node: Int) -> String {
    guard node > 0 else { return "#cccccc" }
    let function = tree.functions[tree.nodes[node].function]
    let sum = function.name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }
    return function.image == GuestCode.kernelName
      ? "rgb(\(110 + sum % 50),\(160 + sum / 50 % 40),\(205 + sum / 2000 % 30))"
      : "rgb(\(225 + sum % 30),\(150 + sum / 30 % 60),\(80 + sum / 1800 % 30))"
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
